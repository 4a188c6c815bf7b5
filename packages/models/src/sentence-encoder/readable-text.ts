/** The model reads 128 pieces of words, of which the longest have some 12 characters. What its tokeniser does grows with the square. */
export const mostRead = 2_000

/**
 * What of a text the model gets: the beginning, in one form of each character, with one blank for white space of any kind, as the model
 * knows no other. Never empty, since the model fails on nothing.
 */
export function readableText(text: string): string {
  const plain = text
    .trimStart()
    // Some characters fold into more, and composing takes several for one; white space shrinks.
    .slice(0, mostRead * 4)
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, mostRead)
    .toWellFormed()
  return plain === '' ? ' ' : plain
}
