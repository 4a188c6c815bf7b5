import type { StateStore } from '../../src/index.ts'
import type { Clock } from '../../src/ports/clock.ts'

/** The same time on a clock of its own, as another process has: caches belong to a clock. */
export function anotherClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    random: () => clock.random(),
    randomBytes: (length) => clock.randomBytes(length),
    setTimer: (delay, run) => clock.setTimer(delay, run),
  }
}

/** The same store with another way to commit. */
export function committingBy(state: StateStore, commit: StateStore['commit']): StateStore {
  return {
    get: (...parts) => state.get(...parts),
    read: (...parts) => state.read(...parts),
    list: (...parts) => state.list(...parts),
    events: (...parts) => state.events(...parts),
    add: (...parts) => state.add(...parts),
    commit,
  }
}
