/** What is asked of a thing, and the words and units by which texts say it. @module */
import { namingTerms } from '../../../rag/answer/question.ts'
import { termsOf } from '../../../search/analysis.ts'
import { hasSome } from './term-sets.ts'

/** Words that mean what an aspect does, and units in which it is counted. */
interface Group {
  readonly terms: ReadonlySet<string>
  /** In which it may be counted. */
  readonly units: ReadonlySet<string>
  /** Whether such a unit says by itself that it is meant: kilograms are a weight, but days may be a warranty or a delivery. */
  readonly isTold: boolean
}

const time = 'second minute hour day week month year'
const money = 'euro dollar pound franc yen'
const words: readonly (readonly [string, string, boolean?])[] = [
  ['price cost costs costing fee charge tariff priced pay pays expensive cheap', `${money} pound-sterling`, true],
  ['revenue sales turnover income earnings', money],
  ['budget spending expenditure', money],
  ['salary wage pay', money],
  ['weight weigh weighs mass heavy', 'kg g mg t lb', true],
  ['height tall high height', 'm cm mm km foot feet inch'],
  ['length long', 'm cm mm km foot feet inch mile'],
  ['width wide', 'm cm mm foot inch'],
  ['depth deep', 'm cm mm foot inch'],
  ['distance far', 'm km mile'],
  ['area', 'hectare acre', true],
  ['speed fast velocity', ''],
  ['power output', 'kw w', true],
  ['duration long lasted last took downtime outage', time, true],
  ['warranty guarantee guaranteed', time],
  ['interval every frequency often', time],
  ['notice terminate termination cancel cancellation', time],
  ['response respond answer reply', time],
  ['delivery deliver delivered', time],
  ['payment payable paid due invoice', ''],
  ['age old', 'year month'],
  ['cause caused because reason due root', ''],
  ['start begin begins commence effective started began', ''],
  ['end ends expire expires expiry run', ''],
  ['employee staff headcount people worker', ''],
  ['population inhabitant people', ''],
  ['liability liable cap capped', money],
  ['owner own owned', ''],
  ['location located place', ''],
  ['builder built build constructed', ''],
  ['maintenance service serviced servicing upkeep', ''],
  ['share percentage percent rate', '%', true],
  ['failed failure fail lost', ''],
  ['use purpose for used', ''],
]
const groups: readonly Group[] = words.map(([some, units, isTold = false]) => ({
  isTold,
  terms: new Set(termsOf(some)),
  units: new Set(
    units
      .split(' ')
      .filter(Boolean)
      .map((unit) => unit.replace('-', ' ')),
  ),
}))

/** Words that say of what kind an answer is, and hardly what about. */
const generic: ReadonlySet<string> = new Set([
  ...namingTerms,
  ...termsOf('period value level date total average mean sum combined overall figure rating list current maximum minimum detail'),
])

interface AspectTerm {
  readonly term: string
  readonly weight: number
  readonly others: ReadonlySet<string>
  readonly units: ReadonlySet<string>
  /** Those of them that say by themselves that it is meant. */
  readonly telling: ReadonlySet<string>
}

export interface Aspect {
  /** As it was asked. */
  readonly text: string
  readonly terms: readonly AspectTerm[]
  /** Of a phrase the term that it is about, as "output" of "heating output"; what doesn't say that says something else. */
  readonly head?: string | undefined
  /** Units of which one is expected; empty: any, or none. */
  readonly units: ReadonlySet<string>
}

const mostWithoutHead = 0.4

/** @param text such as "the monthly fee"; a question may stand for what it asks, which is no phrase. */
export function aspectOf(text: string, isPhrase = true): Aspect {
  const terms = [...new Set(termsOf(text))].map((term): AspectTerm => {
    const own = groups.filter(({ terms: words }) => words.has(term))
    return {
      term,
      weight: generic.has(term) ? 0.3 : 1,
      others: new Set(own.flatMap(({ terms: words }) => [...words])),
      units: new Set(own.flatMap(({ units }) => [...units])),
      telling: new Set(own.flatMap(({ units, isTold }) => (isTold ? [...units] : []))),
    }
  })
  return {
    text: text.replace(/^(?:the|an?)\s+/i, '').replace(/^(?:total|average|mean|combined|overall)\s+(?=\p{L})/iu, ''),
    terms,
    ...(isPhrase ? { head: terms.findLast(({ weight }) => weight === 1)?.term } : {}),
    units: new Set(terms.flatMap(({ units }) => [...units])),
  }
}

/** How well words and units say something of an aspect: 0 to 1. */
export function fitOfAspect({ terms, head }: Aspect, said: ReadonlySet<string>, units: ReadonlySet<string>): number {
  let total = 0
  let found = 0
  let hasHead = head === undefined
  for (const { term, weight, others, telling } of terms) {
    total += weight
    const isTold = (): boolean => hasSome(units, telling) && !saysOther(others, said, units)
    const own = said.has(term) ? 1 : hasSome(said, others) ? 0.9 : isTold() ? 0.7 : 0
    found += weight * own
    hasHead ||= term === head && own > 0
  }
  const fit = total === 0 ? 0 : found / total
  return hasHead ? fit : Math.min(fit, mostWithoutHead)
}

/** Whether it names something else that is counted in the same unit: "a budget of 50 euros" is no price. */
function saysOther(own: ReadonlySet<string>, said: ReadonlySet<string>, units: ReadonlySet<string>): boolean {
  return groups.some(({ terms, units: its }) => hasSome(units, its) && hasSome(said, terms) && !hasSome(own, terms))
}
