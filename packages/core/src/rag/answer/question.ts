/** What kind of thing a question asks for, and whether a text has one that the question doesn't name itself. @module */
import { termsOf } from '../../search/analysis.ts'
import { namesIn } from './support.ts'

/** Kinds of answers that rules can recognise. */
export type AnswerKind = 'person' | 'place' | 'time' | 'quantity' | 'reason' | 'manner' | 'other'

const kinds: readonly (readonly [AnswerKind, RegExp])[] = [
  [
    'time',
    /\bwhen\b|\b(?:what|which|how)\s+(?:\w+\s+)?(?:years?|dates?|time|days?|months?|centur(?:y|ies)|decades?|era|season|long ago)\b/iu,
  ],
  [
    'quantity',
    /\bhow\s+(?:many|much|long|often|hot|cold|old|fast|high|far|large|big|tall|deep|wide|heavy)\b|\b(?:what|which)\s+(?:\w+\s+){0,2}(?:percentage|percent|proportion|number|amount|population|size|temperature|cost|price|rate|ratio|distance|height|length|weight|share|fraction)\b/iu,
  ],
  ['reason', /\bwhy\b|\bwhat\s+(?:\w+\s+){0,2}(?:reasons?|causes?|caused)\b/iu],
  [
    'person',
    /\bwho(?:m|se)?\b|\b(?:what|which)\s+(?:\w+\s+){0,2}(?:person|man|woman|king|queen|leader|scientist|author|president)\b/iu,
  ],
  [
    'place',
    /\bwhere\b|\b(?:what|which)\s+(?:\w+\s+){0,2}(?:country|countries|city|cities|place|location|region|state|town|county|continent|river|area|nation|island|street|district)\b/iu,
  ],
  ['manner', /\bhow\s+(?:do|does|did|can|is|are|was|were|should|could|would)\b/iu],
]

/** What a question is after. */
export function answerKindOf(question: string): AnswerKind {
  return kinds.find(([, asks]) => asks.test(question.slice(0, 1000)))?.[0] ?? 'other'
}

/** Words by which a question names the kind of thing that it asks for; what answers it doesn't repeat them. */
export const namingTerms: ReadonlySet<string> = new Set(
  termsOf(
    'year date time day month century decade era number amount percentage percent proportion population size name person place location country city region state type kind term word thing way reason cause many much long often old far high large called known used',
  ),
)

const time =
  /\b(?:1\d{3}|20\d\d|\d{3,4}s|\d{1,2}(?:st|nd|rd|th)|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|centur(?:y|ies)|bc|ad|noon|midnight|spring|summer|autumn|winter)\b|\d{1,2}:\d{2}/giu
const quantity =
  /\d[\d.,]*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|millions?|billions?|half|third|quarter|dozens?|twice|once)\b/giu
const reason =
  /\b(?:because|due to|caused?|causes|since|therefore|thus|as a result|so that|owing to|led to|leads to|in order to|thanks to|reasons?)\b/iu

/** How well a text has what is asked for: 0 for certainly not, 1 for something that fits, 0.5 where rules can't tell. */
export function fitOf(kind: AnswerKind, question: string, text: string): number {
  switch (kind) {
    case 'time':
      return hasNew(time, question, text) ? 1 : hasNew(quantity, question, text) ? 0.5 : 0
    case 'quantity':
      return hasNew(quantity, question, text) ? 1 : 0
    case 'reason':
      return reason.test(text) ? 1 : 0
    case 'person':
    case 'place': {
      const asked = new Set(termsOf(question))
      return namesIn(`x ${text}`).some((name) => !asked.has(name)) ? 1 : 0
    }
    default:
      return 0.5
  }
}

/** What in a text may be what is asked for; undefined where rules can't tell. */
export function placesOf(kind: AnswerKind, question: string, text: string): readonly string[] | undefined {
  switch (kind) {
    case 'time':
      return newIn(time, question, text)
    case 'quantity':
      return newIn(quantity, question, text)
    case 'person':
    case 'place':
      return newIn(/\p{Lu}[\p{L}\p{M}\p{N}]+/gu, question, text)
    default:
      return undefined
  }
}

function hasNew(pattern: RegExp, question: string, text: string): boolean {
  return newIn(pattern, question, text).length > 0
}

/** What in a text has the form, and isn't in the question. */
function newIn(pattern: RegExp, question: string, text: string): readonly string[] {
  const asked = question.toLowerCase()
  return [...text.matchAll(pattern)].map(([found]) => found).filter((found) => !asked.includes(found.toLowerCase()))
}
