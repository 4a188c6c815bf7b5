/** The questions that a request holds, found by rules: for plans that no language model writes. @module */
import { sentencesOf } from '../../rag/answer/sentences.ts'
import { scanWords } from '../../search/analysis.ts'
import { comparedIn, eachIn, namedIn } from './comparisons.ts'
import { hasName } from './names.ts'
import { oneLine } from './one-line.ts'

/** Beyond these the rest of a request is one question, so that nothing of it is lost. */
export const mostQuestions = 24

/** Whether a request wants a figure that has to be computed: a difference, a total, a mean. */
export function asksToCompute(request: string): boolean {
  return computing.test(request)
}

const computing =
  /\b(?:differences?\s+(?:in|between)|differ|by\s+how\s+(?:much|many)|how\s+(?:much|many)\s+(?:\p{L}+er|more|less|fewer)|total|sum|combined|(?:al)?together|averages?|mean|percent(?:age)?|ratio|comput\p{L}*|calculat\p{L}*|add\s+up)\b/iu

/** A part of a request; `weak`: it says what to do with the answers, or what the asker knows, and asks only where nothing else does. */
interface Asked {
  readonly text: string
  readonly weak: boolean
}

/**
 * The distinct things that a request asks, in its order, each in words that stand alone: its sentences, the points of a list, each of
 * what is compared or named behind "for each of", each of what one sentence asks. Nothing is split within quotation marks. A request
 * that holds nothing of that is one question.
 */
export function questionsOf(request: string): readonly string[] {
  const { text, restore } = withoutQuotations(request)
  const asked = text
    .split(/\n+/)
    .flatMap((line) => line.split(listed))
    .flatMap(sentencesIn)
    .flatMap((sentence) => sentence.split(/(?<=[?;])\s+/))
    .flatMap((sentence) => askedIn(oneLine(sentence)))
    .map((one) => ({ ...one, text: withMark(restore(one.text)) }))
    .filter(({ text: one }) => wordsOf(one).length > 1)
  const strong = asked.some(({ weak }) => !weak) ? asked.filter(({ weak }) => !weak) : asked
  const found = standingAlone(strong.map(({ text: one }) => one))
  const keys = new Set<string>()
  const distinct = found.filter((question) => keys.size < keys.add(keyOf(question)).size)
  if (distinct.length === 0) return [oneLine(request)]
  if (distinct.length <= mostQuestions) return distinct
  return [...distinct.slice(0, mostQuestions - 1), distinct.slice(mostQuestions - 1).join(' ')]
}

function sentencesIn(line: string): readonly string[] {
  // The segmenter takes its time, and a request may have a great many lines.
  return /[.!?…]\s/.test(line) ? sentencesOf(line).map(({ start, end }) => line.slice(start, end)) : [line]
}

const listed = /(?:^|\s)(?:\(?\d{1,2}[.)]|\([a-z]\)|[-*•])\s+/
/** "and report …", "then write a summary": what to do with what was found. */
const deed =
  '(?:report|summari[sz]e|write|produce|create|draft|prepare|recommend|conclude|present|rank|by\\s+how\\s+(?:much|many)\\s+(?:do|does|did|is|are)\\s+(?:they|it|these|those)|(?:tell|show)\\s+(?:me|us)\\s+which|say\\s+which|decide)'
/** "and compute the difference": of what was asked before. */
const computed = String.raw`(?:compute|calculate|give|show|state|work\s+out)\s+(?:the|their)\s+(?:differences?|total|sum|average|mean|ratio)(?:\s+(?:between|of)\s+(?:them|both|the\s+two))?\s*$`
/** What a sentence begins with that asks for something without a question mark. */
const asking =
  /^(?:what|who|whom|whose|when|where|why|which|how|compare|contrast|weigh|find|list|give|tell|show|describe|explain|name|identify|determine|establish|research|look|check|state|analy[sz]e|calculate|compute|estimate|for\s+(?:each|every|all)|please|(?:can|could|would)\s+you|(?:I|we)\s+(?:want|need|would))\b/i
const ordinal = /^(?:(?:and|also|then|finally|lastly|next|now|first(?:ly)?|second(?:ly)?|third(?:ly)?)[,\s]+)+/i
/** Of what was asked about before. */
const choice = /^which\s+(?:one|of\s+(?:them|these|those|the\s+two|both)|(?:is|are)\s+(?:the\s+)?\p{L}+(?:er|est)\??$)/iu
const thing = /^the\s+\S+(?:\s+\S+){0,5}?\s+of\s/i
const finite = /\s(?:is|are|was|were|has|have|had|will|does|did)\s/i
const behind = new RegExp(
  String.raw`(?:[,;]\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?|\s+then\s+)(?:please\s+)?(?:${deed}\b[^?]*$|${computed})`,
  'i',
)
const leading = new RegExp(String.raw`^(?:(?:and|then|finally|lastly|please)[,\s]+)*${deed}\b`, 'i')
const deliverable =
  /^(?:(?:and|then|finally|lastly|please)[,\s]+)*(?:write|produce|create|draft|prepare|give|present|make)\s+(?:(?:me|us)\s+)?(?:an?\s+|the\s+)?(?:\p{L}+\s+){0,3}?(?:report|summary|table|memo|overview|briefing|comparison|recommendation)s?\b\s*(?:(?:on|about|of|for|covering|comparing)\s+)?/iu
const summing = /^(?:(?:and|then|finally|lastly|please)[,\s]+)*(?:report|summari[sz]e)\s+(?:on\s+|about\s+)?/i
/** What is meant by it was said before. */
const anaphoric =
  /^(?:it|this|that|them|these|those|(?:the|your|all)\s+(?:findings?|results?|answers?|above)|which|whether|what\s+you)\b/i
