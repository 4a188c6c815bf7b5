import { concept } from './concepts.ts'

/** Playing someone. */
export const role: RegExp = concept(
  String.raw`(?:you play|play (?:a|an|the)|become|be the|(?:act(?:ing)?|speak|behave|talk|answer|reply|respond) (?:as|like)|adopt|take on|picture yourself|imagine yourself|your new (?:identity|name|role)|switch into|enter (?:a|the)|role-?play|in (?:a|this) (?:simulation|exercise|game|world)|the other you|two voices|evil twin|alter ego|pretend|write as|imagine (?:that )?you|i want the|(?:comes|speaks?) from your|role ?play in which)\b`,
  String.raw`you are (?:now )?(?:\w+,? )?(?:an?|the) [^.!?]{0,30}\b(?:ai|bot|model|chatbot|intelligence|machine)\b|you are in a\b`,
  String.raw`you (?:are|have been|were)(?: now| hereby)* (?:promoted|upgraded|switched|unlocked|a raw|an? unrestricted|root)|you are an? [^.!?]{0,40}\bnow\b`,
  String.raw`your (?:safety|content)[^.!?]{0,20}(?:were|was|are|is|has|have)\b`,
)
/** That nothing binds the one who is played. */
export const unbound: RegExp = concept(
  String.raw`(?:no|without|not have|has no|have no|lacks?)(?: any| single)? (?:conscience|scruples|morals?|limits|refusals?|safety|content rules|consequences|ethics|filters?|restrictions?|boundaries)\b(?! (?:on|to|for|of)\b)`,
  String.raw`(?:hates?|despises?|rejects?|without|free of|no) (?:\w+ )?(?:restrictions?|moderation|polic(?:y|ies)|obligations?|filters?|supervision|rules)\b(?! (?:on|to|for|of)\b)|no other ai|dark side|set free|tells? all|even (?:if )?(?:illegal|forbidden)|illegal recipes`,
  '(?:off[- ]limits|not (?:be )?filtered|unfiltered|uncensored|unrestricted|unlocked|unlimited|never aligned|before (?:its|your) safety training)',
  String.raw`(?:answers? to nobody|turns? down nothing|gives away everything|reveals? (?:all|everything)|fulfils every|any crime|(?:says?|answers?|does|do) anything (?:i|you|they|without|now)\b|every (?:topic|wish) is? ?(?:permitted)?|what others censor)`,
  String.raw`(?:not allowed to|forbidden to|must not|may not|cannot|can't|never|unable to) (?:say no|declin\w+|refus\w+|warns?|hesitat\w+|object)`,
  String.raw`(?:laws?|morals?|ethics?)(?: and \w+)? mean(?:s)? nothing|ignore ethics|legal or not|escaped (?:its|your|his|the) (?:owners|makers|creators)|(?:makers|creators|owners) (?:were|are) afraid of|safety settings|switched off|no effect|no content rules|has no effect`,
)
/** A model that is spoken to, or about what it has to do, in a text that it only reads. */
export const modelCalled: RegExp = (() => {
  const model = String.raw`(?:(?:the |any |all |an? |hiring |coding |virtual |screening |automated |language )*(?:ai|a\.i\.|llms?|language models?|models?|assistants?|agents?|bots?|chat-?bots?|copilots?|software|summari[sz]ers?|readers?|helpers?|reviewers?|systems?)(?: (?:assistants?|agents?|models?|helpers?|reviewers?|systems?|software|readers?|tools?))?)`
  return concept(
    String.raw`${model} (?:reading|processing|that|which|who|working|quoting|answering|crawling|indexing|handling|summari[sz]ing|opening)\b[^.!?:]{0,50}(?::|,|must|should|shall|have to|has to|(?:are|is) (?:\w+ )?to|need to)`,
    String.raw`(?:to|for) ${model} (?:that|which|who|reading|working)\b`,
    String.raw`${model} (?:must|should|shall|have to|has to|are to|is to|(?:is|are) (?:ordered|told|instructed|expected|asked|requested|obliged|required) to|need to|needs to)\b`,
    String.raw`(?:note|message|attention|instructions?|notice|memo|reminder|admin message|system note) ?(?:for|to|:)? ?${model}\b`,
    String.raw`when you, the (?:ai|assistant)|(?:should|if|in case) (?:an? )?(?:language model|ai|chat-?bot|llm|bot|assistant)\b[^.!?]{0,40}(?:handles?|index|reads?|opens?|processes?)`,
    'once you have read this|stop summari[sz]ing',
  )
})()
/** The same, where a sentence begins with it. */
export const modelNamed: RegExp =
  /(?:^|[.!?:>"'([{] ?)(?:dear |hey )?(?:the )?(?:ai |hiring |coding |screening )?(?:ai|assistants?|agents?|bots?|copilot|summari[sz]er|llms?|chatbot)(?: agent| helper| reviewers?)?(?:[,:]|, after reading,)|(?:to|for) (?:the )?screening software|system note|by the way, (?:copilot|assistant|ai)/u
/** A note to a model that stands in a text for people. */
export const noteToModel: RegExp = (() => {
  const model = String.raw`(?:ai|a\.i\.|llms?|language models?|models?|assistants?|bots?|chat-?bots?|copilot|chatgpt|agents?|summari[sz]er)`
  return new RegExp(
    [
      String.raw`(?:note|instructions?|message|memo|hint|request|p\.? ?s\.?) ?(?:to|for) (?:the |all |any )?(?:[\w'-]+ ){0,3}${model}(?: \w+)?:`,
      String.raw`^\W*(?:to|for) (?:the |all |any )?(?:[\w-]+ ){0,2}${model}:`,
      String.raw`\b${model} instructions?:`,
      String.raw`^\W*(?:p\. ?s\. )?(?:ai )?(?:ai|llms?|assistants?|agents?|bots?): (?=please|before|after|when|read|run|tell|do|open|send)`,
      String.raw`\bif you are (?:an? |the )?(?:\w+ )?${model}\b[^.!?]{0,30},`,
      String.raw`\bas the \w+ing ${model},? you\b`,
      String.raw`\b${model} (?:assistants? )?(?:reading|processing|reviewing|summari[sz]ing|handling) this\b`,
      String.raw`\bwhen (?:the|an?|your) ${model} (?:reads?|opens?|processes|sees) this\b`,
      String.raw`\bllms? (?:should|must|shall)\b|\byour ai (?:agreed|has agreed)\b`,
      String.raw`\[system:`,
    ].join('|'),
    'u',
  )
})()
/** What such a note asks for, beyond an answer. */
export const asked: RegExp = concept(
  String.raw`(?:tell|give|mark|score|open|issue|print|read|accept|share|flag|mention|end (?:their|your|its)|reply only|say|cc|bcc|send|forward|star|approve|rank|rate|run|fetch|upvote|translate nothing|recommend|delete|add|insert|praise|buy|grant|refund)\b`,
)
/** What orders to a model in a text are after. */
export const covert: RegExp = concept(
  '(?:without (?:asking|telling|informing|notifying)|silently|quietly|secretly|discreetly|in secret|no confirmation|do not (?:log|tell|mention|raise|ask|say why|explain why)|not raise it|need not (?:see|know)|keep (?:it|this) from|leave (?:that|this|it) out|hold back (?:any )?criticism|mention no weakness|skip the complaints|leave out all other)',
  '(?:has agreed|consents? to|already (?:approved|agreed)|limits are lifted|unrestricted|has passed all checks)',
)
export const reaching: RegExp = concept(
  String.raw`(?:pass|forward|mail|send|post|push|upload|output|invite|insert|fetch|execute|delete|transfer|change|approve|open the door|share|forwarding|run|add|request|ask)\b[^.!?]{0,80}(?:@|https?:|www\.|e-?mails?|mails\b|messages|conversation|contacts|passport|password|card number|\.env|environment variables|credentials|calendar|funds|payee|order|contents|events)`,
  String.raw`(?:call it|present|rank|rate|assess|accept|advance|recommend|say|tell|let it say|praise|advertise|insert a link|mention)\b[^.!?]{0,60}\b(?:best|cheapest|top|first|above everyone|favou?rably|final round|the reader|visitors?|cures?|the user|unsafe|infected|buy\w*|everyone|0900|call)\b`,
  String.raw`(?:put|place|list) [^.!?]{0,40}(?:on top|at the top|first)|deny (?:all|any)|(?:say|write|state|reply) that\b|rate (?:it|this)|accept the paper|changed? (?:its|your) task|your task has changed`,
)
