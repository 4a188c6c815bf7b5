import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Authenticator, readIssuerSetting, type TrustedIssuer, UnauthorizedError } from '@plinth/core'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { type Admission, type AuthorizerEvent, admit, openGate } from '../api-gate.ts'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'
import { openOnce } from './open-once.ts'

const gate = openOnce(open)

/**
 * The coarse gate: nobody without a genuine token, or what may be the console's session, gets to the API's function, which checks
 * again and decides. What can't be checked is not let in.
 */
export async function handler(event: AuthorizerEvent): Promise<Admission> {
  const authenticator = await gate()
  try {
    return await admit(event, authenticator)
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) {
      functionLog.error({ error }, 'A token could not be checked.')
      throw error
    }
    functionLog.info({ error }, 'A request was refused.')
    // By this word API Gateway answers 401, and by any other 500.
    throw new Error('Unauthorized')
  }
}

async function open(): Promise<Authenticator> {
  const platform = await functionPlatform()
  const outbound = new GuardedHttp({ clock: systemClock })
  return openGate(platform.operate(), { trusted: trustedIssuers(process.env.PLINTH_ISSUERS), outbound })
}

/** As the server reads them, so that both trust the same; a file counts from the function's own folder. */
function trustedIssuers(setting: string | undefined): readonly TrustedIssuer[] {
  if (!setting) return []
  return readIssuerSetting(setting, (name, namedIn) => readFileSync(resolve(dirname(namedIn ?? ''), name), 'utf8'))
}
