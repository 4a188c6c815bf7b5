import type { ModelEntry } from '../language-model/catalogue.ts'
import { inField } from '../read-input.ts'
import { type Change, changesOf } from './changes.ts'
import { type Composition, composePatterns } from './composition.ts'
import { type Cost, divideCost } from './cost/cost.ts'
import { type CostParts, scenarios } from './cost/cost-line.ts'
import { estimateCost } from './cost/estimate.ts'
import { priceLines } from './cost/priced-lines.ts'
import { callsOf, inputOf, secondsOf } from './cost/request-lines.ts'
import { sensitivityOf } from './cost/sensitivity.ts'
import { incidentCalls, incidents } from './cost/stream-lines.ts'
import { variantsOf } from './cost/variants.ts'
import { type Flag, flagsOf } from './flags.ts'
import type { GivenPrices } from './given-prices.ts'
import { priceList, type ShownPrice } from './price-list.ts'
import { type Answers, type Assumption, completeProfile, type Profile } from './profile.ts'
import { minutesMonth, outputWeight, type Quota, quotaFor } from './quota.ts'
import { type Risk, risksFor } from './risks/risks-for.ts'
import type { RoadmapPhase } from './roadmap/roadmap.ts'
import { roadmapFor } from './roadmap/roadmap-for.ts'
import { rankPatterns, type Score } from './scores.ts'
import { priceRegion } from './service-prices.ts'
import { usualModel } from './usual-model.ts'

/** What somebody is told before they build. */
export interface Advice {
  /** All five, the best first, each with its row of the decision matrix. */
  readonly ranking: readonly Score[]
  readonly composition: Composition
  /** What would change the answer; the smallest change first. */
  readonly changes: readonly Change[]
  readonly cost: Cost
  readonly quota: Quota
  readonly risks: readonly Risk[]
  readonly roadmap: readonly RoadmapPhase[]
  /** What was taken for answers that were left out. */
  readonly assumptions: readonly Assumption[]
  /** Answers to look at again. */
  readonly flags: readonly Flag[]
  /** All prices that the cost rests on. */
  readonly prices: readonly ShownPrice[]
  /** What the figures are, and are not. */
  readonly notes: readonly string[]
  readonly profile: Profile
}

export interface AdviseOptions {
  /** Milliseconds UTC: prices are old by it. */
  readonly today: number
  /** The catalogue's entry of a language model or of an embedding model. @throws InvalidInputError for an id that it hasn't. */
  readonly findModel: (id: string, kind: 'language' | 'embedding') => ModelEntry
  /** The catalogue, in which a smaller model is looked for. */
  readonly entries: readonly ModelEntry[]
  readonly prices?: GivenPrices
}

const embeddingModel = 'amazon.titan-embed-text-v2:0'
const usual = { model: usualModel, region: priceRegion }

const notes: readonly string[] = [
  'Costs are those of AWS, also where Plinth runs embedded: there nothing is paid but the machine, and a model that is asked elsewhere.',
  `Prices are list prices of ${priceRegion} in US dollars, without free tiers, discounts, taxes and support, unless others were given; other regions cost up to some tens of percent more.`,
  'Sensitivity holds the patterns as they are, and changes one answer at a time.',
]

/**
 * Which patterns fit, what they cost a month on AWS and why, and what breaks first. The same answers give the same advice.
 * @throws InvalidInputError whose field begins with `profile` for a model that the catalogue hasn't and for answers that contradict each
 * other, with `prices` for a model's price.
 */
export function advise(answers: Answers, options: AdviseOptions): Advice {
  const { findModel, entries, today } = options
  const { profile, assumptions } = inField('profile', () => completeProfile(answers, usual))
  const model = inField('profile', () => findModel(profile.model_id, 'language'))
  const embedding = findModel(embeddingModel, 'embedding')
  const anyModel = (id: string): ModelEntry =>
    entries.find((entry) => entry.id === id && entry.kind === 'embedding') ?? findModel(id, 'language')
  const list = inField('prices', () => priceList(options.prices ?? {}, { today, findModel: anyModel }))
  const ranking = rankPatterns(profile)
  const composition = composePatterns(ranking, profile)
  const { primary, secondary } = composition
  const patterns = primary === 'none' ? [] : [primary, ...secondary]
  const parts = { profile, patterns, usd: list.usd, model: list.tokens(model), embedding: list.tokens(embedding) }
  const likelyParts: CostParts = { ...parts, scenario: scenarios.likely }
  const estimate = estimateCost(parts)
  const complete = (others: Answers): Profile => completeProfile(others, usual).profile
  const { lines, prices } = priceLines(likelyParts, list, { model, embedding })
  const cost: Cost = {
    ...divideCost(profile, estimate, lines),
    sensitivity: sensitivityOf(
      { answers, profile, likely: estimate.likely },
      (others) => estimateCost({ ...parts, profile: complete(others) }).likely,
    ),
    variants: variantsOf({ parts, model, entries, tokens: list.tokens }),
  }
  const quota = quotaFor(profile, {
    calls: callsOf(likelyParts),
    inputTokens: inputOf(likelyParts),
    seconds: secondsOf(likelyParts),
    outputWeight: outputWeight(model.id),
    stream: {
      calls: incidentCalls(likelyParts) / minutesMonth,
      inputTokens: incidents.input,
      outputTokens: incidents.output,
    },
  })
  const facts = { profile, composition, quota, cost }
  return {
    ...{ ranking, composition, changes: changesOf({ answers, profile, primary }, complete) },
    ...{ cost, quota, risks: risksFor(facts), roadmap: roadmapFor(facts), assumptions },
    ...{ flags: flagsOf(profile, model), prices, notes, profile },
  }
}
