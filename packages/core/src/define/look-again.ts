import { sleep } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'

/** How often whoever follows something looks whether there is more, milliseconds. */
const every = 250

/** Waits until a follower is to look again; ends early, and without an error, when the follower is gone. */
export function untilNextLook({ clock }: Uses<never>, signal: AbortSignal): Promise<void> {
  return sleep(clock, every, signal).catch(() => {})
}
