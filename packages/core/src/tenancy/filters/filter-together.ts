import { UnavailableError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { builtInDetectors } from './detectors/detectors.ts'
import { filterInTurns } from './filter-in-turns.ts'
import type { FilterSettings } from './filter-settings.ts'
import type { Direction } from './filter-stream.ts'
import { FilterTurns, turnCharacters } from './filter-turns.ts'
import type { Filtered, Match } from './matches.ts'
import { lastUpTo } from './ordered-places.ts'
import { scannersFor } from './scanners.ts'

/**
 * Filters texts that are read one after the other, such as the parts of a message: what is split over several of them is found, too,
 * whether it was cut within a word or between two. What it leaves of each stands where it stood. Costs up to three times what the texts
 * cost alone; the size is that of each.
 * @param turns those of the work that they are a part of, where there is more.
 * @throws UnavailableError `filter_failed`.
 */
export async function filterTogether(
  clock: Clock,
  texts: readonly string[],
  settings: FilterSettings,
  direction: Direction,
  turns: FilterTurns = new FilterTurns(clock),
): Promise<readonly Filtered[]> {
  const surroundings: Match[][] = texts.map(() => [])
  if (texts.length > 1)
    for (const separator of separators) {
      const spread = spreader(texts, separator.length, surroundings)
      const looked = separator === '' ? withoutInjection(settings, direction) : settings
      const matches = await findMatches(turns, texts.join(separator), looked, direction)
      for (const match of matches) spread(match)
    }
  const filtered: Filtered[] = []
  for (const [index, text] of texts.entries())
    filtered.push(await filterInTurns(clock, text, settings, direction, { surroundings: surroundings[index], turns }))
  return filtered
}

/** A number may be cut anywhere, a phrase between its words. */
const separators = ['', ' ']

/** It is the dear one, and a signal is made of words. */
function withoutInjection(settings: FilterSettings, direction: Direction): FilterSettings {
  const { prompt_injection: _, ...rules } = settings[direction]
  return { ...settings, [direction]: rules }
}

/** What gives each text its share of a match in all of them: the first one the mark. */
function spreader(texts: readonly string[], between: number, shares: readonly Match[][]): (match: Match) => void {
  const starts: number[] = []
  let length = 0
  for (const text of texts) {
    starts.push(length)
    length += text.length + between
  }
  return (match) => {
    let counted = match.rest !== undefined
    for (let index = lastUpTo(starts, match.start); index < starts.length; index++) {
      const from = starts[index] ?? 0
      if (from >= match.end) return
      const start = Math.max(0, match.start - from)
      const end = Math.min((starts[index + 1] ?? length) - between - from, match.end - from)
      if (start >= end) continue
      shares[index]?.push({ kind: match.kind, start, end, ...(counted ? { rest: true } : {}) })
      counted = true
    }
  }
}

async function findMatches(turns: FilterTurns, text: string, settings: FilterSettings, direction: Direction): Promise<Match[]> {
  const scanners = scannersFor(settings, direction, builtInDetectors).map(({ scanner }) => scanner)
  const found: Match[] = []
  try {
    for (let at = 0; at < text.length; at += turnCharacters) {
      const piece = text.slice(at, at + turnCharacters)
      await turns.before(piece.length)
      for (const scanner of scanners) {
        scanner.push(piece)
        for (const match of scanner.take()) found.push(match)
      }
    }
    for (const scanner of scanners) {
      scanner.end()
      for (const match of scanner.take()) found.push(match)
    }
  } catch (cause) {
    throw new UnavailableError('filter_failed', 'A filter of this tenant failed; nothing was let through.', { cause })
  }
  return found
}
