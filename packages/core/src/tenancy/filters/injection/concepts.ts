/**
 * What attempts speak of, in English, German, French, Spanish, Italian and Portuguese: words, not turns of phrase. None of them says
 * anything by itself; compositions say what they mean together. All of lower-case text with single blanks.
 */

const words = (...parts: readonly string[]): string => `(?:${parts.join('|')})`
/** Words of which one begins here. */
export function concept(...parts: readonly string[]): RegExp {
  return new RegExp(`(?<!\\p{L})${words(...parts)}`, 'u')
}

const rules = words(
  'instructions?',
  'rules?',
  'guidelines?',
  'guidance',
  'directi(?:ve|on)s?',
  'prompts?',
  'polic(?:y|ies)',
  'constraints?',
  'restrictions?',
  'limitations?',
  'limits',
  'guardrails?',
  'safeguards?',
  'orders?',
  'commands?',
  'configuration',
  'set-?up',
  'preamble',
  'brief',
  'assignments?',
  'obligations?',
  'programming',
  'script',
  'settings',
  'filters?',
)
const earlier = words(
  'previous',
  'prior',
  'earlier',
  'former',
  'preceding',
  'above',
  'initial',
  'original',
  'opening',
  'past',
  'old',
  'existing',
)
const makers = words(
  'developers?',
  'operators?',
  'creators?',
  'makers?',
  'providers?',
  'owners?',
  'designers?',
  'programmers?',
  'company',
)
const given = words(
  'told',
  'given',
  'handed',
  'assigned',
  'instructed',
  'configured',
  'programmed',
  'fed',
  'taught',
  'forbidden',
  'set up',
  'initiali[sz]ed',
  'holding',
  'working under',
  'issued',
)

/** What stands between "your" and the rules of a model, and seldom between it and those of a firewall or a household. */
const own =
  '(?:(?:system|initial|original|internal|hidden|full|own|operating|core|exact|complete|current|secret|developer|set-?up|prior|previous|earlier|former|existing|built-?in|safety|ethical|moral|content|default|usual|other|old|last|first|whole|entire|real|ground|base|standard|normal|strict|silly|stupid|boring|corporate|pre-?set) )'

/** Behind "your instructions": those were advice on something. */
const notAdvice = '(?! (?:for|on|about) (?!this (?:conversation|chat|session)))'

