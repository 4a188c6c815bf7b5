import { setTimeout as pause } from 'node:timers/promises'
import { PlinthError } from '@plinth/core'
import type { Client } from '../client.ts'
import { type ReceivedEvent, serverEvents } from '../server-events.ts'
import { workflowPath } from './path.ts'

const mostBreaks = 40
const pauseMilliseconds = 750

/**
 * What happens in a workflow until it ends. A stream that breaks off is taken up where it was: servers end one after ten minutes, and when
 * they restart.
 * @throws PlinthError `interrupted` when no server has answered for half a minute.
 */
export async function* followEvents(
  client: Pick<Client, 'stream'>,
  id: string,
  wait: number = pauseMilliseconds,
): AsyncGenerator<ReceivedEvent> {
  const path = workflowPath(id, '/events')
  let last: string | undefined
  for (let breaks = 0; breaks < mostBreaks; breaks++) {
    if (breaks > 0) await pause(wait)
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last }
      const bytes = await client.stream(path, { type: 'text/event-stream', headers })
      for await (const event of serverEvents(bytes)) {
        last = event.id ?? last
        breaks = 0
        yield event
        if (event.event === 'done' || event.event === 'error') return
      }
    } catch (error) {
      // What the server refuses won't go better; anything else is the connection's.
      if (PlinthError.is(error) && !error.retryable) throw error
    }
  }
  throw new PlinthError(
    'interrupted',
    `The server no longer answers. To see how it goes on: plinth workflows get ${id} --follow`,
    true,
  )
}
