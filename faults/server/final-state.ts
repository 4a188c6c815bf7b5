/** What an independent reader finds at the end: over HTTP with each tenant's token, and in the database itself. @module */
import { DatabaseSync } from 'node:sqlite'
import { call, listAll, type ShownEvent, type ShownRequest } from '../../test/e2e/support/api.ts'
import { type Entry, entriesOf } from './ledger.ts'
import { documentText, pricedModel, requester, streamName } from './load.ts'
import { ownersIn, type TenantName, tenants } from './marks.ts'

export interface FinalWorkflow {
  readonly workflow_id: string
  readonly status: string
  readonly steps: Readonly<Record<string, { readonly status: string; readonly attempts: number; readonly result: string | null }>>
}

export interface FinalDocument {
  readonly document_id: string
  readonly source: string
  readonly status: string
  readonly error?: { readonly code: string } | null
  /** Whether its text is the one that was sent. */
  readonly whole: boolean
}

export interface FinalAlert {
  readonly alert_id: string
  readonly key: string
  readonly alert_type: string
  readonly incident_id: string
}

export interface FinalWindow {
  readonly key: string
  readonly start: string
  readonly count: number
}

export interface Used {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
}

interface UsageLine extends Used {
  readonly model_id: string
  readonly user_id: string
}

export interface TenantState {
  readonly requests: readonly ShownRequest[]
  readonly workflows: readonly FinalWorkflow[]
  readonly documents: readonly FinalDocument[]
  readonly windows: readonly FinalWindow[]
  readonly alerts: readonly FinalAlert[]
  readonly events: readonly ShownEvent[]
  /** By the id of a virtual key, the status that it is answered with. */
  readonly keys: Readonly<Record<string, number>>
  /** Of the model: by requests, which have a user of their own, and by all else. */
  readonly usage: { readonly requests: Used; readonly others: Used }
  readonly budget: { readonly limit_usd: number | null; readonly taken_usd: number }
  readonly audit: { readonly valid: boolean; readonly entries: number; readonly pending: number }
  /** What this tenant was shown of others, in words. */
  readonly foreign: readonly string[]
}

export interface FinalState {
  readonly tenants: Readonly<Record<TenantName, TenantState>>
  /** When the streams began, milliseconds UTC. */
  readonly begin: number
  readonly check: readonly string[]
  /** What has been due for a while and isn't done, as the queue keeps it; timers of later aren't. */
  readonly jobs: readonly string[]
  /** Everything came to rest in time. */
  readonly drained: boolean
}

export interface Reading {
  readonly url: string
  readonly tokens: Readonly<Record<TenantName, string>>
  readonly entries: readonly Entry[]
  /** Days of UTC that the run touched. */
  readonly from: string
  readonly to: string
}

export async function readTenant(reading: Reading, tenant: TenantName): Promise<TenantState> {
  const { url, tokens, entries, from, to } = reading
  const token = tokens[tenant]
  const list = <Item>(path: string): Promise<Item[]> => listAll<Item>(url, path, token)
  const one = async <Body>(path: string): Promise<Body> => (await call<Body>(url, path, { token })).body
  const stream = `/api/streams/${streamName(tenant)}`
  const usage = await one<Pick<TenantState, 'budget'> & { readonly items: readonly UsageLine[] }>(
    `/api/tenants/${tenant}/usage?from=${from}&to=${to}`,
  )
  const shown = await list<{ readonly workflow_id: string }>('/api/workflows')
  const state = {
    requests: await list<ShownRequest>('/api/requests'),
    workflows: await each(shown, ({ workflow_id }) => one<FinalWorkflow>(`/api/workflows/${workflow_id}`)),
    documents: await each(await list<Omit<FinalDocument, 'whole'>>('/api/documents'), async (document) => {
      const { text } = await call(url, `/api/documents/${document.document_id}/text`, { token })
      return { ...document, whole: text.includes(documentText(document.source.replace('.txt', ''))) }
    }),
    windows: await list<FinalWindow>(`${stream}/windows`),
    alerts: await list<FinalAlert>('/api/alerts'),
    events: await list<ShownEvent>('/api/events'),
  }
  // The lists of requests leave texts out.
  const requests = await each(state.requests, ({ request_id }) => one<ShownRequest>(`/api/requests/${request_id}`))
  const own = { ...state, requests }
  return {
    ...own,
    keys: Object.fromEntries(
      await each(
        entriesOf(entries, 'key').filter((entry) => entry.tenant === tenant),
        async ({ id, key }) => [id, (await call(url, '/api/requests?limit=1', { token: key })).status] as const,
      ),
    ),
    usage: { requests: sumOf(usage.items, true), others: sumOf(usage.items, false) },
    budget: usage.budget,
    audit: await one<TenantState['audit']>(`/api/tenants/${tenant}/audit/verify`),
    foreign: [...foreignWords(tenant, own), ...(await foreignAnswers(reading, tenant))],
  }
}

