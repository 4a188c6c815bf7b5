import type { LogisticWeights } from './confidence.ts'

/**
 * Made by scripts/calibrate.mjs, which says how; don't edit. From so many questions and claims of SQuAD 2.0 (CC BY-SA 4.0) and SciFact
 * (CC BY 4.0), none of which is part of Plinth: 1299 answerable, 1529 adversarial, 809 off topic, 809 claim, 650 off topic of claims.
 * The probability is about a population in which half of what is asked has an answer, a quarter only looks as if it had one, and a
 * quarter is about something else.
 */
export const confidenceWeights: {
  /** Whether what was found is about the question. */
  readonly related: LogisticWeights
  /** Whether it holds the answer, when it is. */
  readonly answered: LogisticWeights
  /** Below this probability of being related no model is asked: one in 1000 questions with an answer lies there. */
  readonly floor: number
} = {
  related: {
    bias: -4.274,
    lexical: 7.138,
    passage: 4.941,
    window: 3.759,
    pairs: 3.478,
    agreement: 3.856,
  },
  answered: {
    bias: -0.774,
    missing: -0.566,
    names: 0.309,
    numbers: 1.327,
    denial: -3.26,
    opposite: -2.06,
    fit: 0.642,
  },
  floor: 0.149,
}
