import { type DocumentChunk, estimateTextTokens } from '@plinth/core'

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** What holds of the chunks of every document; empty when all of it does. */
export function faultsOf(text: string, chunks: readonly DocumentChunk[], budget = 256): readonly string[] {
  const faults: string[] = []
  const covered = new Uint8Array(text.length)
  const starts = new Set<number>([text.length])
  for (const { index } of graphemes.segment(text)) starts.add(index)
  let before = -1
  for (const { start, end } of chunks) {
    if (!(start >= 0 && start < end && end <= text.length)) faults.push(`no stretch: ${start}–${end}`)
    if (start <= before) faults.push(`out of order: ${start} behind ${before}`)
    before = start
    covered.fill(1, start, end)
    if (estimateTextTokens(text.slice(start, end)) > budget) faults.push(`over the budget: ${start}–${end}`)
    for (const edge of [start, end]) {
      if (!starts.has(edge) && !isAmongMarks(text, edge, budget)) faults.push(`cuts a character: ${edge}`)
    }
  }
  for (const { index } of text.matchAll(/\S/g)) if (!covered[index]) faults.push(`left out: ${index}`)
  return faults
}

/** Within a single character that is longer than the budget; but never between the halves of a pair. */
function isAmongMarks(text: string, edge: number, budget: number): boolean {
  const around = graphemes.segment(text).containing(edge)
  const halves = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(edge - 1, edge + 1))
  return around !== undefined && !halves && estimateTextTokens(around.segment) > budget
}
