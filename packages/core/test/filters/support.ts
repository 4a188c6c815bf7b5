import type { Timer } from '../../src/ports/clock.ts'
import type { FilterAction, FilterKind, FilterRules, FilterSettings } from '../../src/tenancy/filters/filter-settings.ts'
import { type Direction, FilterStream } from '../../src/tenancy/filters/filter-stream.ts'
import type { Filtered } from '../../src/tenancy/filters/matches.ts'
import { FakeClock } from '../../src/testing/index.ts'

/** Settings with the same rules in both directions. */
export function settings(rules: FilterRules, more: Partial<FilterSettings> = {}): FilterSettings {
  return { input: rules, output: rules, deny_list: [], ...more }
}

export function rulesFor(action: FilterAction, kinds: readonly FilterKind[]): FilterRules {
  return Object.fromEntries(kinds.map((kind) => [kind, action]))
}

export interface Streamed extends Filtered {
  /** What each push and the end gave. */
  readonly given: readonly string[]
}

/** The text through a stream, in the parts that end at these places. */
export function streamed(text: string, set: FilterSettings, ends: readonly number[], direction: Direction = 'output'): Streamed {
  const stream = new FilterStream(set, direction)
  const given: string[] = []
  let at = 0
  for (const end of [...ends].sort((one, other) => one - other)) {
    if (end <= at) continue
    given.push(stream.push(text.slice(at, end)))
    at = end
  }
  given.push(stream.push(text.slice(at)), stream.end())
  const { blocked, findings } = stream
  return { text: given.join(''), findings, given, ...(blocked === undefined ? {} : { blocked }) }
}

export const everyPlace = (text: string): readonly number[] => Array.from({ length: text.length }, (_, index) => index + 1)

/** Counts how often somebody else has a turn. */
class CountingClock extends FakeClock {
  turns = 0

  override setTimer(delay: number, run: () => void): Timer {
    this.turns++
    return super.setTimer(delay, run)
  }
}

/** Does work on texts, and lets others have their turns. */
export async function inTurns<Result>(
  work: (clock: FakeClock) => Promise<Result>,
): Promise<{ readonly result: Result; readonly turns: number }> {
  const clock = new CountingClock()
  let done = false
  const working = work(clock).finally(() => {
    done = true
  })
  while (!done) await clock.advance(0)
  return { result: await working, turns: clock.turns }
}
