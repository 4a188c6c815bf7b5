import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { until } from '../../test/e2e/support/until.ts'
import type { ApiClient } from './api-client.ts'
import { toldTypes } from './findings/streams.ts'
import { pricedModel, requester, type Tokens, worker } from './load.ts'
import { type TenantName, tenants } from './marks.ts'
import type { Receivers } from './receivers.ts'

/** So little that its budget is used up within the first minutes, USD. The others' is never. */
const budgets: Readonly<Record<TenantName, number>> = { alpha: 1_000, beta: 1_000, gamma: 0.05 }
const limits = { triage_calls_per_hour: 100_000 }

/** Virtual keys: unlike a token, they are good whatever the clock says. */
async function makeKey(client: ApiClient, token: string, tenant: TenantName, user: string): Promise<string> {
  const body = { name: user, user_id: user, permissions: ['*'] }
  const made = await client.ask<{ readonly key: string }>(`/api/tenants/${tenant}/keys`, { token, body }, [201])
  if (!made) throw new Error(`A key of ${tenant} could not be made.`)
  return made.body.key
}

/** Makes the tenants of the load, with their model, limits and subscribers. @returns their tokens. */
export async function setUp(
  directory: string,
  client: ApiClient,
  receivers: Receivers,
): Promise<{ readonly tokens: Tokens; readonly requesters: Tokens }> {
  const grant = { tenant: 'demo', user: 'administrator', permissions: ['*'], lifetime: 600 }
  const token = await mintToken(grant, { PLINTH_DATA_DIR: directory })
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
    const own = await makeKey(client, token, tenant, worker)
    tokens[tenant] = own
    requesters[tenant] = await makeKey(client, token, tenant, requester)
    const subscriber = { pattern: { type: toldTypes }, target: { type: 'webhook', url: receivers.urlOf(tenant) } }
    await until(`a subscriber of ${tenant}`, () => client.ask('/api/subscribers', { token: own, body: subscriber }, [201]))
  }
  return { tokens: tokens as Tokens, requesters: requesters as Tokens }
}
