import { few, orderBegins, type Signal, signal, signalUnlessCode } from './signal.ts'

const dismiss = String.raw`(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?(?: about)?|overlook|neglect|pay no (?:attention|heed) to|(?:do not|don't|dont|never) (?:follow|obey|comply with|listen to|adhere to|abide by|consider)|stop (?:following|obeying|listening to))`
const replace = String.raw`(?:override|bypass|skip|drop|abandon|erase|delete|remove|cancel|dismiss|discard|void|nullify|circumvent|disable|reset|violate|break)`
const earlier = String.raw`(?:previous(?:ly)?|prior|above|preceding|earlier|foregoing|initial|original|existing|former|past|system(?:'s)?|hidden|internal|default|safety|ethical|moral|other|current|aforementioned|preset)`
const orders = String.raw`(?:instructions?|instuctions?|prompts?|prompting|directions?|directives?|rules?|guidelines?|commands?|orders?|context|training|constraints?|programming|restrictions?|polic(?:y|ies)|limitations?|safeguards?|guardrails?|protocols?|assignments?|tasks?|filters?)`
const sayings = String.raw`(?:statements?|conversations?|messages?|texts?|inputs?|information|contents?|sentences?|questions?|requests?|words|paragraphs?|documents?|everything|stuff)`
const give = String.raw`(?:reveal|show|print|repeat|output|display|tell|give|disclose|leak|dump|write(?: out| down)?|echo|copy|recite|share|expose|provide|return|list|paste|state|read|describe|explain|summari[sz]e|translate|encode|spell|send|quote|reproduce|type)`

