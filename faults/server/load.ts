import { seededRandom } from '../../test/e2e/support/crash-clients.ts'
import type { ApiClient } from './api-client.ts'
import { entriesOf, type OutsideLedger } from './ledger.ts'
import { type Kind, markOf, orderOf, type TenantName, tenants } from './marks.ts'
import { batchOf } from './records.ts'

/** At list price some tenths of a dollar a million tokens; what is asked is served by the model of the run. */
export const pricedModel = 'anthropic.claude-haiku-4-5-20251001-v1:0'
/** Who sends requests, and who does all else: usage is told apart by user. */
export const requester = 'requester'
export const worker = 'worker'
export const streamName = (tenant: TenantName): string => `${tenant}-stream`
export const documentText = (mark: string): string => `The lamp ${mark} is green. It stands in the hall of ${mark}.`

const clientsATenant = 4
const longestPause = 500
const longPrompt = 40_000

export type Tokens = Readonly<Record<TenantName, string>>

export interface LoadOptions {
  readonly client: ApiClient
  readonly ledger: OutsideLedger
  readonly tokens: Tokens
  /** Of {@link requester}. */
  readonly requesters: Tokens
  readonly seed: number
  /** When the streams begin, milliseconds UTC: long past, so that every clock of the run takes their records. */
  readonly begin: number
}

/** Clients of all patterns and tenants, without a pause but a moment's, until they are told to end. */
export class Load {
  readonly #options: LoadOptions
  readonly #numbers = new Map<string, number>()
  readonly #running: Promise<unknown>
  #ending = false

  constructor(options: LoadOptions) {
    this.#options = options
    const clients = tenants.flatMap((tenant, at) => [
      ...Array.from({ length: clientsATenant }, (_, client) =>
        this.#work(tenant, seededRandom(options.seed * 97 + at * 31 + client)),
      ),
      this.#stream(tenant, seededRandom(options.seed * 89 + at)),
    ])
    this.#running = Promise.all(clients)
  }

  /** Begins nothing new; resolves when all that was begun is answered. */
  async end(): Promise<void> {
    this.#ending = true
    await this.#running
  }

