import { InvalidInputError, LocalIssuer, type Platform, PlinthError, TenantRegistry } from '@plinth/core'
import { localPlatform, readingPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { bootstrap, readEnvironment } from '@plinth/server'

export interface Grant {
  readonly tenant: string
  readonly user: string
  readonly permissions: readonly string[]
  /** Seconds. */
  readonly lifetime: number
}

/**
 * Makes a token from the data folder itself, whether its server runs or not.
 * @throws InvalidInputError `tenant_unknown` for a tenant that doesn't exist.
 */
export async function mintToken(grant: Grant, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const platform = await openFolder(environment)
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

/** The folder for writing when no server has it, which also makes it on first use; else for reading beside the server. */
async function openFolder(environment: Readonly<Record<string, string | undefined>>): Promise<Platform> {
  const options = readEnvironment(environment)
  const models = createModels({ clock: systemClock })
  const { directory, masterKey, masterKeyFile } = options
  const keys = { ...(masterKey === undefined ? {} : { masterKey }), ...(masterKeyFile === undefined ? {} : { masterKeyFile }) }
  try {
    const platform = await localPlatform({ directory, models, ...keys })
    await bootstrap(platform)
    return platform
  } catch (error) {
    if (!PlinthError.is(error) || error.code !== 'folder_in_use') throw error
    return readingPlatform({ directory, models, ...keys })
  }
}
