import type { OcrPage, OcrWord } from '@plinth/core/reading'
import type { Line } from './line.ts'

/** How far letters go up and down from the baseline, in sizes of the type: about so in Liberation Sans, and in most type near it. */
const low = 0.53
const tall = 0.73
const below = 0.21
const commaBelow = 0.14

const onlyLow = /^[acegmnopqrsuvwxyzç.,:;…·~–—-]+$/
/** In slanted type an f as well: of a whole line the other words tell. */
const goesBelow = /[gjpqyçQ()[\]{}|]/
const comma = /[,;]/
const readable = /[\p{L}\p{N}]/u

/** As much do lines of one type differ, by the letters that they happen to have. */
const sameType = 0.2

/** Lines that were seen, as lines of a page: upwards is more. */
export function seenLines({ lines }: OcrPage): Line[] {
  const seen = lines.filter((words) => words.length > 0).map(lineOf)
  const heights = seen.flatMap(({ cells, height }) => cells.flatMap(({ text }) => Array.from(text, () => height)))
  // Of most letters; not between two, which would be the size of none.
  const body = heights.sort((one, other) => one - other)[heights.length >> 1] ?? 0
  return seen.map((line) => (Math.abs(line.height - body) <= sameType * body ? { ...line, height: body } : line))
}

/** A box is as high as the letters in it: those tell the size of the type, and where the baseline is. */
function lineOf(words: readonly OcrWord[]): Line {
  const telling = words.filter(({ text }) => readable.test(text))
  const measured = telling.length > 0 ? telling : words
  const size = median(measured.map(({ text, y0, y1 }) => (y1 - y0) / (topOf(text) + bottomOf(text))))
  return {
    cells: [{ text: words.map(({ text }) => text).join(' '), x0: words[0]?.x0 ?? 0, x1: words.at(-1)?.x1 ?? 0 }],
    baseline: -median(measured.map(({ text, y1 }) => y1 - bottomOf(text) * size)),
    height: Math.max(1, size),
  }
}

function topOf(text: string): number {
  return onlyLow.test(text) ? low : tall
}

function bottomOf(text: string): number {
  if (goesBelow.test(text)) return below
  return comma.test(text) ? commaBelow : 0
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
