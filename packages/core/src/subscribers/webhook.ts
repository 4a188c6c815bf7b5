import { envelope } from '../ports/event-bus.ts'
import { OutboundError } from '../ports/outbound.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Uses } from '../scope/scope.ts'
import type { Attempted } from './delivery.ts'
import type { Fault } from './records.ts'
import { retryAfterOf } from './retry-schedule.ts'
import { type SigningSecrets, signedHeaders } from './signing.ts'

const timeout = 15_000
/** Nobody reads what a receiver answers; this much of it is taken so that the connection can be used again. */
const answerBytes = 64 * 1024

/** Sends an event to a URL, once. The body is the event as the API shows it, with its content beside. Never throws for what a receiver does. */
export async function sendWebhook(
  scope: Uses<'outbound'>,
  webhook: {
    readonly url: string
    readonly secrets: SigningSecrets
    readonly event: StoredEvent
    readonly content?: object | undefined
    readonly signal: AbortSignal
  },
): Promise<Attempted> {
  const { url, secrets, event, content, signal } = webhook
  const body = JSON.stringify({ ...envelope(event), content })
  const headers = {
    ...signedHeaders(secrets, { id: event.id, at: scope.clock.now(), body }),
    'content-type': 'application/json',
    'user-agent': 'Plinth-Webhooks/1',
  }
  try {
    const answer = await scope.outbound.send({ method: 'POST', url, headers, body, timeout, maxBytes: answerBytes, signal })
    return judge(answer.status, retryAfterOf(answer.headers['retry-after'], scope.clock.now()))
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    // It was told; how much it had to say doesn't matter.
    if (error.code === 'too_large' && error.status !== undefined) return judge(error.status, undefined)
    return { failed: faultOf(error) }
  }
}

function judge(status: number, retryAfter: number | undefined): Attempted {
  if (status >= 200 && status < 300) return { delivered: true }
  const failed: Fault = { code: status === 410 ? 'receiver_gone' : 'receiver_refused', status }
  if (status === 410) return { failed, final: true, gone: true }
  return retryAfter === undefined ? { failed } : { failed, retryAfter }
}

function faultOf({ code, status, reason }: OutboundError): Fault {
  return { code, ...(status === undefined ? {} : { status }), ...(reason === undefined ? {} : { reason }) }
}
