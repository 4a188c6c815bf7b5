import type { Authenticator } from '@plinth/core'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { type AuthorizerEvent, admission, authorizationOf, openGate } from '../api-gate.ts'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'

let gate: Promise<Authenticator> | undefined

/**
 * The coarse gate: nobody without a good token gets to the API's function. Its answer is kept for minutes by API Gateway, so it
 * allows the whole API; permissions, and a tenant that was just suspended, are the server's to decide.
 */
export async function handler(event: AuthorizerEvent): Promise<object> {
  gate ??= open()
  gate.catch(() => {
    gate = undefined
  })
  const authenticator = await gate
  try {
    const { tenant } = await authenticator.authenticate(authorizationOf(event), 'authorizer')
    return admission(tenant, event)
  } catch (error) {
    functionLog.info({ error }, 'A token was refused.')
    // By this word API Gateway answers 401.
    throw new Error('Unauthorized')
  }
}

async function open(): Promise<Authenticator> {
  const platform = await functionPlatform()
  const outbound = new GuardedHttp({ clock: systemClock })
  return openGate(platform.operate(), { issuers: process.env.PLINTH_ISSUERS, outbound })
}
