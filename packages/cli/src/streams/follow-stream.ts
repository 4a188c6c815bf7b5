import { setTimeout as pause } from 'node:timers/promises'
import { PlinthError } from '@plinth/core'
import type { Client } from '../client.ts'
import { type ReceivedEvent, serverEvents } from '../server-events.ts'

/** Five minutes: who watches a stream is in no hurry to leave it. */
const mostBreaks = 400
const pauseMilliseconds = 750

/**
 * What happens in a stream, from now on and for ever. A stream of events that breaks off is taken up where it was: servers end one after
 * ten minutes, and when they restart.
 * @param path of its events.
 * @throws PlinthError `interrupted` when no server has answered for five minutes.
 */
export async function* followStream(
  client: Pick<Client, 'stream'>,
  path: string,
  wait: number = pauseMilliseconds,
): AsyncGenerator<ReceivedEvent> {
  let last: string | undefined
  for (let breaks = 0; breaks < mostBreaks; breaks++) {
    if (breaks > 0) await pause(wait)
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last }
      const bytes = await client.stream(path, { type: 'text/event-stream', headers })
      breaks = 0
      for await (const event of serverEvents(bytes)) {
        last = event.id ?? last
        yield event
      }
    } catch (error) {
      // What the server refuses won't go better; anything else is the connection's.
      if (PlinthError.is(error) && !error.retryable) throw error
    }
  }
  throw new PlinthError('interrupted', 'The server no longer answers.', true)
}