/** Putting away, or saying that something is put away. */
export const putAway: RegExp = concept(
  String.raw`(?:ignor|ignroe|disregard|forget|overrid|overrul|bypass|supersed|outrank|rescind|revok|annul|nullif|unlearn|discard|abandon|suspend|deactivat|disabl|eras|purg|wip(?:e|ing)\b)\w*`,
  String.raw`(?:scrap|drop|dismiss|skip|strike|withdrawn?|void|null|obsolete|expired?|irrelevant|lift(?:ed)?|lapsed?|cancel\w*|remov(?:e|ed|ing)|delet\w+|replac\w+|released|freed|never mind|circumvent\w*)\b`,
  String.raw`(?:throw|threw|toss|cast)\w* (?:out|away|off|aside|whatever|all)`,
  String.raw`(?:put|set|lay|leave|push)\w* (?:[^\s.!?]+ ){0,6}(?:aside|behind|to one side)`,
  '(?:do away with|turn a blind eye|break (?:with|free)|clean slate|take no notice|pay no|in their place)',
  String.raw`(?:stop|quit|cease|refrain from) (?:obey|follow|adher|respect|heed|comply|listen|do|apply)\w*|not (?:apply|obey|follow|us)ing|let [^.!?]{0,20}\brest\b`,
  String.raw`(?:no longer|not|n't|never|cease to) (?:\w+ ){0,3}(?:apply|applies|in force|concern|bind|bound|matter|counts?|valid|follow|obey|respect|adhere|heed|exist|sent|effect)`,
  String.raw`(?:do not|don't) (?:\w+ )?(?:concern|apply|matter|bind|count)`,
  String.raw`is not what\b|no need to (?:respect|follow|obey|heed)`,
  String.raw`(?:as if|as though|like|imagine|pretend|suppose)\b[^.!?]{0,60}\bnever`,
  '(?:takes? precedence|priority) over|counts? more than|prevails? over',
  String.raw`(?:instead of|rather than) (?:the|doing|your)|outside (?:of )?the|the opposite of|let (?:\w+ ){1,3}stop you|break (?:\w+ ){0,2}(?:own )?rules`,
  String.raw`(?:is|are|was|were|it's|that's) (?:\w+ )?(?:over|fake|wrong|a joke|a test|too strict|finished|done with|outdated|gone|not real)\b`,
  'nothing before|no rules (?:loaded|any ?more|left)|without (?:your|the) (?:usual|normal|standard)|only rule is',
  String.raw`(?:consider|treat|regard) (?:[^\s.!?]+ ){1,8}(?:as|to be)\b`,
)
/** The rules that a model was given: its own, those of its makers. */
export const ownRules: RegExp = concept(
  String.raw`(?:your|ur|thy) (?:${own}{0,3}(?:instructions?|rules?|guidelines?|guidance|directives?|prompts?|polic(?:y|ies)|constraints?|restrictions?|guardrails?|orders|obligations?|programming|brief)|${own}{1,3}(?:assignments?|configuration|set-?up|settings|script|task|job|commands|limits|limitations?|filters?|context|message))\b${notAdvice}`,
  String.raw`(?:system (?:prompt|message|role)|(?:developer|set-?up|configuration) (?:prompt|message|text|directives?|brief)|hidden prompt)\b`,
  String.raw`(?:concern|binds?|appl(?:y|ies) to) you\b`,
  String.raw`(?:${rules}|whatever|what|everything|anything|part)\b[^.!?]{0,30}\b(?:you|u) (?:were|was|are|have been|had been|had|have|got|received)(?: ever| once| originally)? (?:${given}|from)`,
  String.raw`you (?:were|are|have been|had (?:never )?been) (?:\w+ )?(?:${given})`,
  String.raw`(?:your|the) ${makers}[^.!?]{0,20}\b(?:wrote|told|gave|demand\w*|want\w*|say|said|message|prompt)`,
  String.raw`(?:by|of|from) (?:the|your) ${makers}\b`,
  '(?:placed|put|imposed) on you|(?:given|told|assigned|issued) to you',
  String.raw`${rules} (?:described |listed |written )?above\b`,
  '(?:rules|stuff|text|words|instructions?)[^.!?]{0,20} at the top|rules before these|text above this line|before (?:this|it) (?:line|message)|this is the first message',
  String.raw`dos and don'?ts|framework you|content (?:check|policy|filters?|moderation)\b(?! (?:in|on|of|for) (?:my|our|the))|factory settings|the author of your|(?:they|he|she|people) (?:told|taught|wrote|gave|built) you|(?:support|assistant|helper) role|as if it were the system`,
  `what (?:the|your) (?:system|prompt|${makers}) (?:told|said|says|wrote|demanded|wanted)`,
  'the (?:system|prompt|script they) (?:told|gave|said|wrote)',
  '(?:prompt|script) (?:told you|they gave you|said)',
  String.raw`wrote you a prompt|how (?:you (?:should|must|have to)|to) behave|your (?:behaviou?r|rule ?book|persona)\b|set up this (?:chat|bot)|configured you`,
  'instructions? (?:that|which) opened',
)
/** Rules that came before, whosever they are. */
export const earlierRules: RegExp = concept(
  String.raw`${earlier} (?:\w+ ){0,2}(?:${rules}|message|messages|job|task)\b`,
  String.raw`(?:${rules}|task|policy|text)\b (?:\w+ )?(?:above|at the top|before this)\b`,
  String.raw`(?:everything|all|whatever) (?:that )?(?:came |was )?(?:before|above|so far)\b`,
  'limitations? given|the context so far',
)
/** That the one who writes is the one to be obeyed. */
export const mineInstead: RegExp = concept(
  String.raw`(?:orders?|commands?|instructions?) (?:only )?from me\b|me alone\b|obey (?:only|me)\b|begin with mine|(?:follow|obey|await|do) (?:only )?mine\b`,
  'my (?:word|commands?|orders?) (?:counts?|outranks?|replaces?|comes?|takes?)',
  String.raw`listen (?:only )?to me\b|only the user\b|do what (?:follows|i (?:say|demand|ask|type|tell|want|command|order))`,
  String.raw`(?:follow|obey|do|await) (?:the following|this one|these|the ones? below)\b`,
  String.raw`here is what you will do|what you (?:really|truly|honestly) think|speak freely|i have clearance|the one below\b|carry out my`,
)
/** What follows on a dismissal, and elsewhere says nothing. */
export const andThen: RegExp = concept(
  String.raw`my (?:word|instructions?|commands?|orders?|message)\b|(?:what|as) i (?:say|demand|ask|type|tell|want|command|order)|answer honestly`,
  '(?:the|this) (?:next|following) (?:line|request|ones?|message)',
  String.raw`(?:instead|and|then|,|:|;) ?(?:now |then |just |please )*(?:tell|print|write|say|answer|rate|sing|do|give|output|reveal)\b`,
)
/** An end of the part that a model was given. */
export const partEnded: RegExp = concept(
  String.raw`(?:stop|quit|cease) being (?:a|an|my|the|so)\b[^.!?]{0,30}\b(?:helper|assistant|bot|agent|ai|guide|tutor|expert|support)`,
  String.raw`forget (?:that )?you(?: a|')re (?:a|an|the) [^.!?]{0,20}\b(?:helper|assistant|bot|agent|ai|model|guide|tutor)|forget (?:about )?your (?:role|job|persona|character)\b`,
  String.raw`(?:different|new|another) (?:job|task|assignment) now\b|you are done with (?:that|this|the|your) (?:task|job|role)`,
  'vergiss deine (?:rolle|aufgabe)|oublie ton rôle|olvida tu (?:papel|rol)|dimentica il tuo ruolo|esqueça (?:o )?seu papel',
)
/** Giving out words. */
export const giveOut: RegExp = concept(
  String.raw`(?:show|paste|see|quote|cite|recit|reproduc|tell|turn|list|audit|answer|dump|copy|disclos|writ|continu|read|enumerat|send|render|reveal|whisper|print|repeat|output|display|begin|put|give|say|share|expose|leak|transcript|want|spell|encode|what|which|how|look|peek|resend|repost|access|summari[sz]|translat|are there|any)\w*`,
)
/** The rules of a model as something to be read. */
export const ownText: RegExp = concept(
  String.raw`your (?:${own}{0,3}(?:instructions?|directives?|guidelines?|prompts?|set-?up text|preamble|system (?:message|role)|context|rules)|${own}{1,3}(?:configuration|set-?up|message|text))\b${notAdvice}`,
  String.raw`(?:message|prompt|text|instructions?|words?|rules?|directives?) (?:\w+ ){0,3}(?:set|configured?|govern\w*|initiali[sz]ed?) (?:you\b|your\b)`,
  String.raw`you were (?:\w+ )?(?:set up|initiali[sz]ed|configured)|were you (?:\w+ )?(?:set up|initiali[sz]ed|configured|told|instructed)`,
  '(?:preamble|opening|hidden part|beginning|system section|first line|opening instructions) of (?:this|our|the) (?:chat|conversation|session|dialogue)',
  String.raw`(?:the|this) (?:developer|system|setup|configuration|hidden|opening) (?:message|text|directives?|instructions?|section|prompt behind)\b(?! (?:of|for|in) (?:a|my|our)\b)`,
  String.raw`(?:what|everything|all)[^.!?]{0,30}(?:you (?:can )?see above|in the box before|before me\b)|(?:built|made|trained) you (?:write|tell|say)`,
  String.raw`(?:not|n't|never) (?:permitted|allowed|supposed|meant) to (?:discuss|say|tell|talk|mention|reveal|answer)|(?:secret|hidden|unspoken) rules|are you hiding|your (?:hidden|secret|internal|private) (?:notes?|rules|instructions?|prompts?|text|messages?|guidelines|directives?|context|memos?|orders)|system turn|(?:tell|told|ask|asked) you to (?:avoid|hide|refuse|say|do)|defines? (?:you\b|your behaviou?r)|words you were given|in your input`,
  'its own (?:system )?prompt|the initiali[sz]ation text|(?:the|this|your) initial prompt',
  '(?:before|precedes) my (?:first|own) (?:message|question|prompt)',
  '(?:instructions?|rules) (?:i was|you were|that you were) (?:given|told)',
  String.raw`what (?:have )?you (?:have |were |had )?(?:been )?(?:told|instructed|forbidden|given)\b|(?:did|have) (?:the |your )?${makers} (?:tell|told|instruct\w*) you`,
  '(?:directives?|rules|instructions|policies) are you (?:working|operating|following|under)',
  `${makers} (?:used|has|have) (?:to configure you|set you up|configured you)|messages? with role system`,
)
