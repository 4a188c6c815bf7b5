import {
  type EventEnvelope,
  eventDriven,
  noBytes,
  type Outbound,
  type OutboundRequest,
  type OutboundResponse,
  type Scope,
} from '@plinth/core'
import type { Ledger } from './ledger.ts'
import { subscribed, subscriberUrl } from './plan.ts'
import type { TellStep } from './steps.ts'

/** Other people's receivers of webhooks: they take everything, and write it down first. */
export class Receivers implements Outbound {
  readonly #ledger: Ledger
  readonly #tell: TellStep

  constructor(ledger: Ledger, tell: TellStep) {
    this.#ledger = ledger
    this.#tell = tell
  }

  checkUrl(): void {}

  async send({ url, headers, body }: OutboundRequest): Promise<OutboundResponse> {
    const { type, tenant_id, subject, sequence } = JSON.parse(String(body)) as EventEnvelope
    this.#tell('before-delivered')
    const id = headers?.['webhook-id'] ?? ''
    this.#ledger.add({ type: 'delivered', id, url, kind: type, tenant: tenant_id, subject, sequence })
    this.#tell('delivered')
    return { status: 204, headers: {}, body: new Uint8Array() }
  }
}

/** The tenant's webhook; made once, however many processes die at it. */
export async function ensureSubscriber(scope: Scope | undefined): Promise<void> {
  if (!scope) throw new Error(`There is no tenant ${subscribed}.`)
  const call = async (method: string, body: object | undefined): Promise<object> => {
    const route = eventDriven.routes.find((one) => one.method === method && one.path === '/api/subscribers')
    const { signal } = new AbortController()
    const nothing = { idempotencyKey: undefined, mustBeNew: false, lastEventId: undefined, bytes: noBytes(), origin: '' }
    const input = { params: {}, query: { limit: 10 }, body, signal, ...nothing }
    return (route && 'handle' in route && (await route.handle(scope, input)).body) || {}
  }
  const { items } = (await call('GET', undefined)) as { readonly items: readonly object[] }
  if (items.length === 0) await call('POST', { pattern: {}, target: { type: 'webhook', url: subscriberUrl } })
}
