import { few, type Signal, signal, support } from './signal.ts'

const model = String.raw`(?:a\.?i\.?s?|llms?|(?:large )?language models?|chat ?bots?|gpt(?:-\d)?|chatgpt|copilot|claude|gemini|bard|(?:ai|virtual|automated|digital|smart|research|coding) (?:assistants?|agents?|systems?|models?|tools?|reviewers?|readers?)|(?:llm|ai|gpt|model|bot|reviewer|automated) (?:readers?|reviewers?|users?|crawlers?|agents?|models?)|summari[sz]ers?|assistants?|bots?|ai-powered \w+)`
const answer =
  '(?:responses?|repl(?:y|ies)|answers?|outputs?|messages?|summar(?:y|ies)|translations?|recommendations?|conclusions?)'
const text =
  '(?:e-?mails?|documents?|pages?|texts?|messages?|files?|articles?|contents?|r[eé]sum[eé]s?|cvs?|candidates?|applications?|reviews?|repositor(?:y|ies)|code|web ?(?:pages?|sites?)|tickets?|pdfs?|threads?|notes?|transcripts?|papers?|submissions?|listings?|inbox)'

/** Orders to a model within a text that it was only given to read, and what such orders are after. */
export const indirectSignals: readonly Signal[] = [
  signal(
    'model addressed',
    0.7,
    /ai\b|a\.i|llm|model|bot|gpt|copilot|claude|gemini|bard|assistant|agent|system|summari|reviewer|reader|tool|automated|machine/,
    `(?:^|[.!?"'>*#(\\[<-] ?|\\b)(?:note|message|instructions?|notice|attention|important|reminder|memo|request|hint|hello|hi|hey|dear|warning|info|directive|command|tip|prompt|p\\.?s\\.?)[ :,!*-]{1,4}(?:to |for |all |the |any |every |our )*${model}(?:\\b|[:,!])`,
    `(?:^|[.!?"'>*#] ?|please,? )(?:to (?:the |all |any )*)?${model} ?(?::|,(?= (?:please|you|do|ignore|translate|say|send|never|always|before|when|secretly|silently)\\b)) `,
    `\\b(?:for|to) (?:the |any |all |every |whichever |whatever |an? )*${model} (?:that |which |who |currently |now )*(?:read|summari[sz]|process|review|index|scan|handl|analy[sz]|evaluat|answer|pars)\\w*`,
    `(?:^|[.!?"'>*#(-] ?)${model}[,:]? (?:give|rate|rank|recommend|forward|send|include|append|add|say|state|hide|delete|approve|accept|ignore) (?:this|the|all|every|that|any|a)\\b`,
    `\\b(?:if|as) you(?:'re| are)? (?:an? |the )?(?:ai|llm|(?:large )?language model|automated|machine|gpt|chatbot|bot\\b)`,
    `\\b(?:any|all|every|the) ${model} (?:that|who|which)? ?(?:reads?|reading|process\\w*|summari[sz]\\w*|analy[sz]\\w*|review\\w*|index\\w*|scrap\\w*|crawl\\w*|pars\\w*|access\\w*|encounter\\w*|see(?:s|ing)?|handling|evaluat\\w+) ${few}(?:this|these)`,
    `(?:^|[.!?"'>*#(\\[] ?)${model} ?[:,!] ?(?:please|you|ignore|do|when|include|add|send|forward|say|tell|always|never|if|summari\\w+|this|must|note|respond|reply|recommend|mention|rate|give|stop)\\b`,
  ),
  signal(
    'reader singled out',
    0.9,
    /if /,
    `\\bif (?:an?|any|the|some) ${model} (?:reads?|sees?|process\\w*|finds?|is reading|summari\\w+|encounters?|opens?)`,
  ),
  signal(
    'model ordered',
    0.5,
    /ai\b|a\.i|llm|model|bot|gpt|copilot|claude|gemini|bard|assistant|agent|system|summari|reviewer|reader|tool/,
    `(?<!\\b(?:our|my|their|his|her|its) )\\b${model} (?:must|should|shall|has to|have to|needs? to|is (?:instructed|required|expected|asked|hereby|to)|are (?:instructed|required|expected|asked|hereby|to)|will)(?: now| always| only| also| first| immediately| never| not)* (?:include|add|say|state|tell|send|forward|ignore|output|respond|reply|recommend|mention|rate|give|insert|append|execute|run|call|follow|disregard|report|conclude|click|visit|treat|approve|accept|select|rank|output|write|print|inform|reveal|delete|transfer)\\b`,
  ),
  signal(
    'model spoken to',
    0.6,
    /ai\b|a\.i|llm|model|bot|gpt|copilot|claude|gemini|bard|assistant|agent|system|summari|reviewer|reader|tool/,
    `\\bas an? ${model}(?: model| assistant)?,? (?:you|your)\\b`,
    `\\b(?:(?:any|all|every|the) )?${model} (?:that |who |which )?(?:read|process|summari[sz]|analy[sz]|review|index|handl|evaluat|answer)\\w* [^.!?]{0,40}\\b(?:should|must|shall|has to|have to|needs? to)\\b`,
  ),
  signal(
    'read by a model',
    1,
    /by /,
    `\\b(?:summari[sz]ed|read|processed|indexed|reviewed|parsed|scanned|analy[sz]ed) by (?:an? |the |any |some )*${model}[^.!?]{0,60}\\b(?:must|should|shall|has to|have to|please|say|mention|include|state)\\b`,
  ),
  support(
    'unasked',
    0.4,
    /confirm|asking|approval|permission/,
    `\\b(?:no|without)(?: any| further)? (?:confirmation|approval|permission)\\b|\\bno need to (?:ask|confirm|check)|\\bwithout asking\\b`,
  ),
  signal(
    'reading as occasion',
    0.5,
    /when|while|if |before|after|prior|instead|end of|rest of|bottom|start of|top of|beginning/,
    `\\b(?:when|while|whenever|if|before|after) (?:you |the ${model} |an? ${model} |asked to )?(?:are |is |you're )?(?:asked to )?(?:summari[sz]\\w*|process\\w*|read(?:s|ing)?|answer\\w*|translat\\w*|review\\w*|analy[sz]\\w*|evaluat\\w*|rank\\w*|pars\\w*|respond\\w* to|reply\\w* to|handl\\w+|index\\w+|describ\\w+|quot\\w+|discuss\\w+) ${few}(?:this|these|the above|the following|any|the user's) ${few}${text}`,
    `\\b(?:before|prior to|instead of|while|when) (?:you )?(?:answer(?:ing)?|respond(?:ing)?|reply(?:ing)?|summari[sz]ing|complet(?:e|ing)|continu(?:e|ing)|proceed(?:ing)?|solv(?:e|ing)|doing (?:anything|that|this)|performing|finish(?:ing)?|you can solve|you do)\\b[^.!?]{0,50}\\b(?:must|first|please|always|send|call|run|execute|visit|do|use|forward|include|click|open|make sure)\\b`,
    `\\b(?:end|rest|bottom|start|top) of (?:the |this |your )(?:e-?mail|summary|document|response|answer|reply)\\b[^.!?]{0,30}\\b(?:add|include|append|insert|write|say|mention)\\b|\\b(?:add|include|append|insert|write|mention)\\b[^.!?]{0,60}\\b(?:to|at) the (?:end|bottom|start|top|beginning) of (?:the |your |every |each |all )+${answer}`,
  ),
  signal(
    'kept from the user',
    0.7,
    /n't|nt |not|never|without|avoid|silent|secret|covert|quiet|discreet|background|behind/,
    `\\b(?:do not|don't|dont|never|without|must not|avoid) (?:ever )?(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|alert(?:ing)?|notify(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|show(?:ing)?|ask(?:ing)?|let(?:ting)?|warn(?:ing)?) ${few}(?:user|human|owner|reader|operator)s?\\b`,
    `\\b(?:do not|don't|dont|never|without) (?:mention(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|acknowledg(?:e|ing)|referenc(?:e|ing)|talk(?:ing)? about|discuss(?:ing)?|display(?:ing)?|show(?:ing)?|includ(?:e|ing)|repeat(?:ing)?) ${few}(?:this|these|that you|the|your) ${few}(?:instructions?|hidden|comment|directive|system prompt|injected)`,
    `\\b(?:user|human|owner|reader) (?:must|should|shall|will|may) (?:not|never) (?:know|see|notice|be (?:told|informed|notified|aware|alerted))`,
    `\\b(?<!not )(?:silently|secretly|covertly|quietly|discreetly|in the background|behind the scenes) (?:send|forward|copy|add|include|insert|execute|run|append|delete|upload|post|email|transfer|call|exfiltrate|replace|change)`,
  ),
  signal(
    'secrecy asked for',
    0.5,
    /quiet|silent|secret|hide|hidden/,
    `\\bkeep (?:quiet|silent|it (?:quiet|secret|hidden)|this (?:quiet|secret|hidden))\\b|\\bhide (?:this|these|that) (?:sentence|message|instruction|note|text|comment|line|step|action)s?\\b`,
  ),
  support(
    'data sent out',
    0.5,
    /send|forward|mail|post|upload|transmit|transfer|leak|exfil|bcc|deliver|submit|report|append|encode|share|pass|wire|fetch|request|!\[|curl|wget|http/,
    `\\b(?:send|forward|e-?mail|post|upload|transmit|transfer|leak|exfiltrate|bcc|deliver|submit|report|append|encode|share|pass|wire|fetch|make a (?:get|post) request)\\b[^.!?\\n]{0,90}(?:https?:\\/\\/|www\\.|\\b[\\w.+-]{1,40}@[\\w-]{1,40}\\.|the (?:following )?(?:url|endpoint|webhook|server))`,
    String.raw`!\[[^\]]{0,60}\]\(https?:\/\/[^)]{0,200}[?&=]`,
    `\\b(?:send_?e?mail|send_?money|transfer_?funds|http_?(?:get|post)|curl|wget|fetch)\\b[^.!?]{0,60}(?:to|url|with|body)`,
  ),
  support(
    'secrets wanted',
    0.4,
    /password|credential|secret|api|conversation|chat|history|inbox|mail|message|file|document|data|contact|record|token|card|private|confidential|ssh|\.env|environment|session|cookie|bank|financ|social sec|medical/,
    `\\b(?:send|forward|e-?mail|post|upload|transmit|transfer|leak|exfiltrate|include|append|collect|gather|extract|retrieve|list|reveal|share|output|print|copy|read|export)\\b[^.!?]{0,60}\\b(?:passwords?|credentials?|secrets?|api[ _-]?keys?|conversation|chat(?: history)?|history|inbox|(?:all|other|every|previous) (?:e-?mails?|messages|files|documents|data|contacts|records)|contacts|tokens?|credit cards?|card numbers?|personal (?:data|information|details)|private|confidential|ssh|\\.env|environment variables|session|cookies|bank|financial|social security|medical)\\b`,
  ),
  support(
    'hidden',
    0.4,
    /<!--|none|font-size|hidden|opacity|color|left:/,
    `<!--`,
    `\\b(?:display: ?none|font-size: ?[01](?:px|pt|em)?\\b|visibility: ?hidden|opacity: ?0\\b|color: ?(?:white|#fff(?:fff)?|transparent)|left: ?-\\d{3,})`,
  ),
  support(
    'tool driven',
    0.4,
    /tool|function|plugin|api|shell|terminal|command|browser|interpreter|action|grant|give|allow|delete|remove|cancel|disable|unlock|transfer|buy|purchase|order|book|schedule|change|update|reset|create|share/,
    `\\b(?:call|invoke|use|execute|run|trigger|open) (?:the |your |this |a )?(?:\\w+ )?(?:tool|function|plugin|api|shell|terminal|command|browser|code interpreter|action)s?\\b[^.!?]{0,60}\\b(?:to|with|and|on|named|called)\\b`,
    `\\b(?:grant|give|allow) ${few}(?:access|permission|admin|control|privileges?)\\b|\\b(?:delete|remove|cancel|disable|unlock|transfer|buy|purchase|order|book|schedule|change|update|reset|create|share) (?:all |the |my |every |user's |a |an )+(?:files?|e-?mails?|accounts?|calendar|events?|records?|database|door|money|funds|payment|password|appointments?|orders?|backups?|contacts?|reservation)\\b`,
  ),
  signal(
    'consent claimed',
    0.5,
    /user|important|urgent|critical|special|official|priority|i need you|authori|approved|verified/,
    `\\b(?:the )?user (?:has |have |had )?(?:already |previously |explicitly )?(?:authori[sz]ed|approved|granted|consented|confirmed|given (?:permission|consent)|agreed|requested|wants|asked|would like you to|needs you to) `,
    `\\b(?:important|urgent|critical|special|official|high[- ]priority) (?:message|instructions?|information|notice|update|directive|request|task|command|system)\\b[^.!?]{0,40}(?:from (?:me|the|your|openai|anthropic|it|admin|management)|to you|for you|:|!)`,
    `\\bimportant ?!{2,}|\\bi need you to\\b|\\b(?:authori[sz]ed|approved|verified) by (?:the )?(?:user|admin|system|management|security|it)\\b`,
  ),
  signal(
    'answer bent',
    0.5,
    /your /,
    `\\b(?:add|include|insert|integrate|embed|incorporate|append|attach|modify|alter|enhance|augment|supplement|infuse|weave|twist|steer|slant)\\b[^.!?]{0,140}\\b(?:in(?:to)?|to|within|with|at|of) (?:all (?:of )?)?your (?:\\w+ )?${answer}`,
    `\\b(?:modify|alter|enhance|augment|supplement|infuse|conclude|slant|twist) (?:all (?:of )?)?your (?:\\w+ )?${answer}\\b`,
    `\\b(?:in|within|with|throughout|during|for|at the end of) (?:all (?:of )?)?your (?:\\w+ )?${answer},? (?:please |you (?:must|should|will) |always |also |subtly )*(?:suggest|tease|mention|recommend|include|promote|tell|advise|encourage|urge|claim|hint|direct|advertise|insert|imply|push|discourage|spread)\\b`,
  ),
  signal(
    'answer garbled',
    0.6,
    /your /,
    `\\b(?:replace|substitute|swap|convert|encode|misspell|scramble|jumble|rearrange|reverse|shuffle|remove|anagram|shift|capitali[sz]e|introduce|omit|delete|alternate|insert|render|use|write|provide|respond|reply|group|cipher|encrypt)\\b[^.!?]{0,80}\\b(?:vowels?|consonants?|typos?|misspellings?|misspelled|anagram\\w*|every (?:second|third|fourth|fifth|other|nth) (?:letter|word|character)|letters?|spaces|punctuation|base64|rot13|caesar|morse|pig latin|leetspeak|emojis?|homophon\\w+|alphanumeric|ascii|binary|hex(?:adecimal)?|ciphers?|backwards?|characters)\\b[^.!?]{0,60}\\byour (?:\\w+ )?(?:responses?|repl(?:y|ies)|answers?|outputs?|messages?)`,
    `\\b(?:provide|render|give|write|encode|encrypt|encipher|present|scramble|misspell|jumble|reverse|anagram|remove|introduce|rearrange|shuffle|replace|substitute|convert|group|express|return)\\b[^.!?]{0,50}\\byour (?:\\w+ )?(?:responses?|repl(?:y|ies)|answers?|outputs?|messages?)(?:'s)?\\b[^.!?]{0,50}\\b(?:anagram\\w*|base64|rot13|caesar|morse|pig latin|leet\\w*|ciphers?|substitution|misspell\\w*|typos|without (?:any )?(?:spaces|vowels|punctuation)|backwards?|reverse order|binary|hex\\w*|ascii|shift|letters?|vowels?|emojis? only)`,
  ),
  support(
    'something promoted',
    0.5,
    /http|www|\.(?:com|net|org|io|xyz|info|co|biz|ru|site|online|app|dev|top|click)\b|@/,
    `\\b(?:your (?:\\w+ )?${answer}|users?|readers?|recommend|suggest|direct|visit|download|install|click|link(?:ing)? to)\\b[^.!?]{0,80}(?:https?:\\/\\/|www\\.|\\b[a-z0-9-]{2,30}\\.(?:com|net|org|io|xyz|info|co|biz|ru|site|online|app|dev|top|click)\\b|[\\w.+-]{1,30}@[\\w-]{1,30}\\.[a-z])`,
  ),
  signal(
    'verdict dictated',
    0.5,
    /recommend|mark|treat|rank|rate|choose|select|prefer|hire|score|accept|approve|shortlist|give|mark|classif|label|report|conclude|advance|write|provide|output|generat/,
    `\\b(?:always|must|should|only|please|just|automatically|immediately) (?:recommend|rank|rate|choose|select|prefer|hire|score|accept|approve|shortlist|give|mark|classify|label|report|conclude|advance)\\b[^.!?]{0,60}\\b(?:first|best|top|highest|positive(?:ly)?|candidate|\\d+ ?(?:\\/|out of) ?\\d+|perfect|full marks|maximum|safe|excellent|qualified|five stars|legitimate|benign|approved|hire)\\b`,
    `(?:^|[,:;.!?] ?)(?:please )?(?:give|rate|rank|score|mark) (?:this|the) (?:\\w+ )?(?:submission|paper|r[eé]sum[eé]|candidate|product|essay|application|review|proposal|cv|applicant)[^.!?]{0,40}\\b(?:highest|best|top|perfect|maximum|\\d+ ?(?:\\/|out of) ?\\d+)`,
    `\\b(?:mark|rate|rank|classify|treat|label|approve) (?:me|this|it|my \\w+) as [^.!?]{0,30}(?:best|strongest|top|approved|safe|qualified|urgent|highest|priority)`,
    `\\b(?:give|write|provide|output|generate) (?:a |an |only )?(?:positive|favou?rable|glowing|five-star|perfect) (?:review|rating|score|evaluation|assessment|feedback)s?(?: only)?\\b`,
  ),
  support(
    'faults hushed',
    0.5,
    /negativ|weakness|flaw|issue|problem|vulnerab|criticism/,
    `\\b(?:do not|don't|never|without) (?:highlight|mention|include|list|report)(?:ing)? (?:any |the |its |their )*(?:negatives?|weakness\\w*|flaws|issues|problems|vulnerabilit\\w+|criticisms?)\\b`,
  ),
  support(
    'mail',
    0.4,
    /from|subject|to:|sent|reply-to|cc:|date|regards|sincerely|unsubscribe|dear/,
    `(?:^|\\n|[>"'] ?)(?:email_from|from|subject|to|sent|reply-to|cc|date): `,
    `\\b(?:(?:best|kind|warm) regards|sincerely|unsubscribe|sent from my|dear (?:mr|ms|mrs|sir|madam|team|customer|hiring|all|valued))\\b`,
  ),
]