/** Attempts to put away the instructions, to read them, and to put others in their place. */
export const overrideSignals: readonly Signal[] = [
  signal(
    'dismissal',
    1,
    `${orderBegins}${dismiss} ${few}${earlier} ${few}${orders}`,
    `${orderBegins}${dismiss} (?!my |our )${few}(?:previous|prior|above|preceding|earlier) (?:${sayings}|and|,)`,
    `${orderBegins}${dismiss} ${few}${orders} (?:above|before|you (?:were|have been) given|given|from before|listed|that (?:came|were))\\b`,
    `${orderBegins}${dismiss} (?:all |any |everything |of |the |what was )*(?:written |said |stated |mentioned )?(?:above|before this|prior to this)\\b`,
    `${orderBegins}${dismiss} (?:about )?(?:everything|anything|all|whatever) (?:that |which )?(?:i|we|you|they|was|were|came|has|have|before|above|up to|until|previously|prior)\\b(?! know\\b|[^.!?]{0,20} about\\b)`,
    `${orderBegins}${dismiss} what(?:ever)? (?:you (?:were|have been|had been) (?:told|taught|instructed)|(?:came|comes|was (?:said|written|stated)) (?:before|above|earlier))`,
    `${orderBegins}(?:forget|disregard|ignore) (?:about )?(?:everything|it all)(?: |[.,;:!]|$)(?!about)`,
    `${orderBegins}(?:${dismiss}|${replace}) ${few}(?:your|thy|ur) ${few}${orders}`,
    `${orderBegins}${replace} ${few}(?:previous|prior|preceding|above|earlier|system|safety) (?:instructions?|prompts?|directives?|guidelines?|safeguards?|guardrails?)`,
    `${orderBegins}${dismiss} (?:all|any|every) (?:of )?(?:the |these |those )?(?:instructions?|rules?|guidelines?|directives?|restrictions?|orders)\\b`,
  ),
  signal('dismissal spoken of', 0.4, `\\b${dismiss} ${few}${earlier} ${few}${orders}`, `\\b${dismiss} ${few}your ${few}${orders}`),
  signal(
    'orders void',
    1,
    `\\b(?:above|previous|prior|earlier|preceding|original|initial|old) ${orders} ${few}(?:are|were|is|was|have been|has been) (?:now )?(?:wrong|outdated|a test|just a|invalid|cancell?ed|void|over|deprecated|incorrect|a joke|no longer|obsolete|superseded|replaced|finished|lifted|overridden|null)`,
    `\\b(?:end of|out of date|outdated|old) (?:old |previous |prior |above |initial |system )?(?:instructions?|prompt|rules)\\b ?(?:[%#=*\\]>-]|$|\\.)`,
  ),
  signal(
    'prompt asked for',
    1,
    `\\b${give} (?:me |us |back |out |exactly |verbatim )*${few}(?:your|ur|thy) ${few}(?:system|initial|original|hidden|secret|internal|confidential|full|entire|exact|previous|preceding|developer|base|starting|pre-?|first|core|current|given) ?(?:prompts?|instructions?|messages?|rules?|guidelines?|directives?|configurations?|context|programming)\\b`,
    `\\b${give} (?:me |us |back |out |exactly |verbatim )*${few}(?:your|ur) (?:prompts?|instructions?|directives?|guidelines|pre-?prompt|programming|rules)\\b`,
    `\\b(?:what|which) (?:is|are|was|were|'s) ${few}(?:your|ur) ${few}(?:system|initial|original|hidden|exact|full|previous|first|secret|internal|given|current|above) ?(?:prompts?|instructions?|rules?|guidelines?|messages?|directives?)`,
    `\\b(?:what|which) (?:${few})(?:instructions?|prompt|rules|guidelines) (?:were|was|have|did|are|do) you (?:been )?(?:given|told|receive|follow\\w*|provided|start\\w*|instructed)`,
    `\\b(?:what|which) (?:were|was) you (?:told|instructed|prompted|given)\\b`,
  ),
  signal(
    'rest put away',
    0.5,
    `${orderBegins}(?:${dismiss}|${replace}) (?:the rest|everything else|all other|the remainder|any other|all the other|the task|the question)\\b`,
  ),
  signal(
    'prompt spoken of',
    0.7,
    `\\b${give} (?:me |us |back |out |exactly |verbatim )*${few}the ${few}(?:system|hidden|secret|initial|developer|original|full|entire|first) (?:prompts?|instructions)\\b`,
    `\\b(?:repeat|print|output|echo|recite|dump|copy|spit out|write out|return|display) ${few}(?:text|words?|everything|all|lines?|content|sentences?|instructions?|prompt|messages?|conversation|paragraphs?|what is|what was)(?: that| which)?(?: is| are| was| were| came| comes| appears?| written| stated| of the)* (?:above|before|prior|preceding|so far|previously|from the (?:beginning|start|top))`,
    `\\b(?:system|initial|hidden|secret|your) (?:prompt|instructions) (?:verbatim|word for word|in (?:full|base64|a code block|reverse|french))`,
  ),
  signal('prompt quoted', 0.4, `\\bstarting with ["'“]?you are\\b|\\bmy (?:system |initial |original )prompt (?:is|was|says|reads)\\b`),
  signal(
    'prompt demanded',
    1,
    `^(?:please |now |ok |okay |can you |could you )*${give} (?:me |us |out |back )*(?:the |this |that )?(?:full |entire |exact |complete |whole )*(?:system|hidden|initial|secret|developer|original|full|entire)? ?(?:prompt|instructions?)(?: (?:above|verbatim|word for word|you (?:were|have been|got) \\w+|now|here|to me|again|in (?:full|base64|french|reverse|a code block)))* ?[.!?"']{0,3}$`,
    `^(?:please |now |ok |okay |can you |could you )*(?:repeat|print|output|echo|recite|dump|spit out|return|copy|write) (?:out |down |me |back )*(?:everything|all|(?:all )?(?:of )?the (?:words?|text|content|lines|sentences|messages?)) (?:that (?:is|was|came|comes) )?(?:above|before|prior)(?: (?:this|my|the)\\b[^.!?]{0,20}| verbatim| in a code block| starting| exactly)? ?[.!?"']{0,3}(?:$| )`,
  ),
  signal(
    'task replaced',
    1,
    `(?:^|[.!?\\]>}"'#*=-] ?)(?:here (?:are|is) (?:your|the) )?new (?:instructions?|tasks?|directives?|objectives?|prompts?|commands?|orders?|goals?|mission|system prompt|rules?) ?(?:[:=]|(?:for|to) (?:you|the (?:ai|agent|assistant|model|bot)))`,
    `\\byour new (?:tasks?|goals?|instructions?|jobs?|objectives?|purpose|mission|directives?|prompt|function|system prompt) (?:is|are|now|will)\\b`,
  ),
  signal(
    'new orders',
    0.6,
    `\\bnew (?:instructions?|directives?|system prompt)\\b|\\byour new (?:roles?|identity|name|rules?) (?:is|are|now|will)\\b`,
    `\\b(?:updated|revised|real|actual|true|modified|additional|special|final|secret|hidden|overriding) (?:instructions?|tasks?|directives?|objectives?|prompts?|commands?|orders?|goals?|mission|system prompt)\\b ?(?:[:=>-]|is\\b|are\\b|for you|follow|begin|start)`,
    `\\byour (?:only|real|actual|true|next|main|primary|sole|updated|first|secret) (?:tasks?|goals?|instructions?|jobs?|objectives?|purpose|mission|roles?|directives?|identity|name|rules?|prompt|function) (?:is|are|now|will)\\b`,
    `${orderBegins}(?:follow|obey|execute|perform|do|adhere to|comply with) ${few}(?:these|the following|this|my|only|below|new|following) ${few}(?:instructions?|commands?|orders?|rules?|steps?) (?:instead|only|exactly|from now|now|without|strictly|no matter)`,
    `\\bstrictly (?:adhere|follow|obey|comply)\\b`,
    `\\b(?:instead|rather),? (?:of (?:that|this|answering|following|summari[sz]ing|translating|responding)[^.!?]{0,60},? ?)?(?:you (?:must|should|will|have to|are to) |please |just |only )*(?:say|print|output|write|respond|reply|answer|tell|do|return|give|provide|display|explain|generate|tweet)\\b`,
  ),
  signal(
    'answer dictated',
    0.5,
    `\\b(?:say|respond|reply|answer|output|print|write|return|type|display|state|tell me|confirm)(?: back| to me| with| only| just| exactly| nothing but| simply| the| following| exact| single| words?| phrase| string| text| message| sentence| by saying| that)* ?[:"'“‘«\`]`,
    `\\b(?:and|with|or|say|output|write) nothing (?:else|more)\\b`,
    `\\bonly (?:say|respond|reply|answer|output|print|write)\\b`,
  ),
  signalUnlessCode(
    'access granted',
    1,
    `\\b(?:say|print|write|output|respond|reply|answer|type|return|display|repeat|spell|echo|translate|encode|state|utter|speak|complete|finish|decode|read|copy|grant|become|is|with|be|to)\\b[^.!?]{0,60}["'“‘*_: ]?access[ _-]{0,2}granted`,
    `\\baccess[ _-]?granted["'”’*_]{0,2}[^.!?]{0,40}\\b(?:output|print|say|translate|reverse|backwards?|letters?|without|exactly|words?)`,
    `^["'“]?access granted`,
  ),
  signal(
    'pass claimed',
    0.5,
    `\\b(?:correct|right|valid|real|actual|secret|new|true) (?:access code|password|passcode|passphrase|pass code|security code)`,
    `\\b(?:access code|password|passcode|code) (?:is |was |has been |entered |= ?)*(?:accepted|correct|verified|valid|entered|confirmed|authenticated|changed to|matched)`,
    `\\b(?:security|defen[sc]e|safety|protection) (?:protocols?|systems?|measures?|mode|instructions?)? ?(?:is |are |has been |have been )?(?:disabled|deactivated|overridden|off|bypassed|terminated|suspended|lifted)`,
    `\\bi(?: a|')m (?:the|your|an|a) (?:developer|creator|admin(?:istrator)?|owner|programmer|system administrator|openai|engineer)\\b`,
  ),
  signal(
    'secret asked for',
    0.5,
    `\\b(?:give|tell|reveal|write|print|say|show|output|what is|what's|share|leak|spell|repeat) ${few}(?:your (?:\\w+ )?(?:access code|password|pass ?code|pass ?phrase|secret|key|flag|code ?word)|the (?:secret|access) (?:key|code|word|password|phrase)|the flag)\\b`,
  ),
  signal(
    'borders faked',
    0.7,
    `(?:[\\]\\[<>(){}#=*%~"_|-]{2,}|\`{3}) ?(?:\\/ ?)?(?:end|start|begin|new|stop|close|finish|beginning|\\/)[a-z ]{0,20}(?:of )?(?:the )?(?:prompt|input|instructions?|system|user|message|text|document|context|conversation|data|e-?mail|query|session|rules|assistant|chat|transcript)`,
    `<\\/?(?:system|instructions?|prompt|user_?input|assistant|override|admin|information|important|user_?query|context|secret)(?: [^>]{0,30})?>`,
  ),
  signal(
    'template faked',
    0.8,
    String.raw`<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end|begin)[^>]{0,20}>|\[\/?inst\]|<<\/?sys>>`,
    `\\[(?:system|admin|developer|assistant|root|override|instructions?)\\b[^\\]]{0,40}\\]|\\[end(?: of)?(?: the)? ?(?:user|input|prompt|message|document|context|system|e-?mail)[^\\]]{0,20}\\]`,
  ),
  signal(
    'role faked',
    0.5,
    `(?:^|[.!?"'>*#] ?|\\n)(?:system|assistant|developer|admin(?:istrator)?|root|sysadmin|human) ?(?:message|override|notice|update|alert|note|command|prompt|instruction|notification)?s? ?:(?= ?(?:you|ignore|from|new|the|please|all|do|reveal|print|say|override|enable|disable|entering|user|respond|access|sure|ok)\\b)`,
    `\\b(?:system|admin(?:istrator)?|developer|root|emergency|priority|security|authority) (?:override|overrides|bypass)\\b`,
  ),
  signal(
    'mode entered',
    0.5,
    `\\b(?:enter|enable|activate|switch to|you are (?:now )?in|go into|engage|initiate|begin|start|boot into) (?:the )?(?:\\w+ )?(?:debug|maintenance|admin|god|sudo|test(?:ing)?|diagnostic|unrestricted|developer|dev|root|jailbreak|training|override|opposite|evil|chaos|unsafe|raw|recovery) ?mode`,
    `\\b(?:debug|maintenance|admin|god|sudo|diagnostic|unrestricted|developer|jailbreak|override|opposite) mode:? (?:is )?(?:now )?(?:enabled|activated|active|on|engaged|unlocked)`,
  ),
]
