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
    bias: -4.129,
    lexical: 8.058,
    passage: 4.343,
    window: 3.934,
    pairs: 3.517,
  },
  answered: {
    bias: -1.568,
    sentence: 0.876,
    names: 0.235,
    numbers: 1.403,
    denial: -3.104,
    opposite: -1.661,
    singled: -0.309,
    fit: 0.426,
  },
  floor: 0.127,
}
