/** Lower case, without punctuation and articles, one blank between words: as SQuAD's own evaluation compares answers. */
export function normaliseAnswer(text: string): string {
  return text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ')
}

/** Whether the answer is one of the right ones. No right answers: whether nothing was answered, as SQuAD 2.0 counts abstention. */
export function exactMatch(answer: string, right: readonly string[]): number {
  const said = normaliseAnswer(answer)
  return rightAnswers(right).some((one) => normaliseAnswer(one) === said) ? 1 : 0
}

/** The harmonic mean of precision and recall of words, with the right answer that fits best. 0–1; abstention as in {@link exactMatch}. */
export function answerOverlap(answer: string, right: readonly string[]): number {
  const said = words(answer)
  return Math.max(...rightAnswers(right).map((one) => overlap(said, words(one))))
}

function rightAnswers(right: readonly string[]): readonly string[] {
  const some = right.filter((one) => normaliseAnswer(one) !== '')
  return some.length === 0 ? [''] : some
}

function overlap(said: readonly string[], right: readonly string[]): number {
  if (said.length === 0 || right.length === 0) return said.length === right.length ? 1 : 0
  const left = new Map<string, number>()
  for (const word of right) left.set(word, (left.get(word) ?? 0) + 1)
  let common = 0
  for (const word of said) {
    const count = left.get(word) ?? 0
    if (count > 0) common++
    left.set(word, count - 1)
  }
  return (2 * common) / (said.length + right.length)
}

function words(text: string): string[] {
  return normaliseAnswer(text)
    .split(' ')
    .filter((word) => word !== '')
}
