import type { OcrPage } from '@plinth/core/reading'
import type { Line } from './line.ts'

/** Lines that were seen, as lines of a page: upwards is more. */
export function seenLines({ lines }: OcrPage): Line[] {
  return lines
    .filter((words) => words.length > 0)
    .map((words) => {
      const bottom = words.reduce((most, { y1 }) => Math.max(most, y1), 0)
      const top = words.reduce((least, { y0 }) => Math.min(least, y0), bottom)
      const [first] = words
      return {
        cells: [{ text: words.map(({ text }) => text).join(' '), x0: first?.x0 ?? 0, x1: words.at(-1)?.x1 ?? 0 }],
        baseline: -bottom,
        // Lines of one type are of the same height, whether or not a letter of theirs goes up or down.
        height: Math.max(8, Math.round((bottom - top) / 8) * 8),
      }
    })
}