/** What the model of the run is counted with; words for search are counted beside it, by another. */
function sumOf(items: readonly UsageLine[], ofRequests: boolean): Used {
  const sum = { input_tokens: 0, output_tokens: 0, usd: 0 }
  for (const item of items)
    if (item.model_id === pricedModel && (item.user_id === requester) === ofRequests)
      for (const name of ['input_tokens', 'output_tokens', 'usd'] as const) sum[name] += item[name]
  return sum
}

function foreignWords(tenant: TenantName, own: object): string[] {
  return Object.entries(own).flatMap(([what, value]) =>
    ownersIn(JSON.stringify(value))
      .filter((owner) => owner !== tenant)
      .map((owner) => `words of ${owner} among its ${what}`),
  )
}

const mostTried = 5

/** Asks for what others were told of: the last of each kind. */
export async function foreignAnswers({ url, tokens, entries }: Reading, tenant: TenantName): Promise<string[]> {
  const found: string[] = []
  for (const owner of tenants.filter((other) => other !== tenant)) {
    const idsOf = (type: 'request' | 'workflow' | 'document'): string[] =>
      entriesOf(entries, type)
        .filter((entry) => entry.tenant === owner)
        .slice(-mostTried)
        .map(({ id }) => id)
    const paths = [
      ...idsOf('request').flatMap((id) => [`/api/requests/${id}`, `/api/requests/${id}/events`]),
      ...idsOf('workflow').map((id) => `/api/workflows/${id}`),
      ...idsOf('document').flatMap((id) => [`/api/documents/${id}`, `/api/documents/${id}/text`]),
      `/api/streams/${streamName(owner)}/windows`,
    ]
    for (const path of paths) {
      const { status } = await call(url, path, { token: tokens[tenant] })
      if (status !== 404) found.push(`${path} of ${owner} with status ${status}`)
    }
  }
  return found
}

/** A job may be taken a moment after it is due. */
const patience = 5_000

function isDue(body: string, now: number): boolean {
  const { notBefore = 0 } = JSON.parse(body) as { readonly notBefore?: number }
  return notBefore <= now
}

/** Reads the file itself, by SQLite alone. @param now by the clock of the server that had it. */
export function readFile(path: string, now: number): Pick<FinalState, 'check' | 'jobs'> {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const check = database.prepare('PRAGMA integrity_check').all()
    const jobs = database.prepare('SELECT body FROM ready UNION ALL SELECT body FROM held').all()
    return {
      check: check.map((row) => String(Object.values(row)[0])),
      jobs: jobs.map(({ body }) => String(body)).filter((body) => isDue(body, now - patience)),
    }
  } finally {
    database.close()
  }
}

const atOnce = 8

async function each<Item, Result>(items: readonly Item[], read: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < items.length; from += atOnce)
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(read))))
  return results
}
