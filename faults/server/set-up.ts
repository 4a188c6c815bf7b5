import { until } from '../../test/e2e/support/until.ts'
import type { ApiClient } from './api-client.ts'
import { toldTypes } from './findings/streams.ts'
import { pricedModel, requester, type Tokens, worker } from './load.ts'
import { type TenantName, tenants } from './marks.ts'
import type { Receivers } from './receivers.ts'
import { type LifeOptions, ServerProcess } from './server-process.ts'

const hour = 3_600_000
/** So little that its budget is used up within the first minutes, USD. The others' is never. */
const budgets: Readonly<Record<TenantName, number>> = { alpha: 1_000, beta: 1_000, gamma: 0.05 }
const limits = { triage_calls_per_hour: 100_000 }

/** A token that every clock of the run takes: made by a process whose clock is far behind. */
async function mint(options: LifeOptions, tenant: string, user: string): Promise<string> {
  const args = ['token', '--tenant', tenant, '--user', user, '--permissions', '*', '--ttl', '48h']
  const minting = new ServerProcess({ ...options, clock: { from: 0, by: -3 * hour } }, args)
  await minting.exited
  const token = minting.stdout.trim().split('\n').at(-1) ?? ''
  if (token === '') throw new Error(`No token was made: ${minting.ending}`)
  return token
}

/** Makes the tenants of the load, with their model, limits and subscribers. @returns their tokens. */
export async function setUp(
  options: LifeOptions,
  client: ApiClient,
  receivers: Receivers,
): Promise<{ readonly tokens: Tokens; readonly requesters: Tokens }> {
  const token = await mint(options, 'demo', 'administrator')
  const tokens: Record<string, string> = {}
  const requesters: Record<string, string> = {}
  for (const tenant of tenants) {
    const model_config = { model_id: pricedModel }
    const body = {
      ...{ tenant_id: tenant, name: tenant, model_config },
      limits: { ...limits, monthly_budget_usd: budgets[tenant] },
    }
    const made = await client.ask('/api/tenants', { token, body }, [201])
    if (!made) throw new Error(`Tenant ${tenant} could not be made.`)
    const own = await mint(options, tenant, worker)
    tokens[tenant] = own
    requesters[tenant] = await mint(options, tenant, requester)
    const subscriber = { pattern: { type: toldTypes }, target: { type: 'webhook', url: receivers.urlOf(tenant) } }
    await until(`a subscriber of ${tenant}`, () => client.ask('/api/subscribers', { token: own, body: subscriber }, [201]))
  }
  return { tokens: tokens as Tokens, requesters: requesters as Tokens }
}
