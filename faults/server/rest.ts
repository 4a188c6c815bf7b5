import { call, type Page } from '../../test/e2e/support/api.ts'
import { until } from '../../test/e2e/support/until.ts'
import type { ApiClient } from './api-client.ts'
import { type FinalState, type Reading, readFile, readTenant, type TenantState } from './final-state.ts'
import { findServerFaults } from './findings/find.ts'
import { entriesOf } from './ledger.ts'
import { streamName } from './load.ts'
import { markOf, tenants } from './marks.ts'
import { keys, secondsABatch, windowSeconds } from './records.ts'

export interface RestOptions {
  readonly client: ApiClient
  /** Of the database. */
  readonly path: string
  readonly begin: number
  /** By how much the server's clock is. */
  readonly ahead: number
}

const longestDrain = 120_000
/** How often it is looked whether what is missing has come meanwhile. */
const mostLooks = 8

/** Waits until there is nothing left to do, and reads what is there. */
export async function comeToRest(reading: Reading, options: RestOptions): Promise<FinalState> {
  for (const tenant of tenants) await endWindows(reading, options, tenant)
  const drained = await until('the end of all', () => isIdle(reading, options), { within: longestDrain, every: 250 }).catch(
    () => false,
  )
  for (let look = 1; ; look++) {
    const state = await read(reading, options, drained)
    const found = [...findServerFaults({ entries: reading.entries, state }).values()].some((words) => words.length > 0)
    if (!found || look === mostLooks) return state
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function read(reading: Reading, { path, begin, ahead }: RestOptions, drained: boolean): Promise<FinalState> {
  const states: Record<string, TenantState> = {}
  for (const tenant of tenants) states[tenant] = await readTenant(reading, tenant)
  return { tenants: states as FinalState['tenants'], begin, drained, ...readFile(path, Date.now() + ahead) }
}

/** The last window of each key ends by a record far behind it, whose own window stays open. */
async function endWindows(
  { entries, tokens }: Reading,
  { client, begin }: RestOptions,
  tenant: (typeof tenants)[number],
): Promise<void> {
  const batches = entriesOf(entries, 'records').filter((entry) => entry.tenant === tenant).length
  const last = Math.ceil((batches * secondsABatch) / windowSeconds) * windowSeconds
  const timestamp = new Date(begin + (last + 10 * windowSeconds) * 1_000).toISOString()
  const records = Array.from({ length: keys }, (_, key) => ({
    key: markOf(tenant, 'k', key),
    timestamp,
    data: { temperature: 20 },
  }))
  await client.ask(`/api/streams/${streamName(tenant)}/records`, { token: tokens[tenant], body: { records } }, [202])
}

async function isIdle({ url, tokens }: Reading, { path, ahead }: RestOptions): Promise<boolean> {
  for (const tenant of tenants)
    for (const list of ['requests?status=processing', 'workflows?status=running', 'documents?status=processing']) {
      const { body } = await call<Page<unknown>>(url, `/api/${list}&limit=1`, { token: tokens[tenant] })
      if (body.items.length > 0) return false
    }
  return readFile(path, Date.now() + ahead).jobs.length === 0
}
