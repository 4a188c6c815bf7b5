import { untilNextLook } from '../define/look-again.ts'
import type { ServerEvent } from '../define/route.ts'
import { InvalidInputError } from '../errors.ts'
import { envelope } from '../ports/event-bus.ts'
import type { Uses } from '../scope/scope.ts'

const eventsAtATime = 100

/** The tenant's events from behind a sequence, as they come. */
export async function* followEvents(
  scope: Uses<'state'>,
  after: number,
  type: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for (let seen = after; !signal.aborted; ) {
    const found = await scope.state.events({ after: seen, limit: eventsAtATime, ...(type === undefined ? {} : { type }) })
    for (const event of found) {
      seen = event.sequence
      yield { id: event.sequence, event: event.type, data: envelope(event) }
    }
    if (found.length < eventsAtATime) await untilNextLook(scope, signal)
  }
}

/**
 * Where to go on for a follower that was last told of a sequence.
 * @throws InvalidInputError for one that the log doesn't reach, as after a restore of an older backup: who waited for what comes
 * behind it would miss everything until then, and never know.
 */
export async function resumeAfter(scope: Uses<'state'>, sequence: number): Promise<number> {
  if (sequence === 0 || (await scope.state.events({ after: sequence - 1, limit: 1 })).length > 0) return sequence
  throw new InvalidInputError('Is ahead of the log; begin anew, without it.', { field: 'Last-Event-ID' })
}
