import { InvalidInputError } from '../../errors.ts'
import { type BootstrapOptions, type Interval, meanInterval, pairedDifference, seededRandom } from './bootstrap.ts'

export interface TuneOptions<Question, Setting> extends BootstrapOptions {
  readonly questions: readonly Question[]
  /** What may be chosen. */
  readonly settings: readonly Setting[]
  /** What is used now, and what a choice has to beat. */
  readonly current: Setting
  /** How well a setting does for a question; higher is better. Called once for each pair. */
  readonly measure: (question: Question, setting: Setting) => number
  /** 5 where it is left out; at most as many as there are questions. */
  readonly folds?: number
}

export interface Tuned<Setting> {
  /** Best over all questions; of equals the first. */
  readonly chosen: Setting
  readonly settings: readonly { readonly setting: Setting; readonly score: Interval }[]
  /**
   * What to expect on questions that weren't seen: each fold is measured with what the other folds would choose. The score of `chosen` on
   * the questions that chose it is too good by nature.
   */
  readonly expected: Interval
  /** The same against `current`, question by question. Change nothing unless `low` is above 0. */
  readonly gain: Interval
}

/**
 * Picks a setting by measurement and says what it is worth, by cross-validation.
 * @throws InvalidInputError with fewer than two questions or without settings.
 */
export function tune<Question, Setting>(options: TuneOptions<Question, Setting>): Tuned<Setting> {
  const { questions, settings, current, measure, folds = 5, seed = 1 } = options
  if (questions.length < 2)
    throw new InvalidInputError('Tuning needs two questions at least, and means something from about fifty.')
  const scores = settings.map((setting) => questions.map((question) => measure(question, setting)))
  const all = questions.map((_, index) => index)
  const chosen = settings[best(scores, all)]
  if (chosen === undefined) throw new InvalidInputError('Tuning needs settings to choose from.')
  const foldOf = assignFolds(questions.length, Math.min(Math.max(2, folds), questions.length), seed)
  const choices = [...new Set(foldOf)].map((fold) => ({
    fold,
    setting: best(
      scores,
      all.filter((index) => foldOf[index] !== fold),
    ),
  }))
  const choiceOf = new Map(choices.map(({ fold, setting }) => [fold, setting]))
  const heldOut = all.map((index) => scores[choiceOf.get(foldOf[index] ?? 0) ?? 0]?.[index] ?? 0)
  const now = questions.map((question) => measure(question, current))
  return {
    chosen,
    settings: settings.map((setting, index) => ({ setting, score: meanInterval(scores[index] ?? [], options) })),
    expected: meanInterval(heldOut, options),
    gain: pairedDifference(heldOut, now, options),
  }
}

function best(scores: readonly (readonly number[])[], questions: readonly number[]): number {
  let found = 0
  let most = Number.NEGATIVE_INFINITY
  for (const [index, row] of scores.entries()) {
    const sum = questions.reduce((total, question) => total + (row[question] ?? 0), 0)
    // Sums of the same values in another order differ in their last digits.
    if (sum > most + 1e-9) {
      most = sum
      found = index
    }
  }
  return found
}

/** Folds of equal size, in an order that the seed shuffles: neighbours in a file are often about the same document. */
function assignFolds(questions: number, folds: number, seed: number): number[] {
  const random = seededRandom(seed)
  const keys = Array.from({ length: questions }, () => random())
  const order = keys.map((_, index) => index).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0))
  const foldOf = new Array<number>(questions).fill(0)
  for (const [place, question] of order.entries()) foldOf[question] = place % folds
  return foldOf
}
