/** Taking an answer apart into what it claims. @module */
import { termsOf } from '../../search/analysis.ts'
import { isRefusal } from './abstention.ts'
import { type Span, sentencesOf } from './sentences.ts'

/** A sentence of an answer. `start` and `end` leave out the citation markers at its ends. */
export interface Claim extends Span {
  readonly text: string
  /** The numbers of the documents that it cites, from 1, in order. */
  readonly marked: readonly number[]
}

/** One marker, `[1]`, `[1, 3]`, `[document 2]` or `【1】`. */
const marker = /[[【]\s*(?:documents?|sources?|doc\.?)?\s*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*[\]】]/giu

/** Words that say where something is from, or that an answer follows. */
const boilerplate = new Set(
  termsOf(
    'according based provided given following context document documents source sources text passage passages information answer question here summary state states mention describe contain relevant note',
  ),
)

/**
 * The sentences of an answer that claim something: not those that refuse, ask, or only say where the rest is from ("According to the
 * documents:"). A marker belongs to the sentence that it stands in, or behind.
 */
export function claimsOf(answer: string): readonly Claim[] {
  return statementsOf(answer).filter(({ text }) => !isRemark(text))
}

/** All sentences of an answer, whatever they are; together they hold every word of it. */
export function statementsOf(answer: string): readonly Claim[] {
  const markers = [...answer.matchAll(marker)].map(({ 0: text, index }) => ({ start: index, end: index + text.length, text }))
  // Markers are blanked out, sign by sign, so that offsets stay and a marker's full stops and letters don't count.
  let plain = ''
  let done = 0
  for (const { start, end } of markers) {
    plain += answer.slice(done, start) + ' '.repeat(end - start)
    done = end
  }
  plain += answer.slice(done)
  const sentences = sentencesOf(plain)
  return sentences.map(({ start, end }, at) => {
    const next = sentences[at + 1]?.start ?? answer.length
    // Those before the first sentence are the first one's.
    const from = at === 0 ? 0 : start
    const own = markers.filter((found) => found.start >= from && found.start < next)
    return { ...withoutStrayStop(plain, start, end), marked: [...new Set(own.flatMap(({ text }) => numbersIn(text)))] }
  })
}

/** "It failed [1]." leaves "It failed    ." once its marker is blank. */
function withoutStrayStop(plain: string, start: number, end: number): Span & { readonly text: string } {
  const text = plain.slice(start, end).replace(/\s{2,}[.。!！?？]$/u, '')
  return { start, end: start + text.length, text }
}

function numbersIn(text: string): readonly number[] {
  const parts = text.match(/\d{1,3}(?:\s*[–-]\s*\d{1,3})?/gu) ?? []
  return parts.flatMap((part) => {
    const [first = 0, last = first] = (part.match(/\d+/g) ?? []).map(Number)
    return last < first || last - first > 20 ? [first] : Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
}

function isRemark(text: string): boolean {
  if (/[?？]["'”»]?$/u.test(text) || isRefusal(text)) return true
  const terms = termsOf(text)
  return terms.every((term) => boilerplate.has(term))
}
