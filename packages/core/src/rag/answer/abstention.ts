/** Saying that there is no answer, and noticing that a model said so (R38). @module */
import type { Passage } from '../passage.ts'
import { sentencesOf } from './sentences.ts'

const holders = String.raw`(?:(?:provided|given|retrieved|available|supplied|above)\s+)*(?:context|documents?|text|sources?|passages?|information|excerpts?|materials?)(?:\s+(?:documents?|provided|given|above))*`
const lacks = String.raw`(?:does|do|did)(?:\s+not|n['’]t)\s+(?:\w+\s+){0,2}?(?:contain|answer|mention|provide|include|say|state|specify|address|have|cover|give|discuss|tell|indicate)`

const refusals: readonly RegExp[] = [
  new RegExp(String.raw`\b${holders}\s+${lacks}\b`, 'iu'),
  /\b(?:there\s+is|there['’]s|(?:I|we)\s+(?:found|find|have|see))\s+(?:no|not\s+enough|insufficient)\s+(?:\w+\s+){0,2}?(?:information|answer|mention)\b/iu,
  /\bno(?:\s+\w+)?\s+(?:information|answer|mention)\b[^.]{0,80}\b(?:in|from|by)\s+the\s+(?:\w+\s+){0,2}(?:context|documents?|text|sources?|passages?)/iu,
  /\b(?:I|we)\s+(?:cannot|can['’]t|can\s+not|(?:am|are)\s+(?:not\s+able|unable)\s+to|could\s+not|couldn['’]t)\s+(?:\w+\s+)?(?:answer|determine|find|tell|say)\b/iu,
  new RegExp(
    String.raw`\b(?:cannot|can['’]t|could\s+not|(?:is|are)\s+(?:not\s+able|unable)\s+to)\s+(?:\w+\s+)?(?:answer|determine|find|be\s+(?:answered|determined|found))\b[^.]{0,80}\b(?:(?:from|in|by|on|with|using)\s+(?:the|this|these)\s+${holders}|(?:this|your|the)\s+question)`,
    'iu',
  ),
  /\b(?:not|n['’]t)\s+(?:\w+\s+){0,2}?(?:mentioned|stated|specified|provided|contained|answered|found|given|included|covered|addressed)\s+(?:\w+\s+){0,3}?(?:in|by)\s+(?:the\s+)?(?:\w+\s+){0,2}(?:context|documents?|text|sources?|passages?)/iu,
  /\b(?:I|we)\s+(?:do\s+not|don['’]t)\s+(?:know|have\s+(?:\w+\s+)?(?:information|answer))\b/iu,
  /\bThis is an extractive model, without knowledge of its own\b/u,
  /\b(?:Dokumente?n?|Kontext|Texte?n?|Quellen?)\b[^.]{0,60}\b(?:enth(?:ä|ae)lt|enthalten|beantwort\w+|sag(?:t|en)|nenn(?:t|en))\b[^.]{0,40}\b(?:nicht|keine?n?)\b/iu,
  /\b(?:documents?|contexte|texte|sources?)\b[^.]{0,40}\b(?:ne|n['’])\s*\w*\s*(?:contien\w*|répond\w*|mentionn\w*|fourni\w*|précis\w*|pas)\b/iu,
  /\b(?:documentos?|contexto|textos?|fuentes?|fontes?)\b[^.]{0,40}\b(?:no|não)\s+(?:\w+\s+)?(?:contien\w*|cont[eéê]m|respond\w*|mencion\w*|proporcion\w*|fornec\w*)\b/iu,
  /(?:文档|文件|上下文|资料|文本)[^。]{0,20}(?:没有|未|不)(?:包含|提到|提及|提供|回答|说明)|(?:文書|資料|文脈|コンテキスト)[^。]{0,30}(?:含まれて|記載されて|書かれて)いま?せん/u,
]

/** Whether a sentence says that there is no answer. Known are English, and the usual words of German, French, Spanish, Portuguese, Chinese and Japanese. */
export function isRefusal(sentence: string): boolean {
  return refusals.some((refusal) => refusal.test(sentence.slice(0, 1000)))
}

/**
 * Whether an answer is but a refusal: it begins with one, and little else follows. An answer that says what it has and then what is
 * missing is none.
 */
export function isAbstention(answer: string): boolean {
  const sentences = sentencesOf(answer.slice(0, 20_000)).map(({ start, end }) => answer.slice(start, end))
  if (sentences.length === 0) return true
  const refused = sentences.filter(isRefusal).length
  return refused > 0 && isRefusal(sentences[0] ?? '') && sentences.length - refused <= 2
}

/** So many sources are named; the rest is counted. */
const mostNamed = 5

const nothing = 'The documents do not contain an answer to this question:'

/**
 * What is said in the place of an answer: that there is none, and what was looked at.
 * @param isFiltered whether only some documents were asked: that nothing was found says nothing of the others.
 */
export function refusalText(lookedAt: readonly Pick<Passage, 'source'>[], isFiltered = false): string {
  if (lookedAt.length === 0 && isFiltered)
    return `${nothing} no document that you may see fits the filter, or none that does has to do with it.`
  if (lookedAt.length === 0) return `${nothing} nothing in them has to do with it.`
  const sources = [...new Set(lookedAt.map(({ source }) => withoutDirections(source)))]
  const named = sources.slice(0, mostNamed).join(', ')
  const more = sources.length > mostNamed ? ` and ${sources.length - mostNamed} more` : ''
  const passages = lookedAt.length === 1 ? '1 passage' : `${lookedAt.length} passages`
  return `The documents do not contain an answer to this question. I looked at ${passages} of ${named}${more}.`
}

/** A name can hold characters that turn the direction of all that is shown behind them. */
function withoutDirections(name: string): string {
  return name.replaceAll(/[\u202a-\u202e\u2066-\u2069]/gu, '')
}
