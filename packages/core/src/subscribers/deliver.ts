import { defineJob, type JobContext, type JobDefinition } from '../define/job.ts'
import { PlinthError } from '../errors.ts'
import { requests } from '../event-driven/requests.ts'
import type { Outbound } from '../ports/outbound.ts'
import type { Outcome } from '../ports/queue.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, update } from '../scope/state.ts'
import { type Attempted, workErrand } from './delivery.ts'
import { deliverQueue, type Errand, errandForm, errandVersion } from './errand.ts'
import { eventContent } from './event-content.ts'
import { InFlight } from './in-flight.ts'
import { deliveryPlace, messages, subscribers, subscribersPartition } from './records.ts'
import { signingSecrets, tenantSigningSecrets } from './secrets.ts'
import { sendWebhook } from './webhook.ts'

type DeliverScope = Uses<'state' | 'outbound'>

const concurrency = 128
/** So much of that may one tenant, and one target, take: a receiver that is slow holds up its own events first. */
const ofTenant = { running: 96, waiting: 0 }
const ofTarget = { running: 32, waiting: 32 }

export const deliverJob: JobDefinition<Errand> = defineJob<Errand>({
  name: deliverQueue,
  version: errandVersion,
  summary: 'Tells one event to one webhook, callback URL or pull queue.',
  body: errandForm,
  concurrency,
  handle: deliver,
})

async function deliver(scope: DeliverScope, errand: Errand, context: JobContext): Promise<Outcome> {
  const turns = turnsOf(scope)
  const tenant = turns.enter(scope.caller.tenant, ofTenant)
  if ('again' in tenant) return { retryAt: tenant.again }
  const target = turns.enter(`${scope.caller.tenant} ${errand.target}`, ofTarget)
  const leaveTenant = await tenant
  if ('again' in target) {
    leaveTenant()
    return { retryAt: target.again }
  }
  const leaveTarget = await target
  try {
    // It may have waited for long.
    if (context.lease.signal.aborted) return { retryAt: scope.clock.now() }
    return await workErrand(scope, errand, context, (event) => tell(scope, errand, event, context.lease.signal))
  } finally {
    leaveTarget()
    leaveTenant()
  }
}

function tell(scope: DeliverScope, errand: Errand, event: StoredEvent, signal: AbortSignal): Promise<Attempted> {
  const id = errand.target.slice(errand.target.indexOf(':') + 1)
  return errand.target.startsWith('callback:')
    ? tellCallback(scope, id, event, signal)
    : tellSubscriber(scope, id, errand, event, signal)
}

async function tellSubscriber(
  scope: DeliverScope,
  id: string,
  errand: Errand,
  event: StoredEvent,
  signal: AbortSignal,
): Promise<Attempted> {
  const record = await scope.state.get(subscribers, { partition: subscribersPartition, sort: id })
  if (!record) return { dropped: true }
  const { status, target } = record.fields
  if (status === 'disabled') return { failed: { code: 'subscriber_disabled' }, final: true }
  const now = scope.clock.now()
  if (target === 'queue') {
    const { target: _, ...about } = errand
    const message = { ...about, subscriber_id: id, visible: now, receives: 0, created: now }
    return { delivered: true, also: [insert(messages, { ...deliveryPlace(errand), partition: id }, message)] }
  }
  let content: object | undefined
  try {
    content = await eventContent(scope, event, new Set(record.fields.content))
  } catch (error) {
    return { failed: { code: 'content_unavailable', reason: PlinthError.is(error) ? error.code : 'internal' } }
  }
  const url = (await record.open('url')) ?? ''
  const attempted = await sendWebhook(scope, { url, secrets: await signingSecrets(scope, record), event, content, signal })
  if (!('gone' in attempted) || !attempted.gone) return attempted
  const disabled = { ...record.fields, status: 'disabled', disabled_reason: 'gone', updated: now } as const
  return { ...attempted, also: [update(subscribers, record, disabled)] }
}

async function tellCallback(scope: DeliverScope, requestId: string, event: StoredEvent, signal: AbortSignal): Promise<Attempted> {
  const url = await (await scope.state.get(requests, { partition: requestId }))?.open('callback_url')
  if (url === undefined) return { dropped: true }
  return sendWebhook(scope, { url, secrets: await tenantSigningSecrets(scope), event, signal })
}

const turns = new WeakMap<Outbound, InFlight>()

/** The turns of one running Plinth. */
function turnsOf(scope: DeliverScope): InFlight {
  const found = turns.get(scope.outbound) ?? new InFlight(scope.clock)
  turns.set(scope.outbound, found)
  return found
}
