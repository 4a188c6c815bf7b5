import { mostRead } from './readable-text.ts'

/** More in a batch cost as much each. */
const mostTexts = 8
/**
 * Texts of more than some twenty words cost as much alone as together, and whoever asks next waits for the batch: so together they have no
 * more characters than one text that the model reads to its end, which takes a tenth of a second or two.
 */
const mostCharacters = 600

/** The texts' indices in batches of like lengths, since the model fills up all of a batch to its longest. */
export function batchesOf(texts: readonly string[]): readonly (readonly number[])[] {
  const lengthAt = (index: number): number => Math.min(mostRead, texts[index]?.length ?? 0)
  const batches: number[][] = []
  let room = 0
  for (const index of [...texts.keys()].sort((one, other) => lengthAt(one) - lengthAt(other))) {
    const batch = batches.at(-1)
    const length = lengthAt(index)
    if (batch !== undefined && batch.length < mostTexts && length <= room) {
      batch.push(index)
      room -= length
    } else {
      batches.push([index])
      room = mostCharacters - length
    }
  }
  return batches
}