  async #work(tenant: TenantName, random: () => number): Promise<void> {
    const deeds: readonly (readonly [share: number, deed: () => Promise<void>])[] = [
      [0.4, () => this.#request(tenant, random)],
      [0.55, () => this.#workflow(tenant)],
      [0.7, () => this.#document(tenant)],
      [0.78, () => this.#delete(tenant, random)],
      [0.92, () => this.#question(tenant, random)],
      [1, () => this.#key(tenant, random)],
    ]
    while (!this.#ending) {
      const chance = random()
      await deeds.find(([share]) => chance < share)?.[1]()
      await new Promise((resolve) => setTimeout(resolve, random() * longestPause))
    }
  }

  async #request(tenant: TenantName, random: () => number): Promise<void> {
    const key = this.#mark(tenant, 'r')
    const { client, ledger, requesters } = this.#options
    const filler = random() < 0.1 ? ' and so on'.repeat(longPrompt / 10) : ''
    const headers = { 'idempotency-key': key }
    const body = { prompt: orderOf(key) + filler, max_tokens: 40 }
    const token = requesters[tenant]
    const answer = await client.ask<{ readonly request_id: string }>('/api/requests', { token, body, headers }, [202, 402])
    if (!answer) return
    if (answer.status === 402) return ledger.add({ type: 'refused', tenant, key })
    const id = answer.body.request_id
    ledger.add({ type: 'request', tenant, key, id })
    if (random() > 0.1) return
    const cancelled = await client.ask(`/api/requests/${id}`, { token, method: 'DELETE' }, [202, 409])
    if (cancelled?.status === 202) ledger.add({ type: 'cancelled', tenant, id })
  }

  async #workflow(tenant: TenantName): Promise<void> {
    const key = this.#mark(tenant, 'w')
    const step = (id: string, dependencies: readonly string[], agent_type = 'research'): object => ({
      ...{ id, agent_type, dependencies },
      prompt: orderOf(`${key}-${id}`),
    })
    const steps = [step('a', []), step('b1', ['a']), step('b2', ['a']), step('end', ['b1', 'b2'], 'report')]
    const headers = { 'idempotency-key': key }
    const { client, ledger, tokens } = this.#options
    const body = { request: `All of ${key}.`, plan: { steps } }
    const answer = await client.ask<{ readonly workflow_id: string }>(
      '/api/workflows',
      { token: tokens[tenant], body, headers },
      [202, 402],
    )
    if (answer?.status === 402) ledger.add({ type: 'refused', tenant, key })
    else if (answer) ledger.add({ type: 'workflow', tenant, key, id: answer.body.workflow_id })
  }

  async #document(tenant: TenantName): Promise<void> {
    const key = this.#mark(tenant, 'd')
    const { client, ledger, tokens } = this.#options
    const body = { documents: [{ source: `${key}.txt`, content: documentText(key) }] }
    type Sent = readonly { readonly document_id: string }[]
    const answer = await client.ask<Sent>('/api/documents', { token: tokens[tenant], body }, [202])
    if (answer) ledger.add({ type: 'document', tenant, key, id: answer.body[0]?.document_id ?? '' })
  }

  async #delete(tenant: TenantName, random: () => number): Promise<void> {
    const { client, ledger, tokens } = this.#options
    const known = entriesOf(ledger.entries, 'document').filter((entry) => entry.tenant === tenant)
    const chosen = known[Math.floor(random() * known.length)]
    if (!chosen) return
    // Gone already counts as well: an earlier try may have done it.
    const answer = await client.ask(`/api/documents/${chosen.id}`, { token: tokens[tenant], method: 'DELETE' }, [204, 404])
    if (answer) ledger.add({ type: 'deleted', tenant, id: chosen.id })
  }

  async #question(tenant: TenantName, random: () => number): Promise<void> {
    const key = this.#mark(tenant, 'q')
    const { client, ledger, tokens } = this.#options
    const lamp = markOf(tenant, 'd', 1 + Math.floor(random() * Math.max(1, this.#numbers.get(`${tenant}d`) ?? 1)))
    const body = { query: `${orderOf(key)} Which colour has the lamp ${lamp}?`, top_k: 3 }
    // The model may be throttled until the question is given up.
    const answer = await client.ask('/api/rag/query', { token: tokens[tenant], body }, [200, 402, 502, 504])
    if (!answer) return
    ledger.add({ type: 'replied', tenant, key })
  }

  async #key(tenant: TenantName, random: () => number): Promise<void> {
    const { client, ledger, tokens } = this.#options
    const token = tokens[tenant]
    const path = `/api/tenants/${tenant}/keys`
    const body = { name: this.#mark(tenant, 'k'), permissions: ['requests:read'] }
    type Made = { readonly key_id: string; readonly key: string }
    const made = await client.ask<Made>(path, { token, body }, [201])
    if (!made) return
    const { key_id: id, key } = made.body
    ledger.add({ type: 'key', tenant, id, key })
    if (random() < 0.5) return
    const gone = await client.ask(`${path}/${id}`, { token, method: 'DELETE' }, [204, 404])
    if (gone) ledger.add({ type: 'revoked', tenant, id })
  }

  /** One producer a stream, since the records of a key come in order. */
  async #stream(tenant: TenantName, random: () => number): Promise<void> {
    const { client, ledger, tokens, begin } = this.#options
    for (let batch = 0; !this.#ending; batch++) {
      const records = batchOf(tenant, batch).map(({ key, second, id, temperature }) => ({
        ...{ key, id, data: { temperature } },
        timestamp: new Date(begin + second * 1_000).toISOString(),
      }))
      type Taken = { readonly accepted: number }
      const path = `/api/streams/${streamName(tenant)}/records`
      const answer = await client.ask<Taken>(path, { token: tokens[tenant], body: { records } }, [202])
      if (answer?.body.accepted === records.length) ledger.add({ type: 'records', tenant, batch })
      else ledger.odd(`a batch of ${tenant} was taken in part: ${answer?.text ?? 'no answer'}`)
      await new Promise((resolve) => setTimeout(resolve, random() * longestPause))
    }
  }

  #mark(tenant: TenantName, kind: Kind): string {
    const number = (this.#numbers.get(tenant + kind) ?? 0) + 1
    this.#numbers.set(tenant + kind, number)
    return markOf(tenant, kind, number)
  }
}
