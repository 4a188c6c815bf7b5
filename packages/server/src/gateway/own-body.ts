import { readBody } from '../json-body.ts'
import { checkTenant } from '../native-api.ts'
import type { GatewayCall } from './serve-chat.ts'

/**
 * The JSON of a call's body.
 * @throws what `readBody` throws; ForbiddenError `tenant_mismatch` when it names another tenant than the token's (the contract).
 */
export async function readOwnBody({ arrival, scope }: Pick<GatewayCall, 'arrival' | 'scope'>): Promise<unknown> {
  const body = await readBody(arrival)
  if (typeof body === 'object' && body !== null && 'tenant_id' in body) checkTenant(scope.caller, body.tenant_id)
  return body
}
