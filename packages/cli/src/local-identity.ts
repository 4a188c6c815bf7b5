import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  InvalidInputError,
  LocalIssuer,
  type Models,
  type Operator,
  type Platform,
  PlinthError,
  silentLog,
  TenantRegistry,
  type TenantSettings,
} from '@plinth/core'
import { localPlatform, readingPlatform, systemClock } from '@plinth/local'
import { createModels, modelOptions } from '@plinth/models'
import { GuardedHttp } from '@plinth/outbound'
import { bootstrap, firstTenant, openPlatform, readEnvironment } from '@plinth/server'
import { wayBack } from './words.ts'

type Variables = Readonly<Record<string, string | undefined>>

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
export function mintToken(grant: Grant, environment: Variables): Promise<string> {
  return mint(environment, async (operator) => {
    if (await new TenantRegistry(operator).get(grant.tenant)) return grant
    throw new InvalidInputError(`There is no tenant ${grant.tenant}.`, { code: 'tenant_unknown', field: 'tenant' })
  })
}

/**
 * A token that may do everything, of the first tenant; or of another when that one may not work now, since what tenants there are is
 * not the business of one of them.
 * @throws InvalidInputError `no_active_tenant`
 */
export function mintAdministratorToken(environment: Variables): Promise<string> {
  return mint(environment, async (operator) => {
    const tenant = await administratorsTenant(operator)
    return { tenant, user: 'cli', permissions: ['*'], lifetime: 86_400 }
  })
}

async function mint(environment: Variables, grantFor: (operator: Operator) => Promise<Grant>): Promise<string> {
  const platform = await openIdentity(environment)
  try {
    const operator = platform.operate()
    const grant = await grantFor(operator)
    const issuer = await LocalIssuer.open(operator)
    return await issuer.sign(grant)
  } finally {
    await platform.close()
  }
}

async function administratorsTenant(operator: Operator): Promise<string> {
  const registry = new TenantRegistry(operator)
  const now = operator.clock.now()
  const isGood = ({ status, tokens_not_before: from = 0 }: TenantSettings): boolean => status === 'active' && from * 1_000 <= now
  const first = await registry.get(firstTenant)
  if (first && isGood(first)) return firstTenant
  const all = await registry.all()
  const found = all.find(isGood) ?? all.find(({ status }) => status === 'active')
  if (found) return found.tenant_id
  const message = `No tenant is active, so that a server lets nobody in. ${wayBack('activate <tenant>')}`
  throw new InvalidInputError(message, { code: 'no_active_tenant' })
}

/**
 * The data itself, for writing: on AWS the table, else the folder.
 * @throws PlinthError `folder_in_use` while a server has the folder; InvalidInputError `not_started` where there is none.
 */
export async function openForWriting(variables: Variables): Promise<Platform> {
  const { platform, directory } = readEnvironment(variables)
  if (platform === 'local' && !existsSync(join(directory, 'plinth.db')))
    throw new InvalidInputError(`There is no data of Plinth in ${directory}. Set PLINTH_DATA_DIR to its folder.`, {
      code: 'not_started',
      field: 'PLINTH_DATA_DIR',
    })
  return openToWrite(variables, createModels({ ...modelOptions(variables), clock: systemClock }))
}

/** For writing when no server has it, which also makes it on first use; or for reading beside the server. */
async function openIdentity(variables: Variables): Promise<Platform> {
  const models = createModels({ clock: systemClock })
  try {
    const platform = await openToWrite(variables, models)
    await bootstrap(platform)
    return platform
  } catch (error) {
    if (!PlinthError.is(error) || error.code !== 'folder_in_use') throw error
    const { directory, masterKey, masterKeyFile } = readEnvironment(variables)
    return readingPlatform({ directory, models, masterKey, masterKeyFile })
  }
}

async function openToWrite(variables: Variables, models: Models): Promise<Platform> {
  const environment = readEnvironment(variables)
  if (environment.platform === 'aws') {
    const outbound = new GuardedHttp({ clock: systemClock })
    // The table and its keys are enough: a stack may have been made without some of what a server needs.
    const nothing = { limits: new Map(), log: silentLog, outbound, check: false, onFatal: () => {} }
    return (await openPlatform({ ...nothing, environment, variables, models })).platform
  }
  const { directory, masterKey, masterKeyFile, region } = environment
  return localPlatform({ directory, models, masterKey, masterKeyFile, region })
}
