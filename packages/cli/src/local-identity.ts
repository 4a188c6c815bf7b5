import { InvalidInputError, LocalIssuer, type Platform, PlinthError, silentLog, TenantRegistry } from '@plinth/core'
import { localPlatform, readingPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { GuardedHttp } from '@plinth/outbound'
import { bootstrap, openPlatform, readEnvironment } from '@plinth/server'

export interface Grant {
  readonly tenant: string
  readonly user: string
  readonly permissions: readonly string[]
  /** Seconds. */
  readonly lifetime: number
}

/**
 * Makes a token from the data itself, whether its server runs or not.
 * @throws InvalidInputError `tenant_unknown` for a tenant that doesn't exist.
 */
export async function mintToken(grant: Grant, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const platform = await openIdentity(environment)
  try {
    const operator = platform.operate()
    const settings = await new TenantRegistry(operator).get(grant.tenant)
    if (!settings) throw new InvalidInputError(`There is no tenant ${grant.tenant}.`, { code: 'tenant_unknown', field: 'tenant' })
    const issuer = await LocalIssuer.open(operator)
    return await issuer.sign(grant)
  } finally {
    await platform.close()
  }
}

/**
 * On AWS the table. Else the folder: for writing when no server has it, which also makes it on first use; or for reading beside the
 * server.
 */
async function openIdentity(variables: Readonly<Record<string, string | undefined>>): Promise<Platform> {
  const environment = readEnvironment(variables)
  const models = createModels({ clock: systemClock })
  if (environment.platform === 'aws') {
    const outbound = new GuardedHttp({ clock: systemClock })
    const nothing = { limits: new Map(), log: silentLog, outbound, onFatal: () => {} }
    const { platform } = await openPlatform({ ...nothing, environment, variables, models })
    await bootstrap(platform)
    return platform
  }
  const { directory, masterKey, masterKeyFile } = environment
  const folder = { directory, models, masterKey, masterKeyFile }
  try {
    const platform = await localPlatform(folder)
    await bootstrap(platform)
    return platform
  } catch (error) {
    if (!PlinthError.is(error) || error.code !== 'folder_in_use') throw error
    return readingPlatform(folder)
  }
}
