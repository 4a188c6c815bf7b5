import type { ModelEntry } from '../language-model/catalogue.ts'

/** How long a call lasts, as a lognormal distribution: what is taken to be true of a model that nothing was measured of. */
export interface Guess {
  /** Natural logarithm of the median, milliseconds. */
  readonly logMedian: number
  /** Standard deviation of the logarithm. */
  readonly sigma: number
  /** The part of the workers that can work at a time: 1, but for models that share this process's processor. */
  readonly part: number
}

/** Half of the answers are shorter: LMSYS-Chat-1M has 215 tokens on average (Zheng et al., ICLR 2024, table 1), with a long tail. */
const usualTokens = 200
/** Until the first token, milliseconds: between 0.3 and 1 s for the models of the catalogue (sources as below). */
const firstToken = 500
/** An own server of unknown size, tokens a second. */
const ownServerSpeed = 50
/** Of a provider that nothing is known of: nine in ten within 2 seconds. */
const unknownMedian = 2_000 / Math.exp(1.2816 * 0.6)
/** Answers differ in length by a factor of about 2 to 4 between the tenth and the ninetieth percentile, and so do their times. */
const remote = 0.6
/** In this process, measured on two cores: a call and the commit of its end, of which about eight get on at a time. */
const inProcess: Guess = { logMedian: Math.log(5), sigma: 0.8, part: 1 / 8 }

/**
 * The first guess for a model, before anything was measured.
 *
 * Speed goes by price, which stands for size: 200 p^-0.32 tokens a second at p USD per million output tokens. That is within a third
 * of what was published for Nova Micro (300), Nova 2 Lite (200), Claude Haiku 4.5 (165), Sonnet (100) and Opus (55): benchmark
 * report of Bedrock's models at aiperf.ghast.people.aws.dev, and learn.cloudbuckle.com, latency factors, both read in 2026.
 *
 * @param entry of the model that answers; absent: unknown.
 * @param maxTokens the most that it may answer.
 */
export function guessOf(entry: Pick<ModelEntry, 'provider' | 'price'> | undefined, maxTokens: number): Guess {
  if (entry?.provider === 'local' || entry?.provider === 'scripted') return inProcess
  if (entry?.provider !== 'bedrock' && entry?.provider !== 'openai-compatible')
    return { logMedian: Math.log(unknownMedian), sigma: remote, part: 1 }
  const speed = entry.price.output > 0 ? 200 * entry.price.output ** -0.32 : ownServerSpeed
  const median = firstToken + (1000 * Math.min(usualTokens, maxTokens)) / speed
  return { logMedian: Math.log(median), sigma: remote, part: 1 }
}
