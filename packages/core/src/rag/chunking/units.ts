/** What is put into chunks whole: a block that fits, or a sentence, a line, a run of words of one that doesn't. @module */
import type { Block } from './block.ts'
import { characterStart, costOf, isSpace, joinsPrevious, skipSpace, trimEnd } from './characters.ts'
import { nextSentence } from './sentences.ts'

/** Neither begins nor ends with white space; costs at most the budget. */
export interface Unit {
  readonly start: number
  readonly end: number
  readonly cost: number
}

/** Cuts a block into units that cost at most `budget` thirds of a token each. */
export function* unitsOf(text: string, block: Block, budget: number): Generator<Unit> {
  const whole = costWithin(text, block.start, block.end, budget)
  if (whole <= budget) return yield { start: block.start, end: block.end, cost: whole }
  const next = block.kind === 'prose' ? nextSentence : nextLine
  let far = block.start
  let limit = block.start
  for (let at = block.start; at < block.end; ) {
    let end = next(text, at, limit)
    if (end >= limit) {
      // No end comes in sight of what is known to fit: look as far as the budget goes, and no further.
      far = reach(text, at, block.end, budget)
      limit = Math.min(block.end, skipSpace(text, far, block.end) + 1)
      end = next(text, at, limit)
      if (end >= limit && trimEnd(text, at, block.end) > far) end = wordEnd(text, at, far)
    }
    const trimmed = trimEnd(text, at, end)
    yield { start: at, end: trimmed, cost: costWithin(text, at, trimmed, budget) }
    at = skipSpace(text, end, block.end)
  }
}

/** What a stretch costs; some number above `most` where that is more. */
export function costWithin(text: string, start: number, end: number, most: number): number {
  let cost = 0
  for (let at = start; at < end && cost <= most; at++) cost += costOf(text.charCodeAt(at))
  return cost
}

/** How far a stretch from `start` can go for that cost. */
function reach(text: string, start: number, end: number, budget: number): number {
  let left = budget
  for (let at = start; at < end; at++) {
    left -= costOf(text.charCodeAt(at))
    if (left < 0) return at
  }
  return end
}

function nextLine(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 0x0a) return skipSpace(text, at, to)
  return to
}

/** The end of the last word before `far`; within a word of that length, of a character. */
function wordEnd(text: string, start: number, far: number): number {
  if (isSpace(text.charCodeAt(far)) && !joinsPrevious(text, far + 1)) return far
  for (let at = far - 1; at > start; at--) {
    if (isSpace(text.charCodeAt(at)) && !joinsPrevious(text, at + 1)) return at + 1
  }
  return characterStart(text, start, far)
}
