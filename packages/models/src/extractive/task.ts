/** What a prompt wants: which of its text is the request, and which is there to work on. @module */
import type { Passage, Sections } from './sections.ts'
import { splitSentences } from './sentences.ts'

/** A prompt, understood as far as rules go. */
export interface Task {
  readonly kind: 'question' | 'summary' | 'instruction' | 'none'
  /** The request in the prompt's words; empty for `none`. */
  readonly request: string
  readonly passages: readonly Passage[]
  /** Whether labels or tags set the passages apart, or the text is long enough to be meant as one. */
  readonly hasText: boolean
}

const order =
  /^(?:please\s+|kindly\s+|(?:can|could|would) you\s+(?:please\s+)?)?(?:summari[sz]e|explain|describe|list|extract|classify|categori[sz]e|analy[sz]e|write|translate|give|tell|say|answer|identify|plan|return|format|provide|use|based on|you are|act as|respond|reply|rate|assess|evaluate|compare|find|name|generate|create|draft|state|cite|do not|don't|condense|shorten|review|read)\b/i
const summary = /\b(?:summar(?:y|ies|i[sz]\w+)|tl;?dr|(?:key|main) points|condense|shorten|gist)\b/i

// A request stands at an end of the text; questions in its middle belong to the text.
const nearEnd = 5
const longText = 200

/** Reads the request off a label, a question mark or an imperative, in this order, and takes it out of the text to work on. */
export function readTask({ passages, question, plain, isBounded }: Sections): Task {
  if (isBounded) return { kind: summary.test(question) ? 'summary' : 'question', request: question, passages, hasText: true }
  const labelled = passages.length > 0
  // A label may be before everything: "User request: summarise this: …".
  const { request, rest } = splitRequest(plain === '' && !labelled ? question : plain)
  const wanted = question === '' || (plain === '' && rest.length > 0) ? request : question
  const given = labelled ? passages : rest.filter((text) => text !== wanted).map((text) => ({ source: undefined, text }))
  const size = given.reduce((sum, { text }) => sum + text.length, 0)
  return { kind: kindOf(wanted), request: wanted, passages: given, hasText: labelled || size >= longText }
}

function kindOf(request: string): Task['kind'] {
  if (request === '') return 'none'
  if (summary.test(request.slice(0, 500))) return 'summary'
  return /[?？]\s*$/.test(request) || /^(?:who|what|when|where|why|how|which|is|are|was|were|do|does|did)\b/i.test(request)
    ? 'question'
    : 'instruction'
}

// The ends of the text, where a request is looked for.
const longestEnd = 4000

interface Place {
  readonly sentence: string
  readonly start: number
}

const isOrder = ({ sentence }: Place): boolean => order.test(sentence)
const isQuestion = ({ sentence }: Place): boolean => /[?？]["')»”]?$/.test(sentence)

/** Orders count where they come before everything else or after it; a question, among the first or last few sentences. */
function splitRequest(text: string): { readonly request: string; readonly rest: readonly string[] } {
  const head = placesIn(text, 0, longestEnd)
  const tail = text.length <= longestEnd ? head : placesIn(text, Math.max(longestEnd, text.length - longestEnd), text.length)
  const isOther = (place: Place): boolean => !isOrder(place) && !isQuestion(place)
  const before = head.slice(0, Math.max(0, head.findIndex(isOther)))
  const after = tail.slice(tail.findLastIndex(isOther) + 1)
  const orders = [...before, ...after].filter(isOrder)
  const chosen = tail.slice(-nearEnd).findLast(isQuestion) ?? head.slice(0, nearEnd).findLast(isQuestion) ?? orders[0]
  if (chosen === undefined) return { request: '', rest: text === '' ? [] : [text] }
  const out = [...new Set([...orders, chosen])].sort((one, two) => one.start - two.start)
  return takeOut(text, out, chosen)
}

function placesIn(text: string, from: number, to: number): readonly Place[] {
  const part = text.slice(from, to)
  let looked = 0
  return [...splitSentences(part)].map((sentence) => {
    const start = part.indexOf(sentence, looked)
    looked = start + sentence.length
    return { sentence, start: from + start }
  })
}

function takeOut(text: string, out: readonly Place[], chosen: Place): ReturnType<typeof splitRequest> {
  const rest: string[] = []
  let request = ''
  let done = 0
  for (const place of out) {
    const { sentence, start } = place
    rest.push(text.slice(done, start))
    done = start + sentence.length
    // "Summarise this: the pump failed." holds both the request and the text.
    const colon = sentence.indexOf(': ')
    const asked = colon > 0 && order.test(sentence) ? sentence.slice(0, colon) : sentence
    if (place === chosen) request = asked
    if (asked !== sentence) rest.push(sentence.slice(colon + 2))
  }
  rest.push(text.slice(done))
  return { request, rest: rest.map((piece) => piece.trim()).filter((piece) => piece !== '') }
}