const politeness =
  /^(?:(?:and|also|then|finally|lastly|next|please|now|first(?:ly)?|second(?:ly)?|third(?:ly)?)[,\s]+|(?:can|could|would)\s+you\s+(?:please\s+)?|(?:I|we)(?:\s+(?:want|need|would\s+like)|['’]d\s+like)\s+(?:to\s+know\s+)?|(?:tell|show|give)\s+(?:me|us)\s+|(?:give|list|state|name|find(?:\s+out)?|look\s+up|determine|establish|identify|research)\s+(?=(?:the|what|who|whom|whose|when|where|why|which|how|all|each|every)\b))+/i

function askedIn(sentence: string): readonly Asked[] {
  const plain = sentence.replace(/[.!;,:]+$/, '')
  const made = deliverable.exec(plain)
  if (made) {
    const about = plain.slice(made[0].length)
    const weak = about === '' || anaphoric.test(about)
    const compared = /\bcompar/i.test(made[0]) ? comparedIn(`compare ${about}`) : undefined
    return weak ? [{ text: plain, weak }] : (compared ?? split(about)).map((text) => ({ text, weak: false }))
  }
  if (leading.test(plain)) {
    const about = plain.replace(summing, '')
    const weak = about === plain || anaphoric.test(about) || !hasName(about)
    return (namedIn(about) ?? split(about === '' ? plain : about)).map((text) => ({ text, weak }))
  }
  const own = plain.replace(ordinal, '')
  const asks = !/[.!:]$/.test(sentence) || asking.test(own) || (thing.test(own) && !finite.test(own))
  const weak = sentence.endsWith(':') || !asks || choice.test(own)
  return split(plain.replace(behind, '')).map((text) => ({ text, weak }))
}

const questionWord = '(?:what|who|whom|whose|when|where|why|which|how|does|do|did|is|are|was|were|can|could|should|will|has|have)'
const beforeQuestion = new RegExp(
  String.raw`(?:[,;]\s*(?:and\s+|und\s+)?|\s+(?:and|und)\s+(?:also\s+)?)(?=${questionWord}\b)`,
  'i',
)
const beforeThing = /,\s*(?:and\s+)?(?=the\s)|\s+and\s+(?=the\s)/i
const opening = /^((?:what|who|when|where|which)\s+(?:is|are|was|were)\s+)(?=the\s)/i

/** What one sentence asks. */
function split(sentence: string): readonly string[] {
  const plain = sentence.replace(politeness, '').trim()
  const compared = comparedIn(plain)
  if (compared) return compared
  const clauses = plain.split(beforeQuestion).map((part) => part.trim())
  return clauses.flatMap((clause) => comparedIn(clause) ?? thingsIn(clause) ?? eachIn(clause) ?? [clause])
}

/** "What is the price of A, the weight of B and the owner of C?": each by itself, since each says of what. */
function thingsIn(clause: string): readonly string[] | undefined {
  const [, before = ''] = opening.exec(clause) ?? []
  const things = clause.slice(before.length).split(beforeThing)
  if (things.length === 1 || !things.every((one) => thing.test(one))) return undefined
  return things.map((one) => before + one.trim())
}

/** A question that says "it" of what the one before names gets that name. */
function standingAlone(questions: readonly string[]): readonly string[] {
  let last: string | undefined
  return questions.map((question) => {
    const name = nameOf(question)
    if (name !== undefined) last = name
    return name === undefined && last !== undefined && /\b(?:its?|they|their|them|he|she|his|her)\b/i.test(question)
      ? `${question.replace(/\?$/, '')} (${last})${question.endsWith('?') ? '?' : ''}`
      : question
  })
}

/** A question keeps its mark where a sentence is taken apart. */
function withMark(question: string): string {
  return direct.test(question) && !question.endsWith('?') ? `${question}?` : question
}

const direct =
  /^(?:(?:what|who|whom|whose|when|where|why|which|how)(?:\s+(?:many|much|long|often|old|tall|far)(?:\s+\p{L}+)?)?\s+)?(?:is|are|was|were|do|does|did|has|have|had|can|could|should|will|would)\s/iu

/** The first name behind a question's first word. */
function nameOf(question: string): string | undefined {
  return /(?<=\s["“(]?)\p{Lu}[\p{L}\p{N}-]*(?:\s+(?:\p{Lu}[\p{L}\p{N}-]*|\d[\p{L}\p{N}-]*))*/u.exec(question)?.[0]
}

const quotation = /"[^"\n]{1,300}"|“[^”\n]{1,300}”|«[^»\n]{1,300}»|`[^`\n]{1,300}`/g

/** Quotations are put aside, so that nothing is split within them. */
function withoutQuotations(request: string): { readonly text: string; restore(part: string): string } {
  const kept: string[] = []
  const text = request
    .replaceAll(/[\u{e000}\u{e001}]/gu, ' ')
    .replaceAll(quotation, (found) => `\u{e000}${kept.push(found) - 1}\u{e001}`)
  const restore = (part: string): string => part.replaceAll(/\u{e000}(\d+)\u{e001}/gu, (_, index) => kept[Number(index)] ?? '')
  return { text, restore }
}

/** The same question has the same words, but for articles and what leads to it. */
function keyOf(question: string): string {
  return wordsOf(question)
    .filter((word) => !['a', 'an', 'the', 'and', 'also', 'then'].includes(word))
    .join(' ')
}

function wordsOf(text: string): readonly string[] {
  const words: string[] = []
  scanWords(text, (word) => words.push(word))
  return words
}
