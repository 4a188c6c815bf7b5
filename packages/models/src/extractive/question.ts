/** What kind of thing a question asks for, and whether a sentence has one. @module */
import { type AnswerKind, answerKindOf } from '@plinth/core'
import { contentWords } from './words.ts'

export interface Asked {
  readonly kind: AnswerKind
  /** Content words, in order, each once. */
  readonly words: readonly string[]
  /** Of these, the ones that only name the kind, as "year" in "What year …": an answer doesn't repeat them. */
  readonly naming: ReadonlySet<string>
}

const namingWords = new Set(
  contentWords(
    'year date time day month century decade era number amount percentage percent proportion population size name person place location country city region state type kind term word thing way reason cause many much long often old far high large called known',
  ),
)

/** Reads a question. */
export function readQuestion(question: string): Asked {
  const words = [...new Set(contentWords(question.slice(0, 5000)))]
  return {
    kind: answerKindOf(question),
    words,
    naming: new Set(words.length < 3 ? [] : words.filter((word) => namingWords.has(word))),
  }
}

const number =
  /\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|millions?|billions?|half|third|quarter|dozens?|twice|once|every|each)\b/i
const time =
  /\b(?:1\d{3}|20\d\d|\d{3,4}s|\d{1,2}(?:st|nd|rd|th)|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|century|centuries|bc|ad|noon|midnight|today|yesterday|morning|evening|night|spring|summer|autumn|winter)\b|\b\d{1,2}[:.]\d{2}\b/i
const reason =
  /\b(?:because|due to|caused?|causes|since|therefore|thus|as a result|so that|owing to|led to|in order to|thanks to|reasons?|leading to)\b/i
const manner = /\b(?:by|through|using|via|with|means of)\b/i
const capitalised = /\p{Lu}[\p{L}\p{M}'’-]+/gu
const ofPlace =
  /\b(?:in|at|near|from|to|of|on|off|between|into|around|across|throughout|outside|within|along)\s+(?:the\s+)?(?:\w+\s+)?\p{Lu}\p{Ll}+/u

/** Whether a sentence holds what is asked for and the question doesn't say itself; 0, 0.5 or 1, and 0.5 where rules can't tell. */
export function fitOf(asked: Asked, sentence: string): number {
  switch (asked.kind) {
    case 'time':
      return time.test(sentence) ? 1 : number.test(sentence) ? 0.5 : 0
    case 'quantity':
      return /\d/.test(sentence) ? 1 : number.test(sentence) ? 0.75 : 0
    case 'reason':
      return reason.test(sentence) ? 1 : 0
    case 'manner':
      return manner.test(sentence) ? 1 : 0.25
    case 'person':
      return newNames(asked, sentence) > 0 ? 1 : 0
    case 'place':
      return newNames(asked, sentence) > 0 && ofPlace.test(sentence) ? 1 : newNames(asked, sentence) > 0 ? 0.5 : 0
    default:
      return 0.5
  }
}

/** Names in a sentence that the question doesn't have. The first word has a capital anyhow, and counts when another follows. */
function newNames({ words }: Asked, sentence: string): number {
  let found = 0
  for (const { 0: name, index } of sentence.matchAll(capitalised)) {
    const [word] = contentWords(name)
    if (word === undefined || words.includes(word)) continue
    if (index > 2 || /^\s+\p{Lu}/u.test(sentence.slice(index + name.length, index + name.length + 3))) found++
  }
  return found
}
