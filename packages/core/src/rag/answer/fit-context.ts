/** Cutting what was retrieved to what a prompt has room for. @module */
import { estimateTextTokens } from '../../language-model/token-estimate.ts'
import { termsOf } from '../../search/analysis.ts'
import type { Passage } from '../passage.ts'
import { sentencesOf } from './sentences.ts'

/** What a passage costs beside its content: its borders and its number. */
const perPassage = 40

/**
 * The passages that fit into the budget, in their order: whole ones as long as they fit; of the first one that doesn't, the run of whole
 * sentences around the one that has most of the question's words. A cut passage is a passage of its own: `content` is what its offsets
 * say.
 */
export function fitContext(passages: readonly Passage[], question: string, budgetTokens: number): readonly Passage[] {
  const fitting: Passage[] = []
  let left = budgetTokens
  for (const passage of passages) {
    const cost = costOf(passage)
    if (cost <= left) {
      fitting.push(passage)
      left -= cost
      continue
    }
    const room = left - perPassage - estimateTextTokens(passage.source)
    const piece = room > 0 ? cutPassage(passage, question, room) : undefined
    if (piece !== undefined) fitting.push(piece)
    break
  }
  return fitting
}

function costOf({ source, content }: Passage): number {
  return perPassage + estimateTextTokens(source) + estimateTextTokens(content)
}

function cutPassage(passage: Passage, question: string, room: number): Passage | undefined {
  const { content } = passage
  const sentences = sentencesOf(content)
  const asked = new Set(termsOf(question))
  const shared = sentences.map(
    ({ start, end }) => new Set(termsOf(content.slice(start, end)).filter((term) => asked.has(term))).size,
  )
  let first = shared.indexOf(Math.max(...shared))
  let last = first
  const fits = (from: number, to: number): boolean => {
    const start = sentences[from]?.start
    const end = sentences[to]?.end
    return start !== undefined && end !== undefined && estimateTextTokens(content.slice(start, end)) <= room
  }
  if (!fits(first, last)) return undefined
  for (;;) {
    if (fits(first, last + 1)) last++
    else if (fits(first - 1, last)) first--
    else break
  }
  const start = sentences[first]?.start ?? 0
  const end = sentences[last]?.end ?? content.length
  return { ...passage, content: content.slice(start, end), start: passage.start + start, end: passage.start + end }
}
