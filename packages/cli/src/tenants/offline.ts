import { Authenticator, type Platform, PlinthError, patterns, silentLog, TenantRegistry, type TenantSettings } from '@plinth/core'
import { bootstrap, createApp, firstTenant, startTelemetry } from '@plinth/server'
import { Client } from '../client.ts'
import { openForWriting } from '../local-identity.ts'

/**
 * Works on the data itself, through the routes of a server that nobody else can reach. Whoever can open the data is let in, be no
 * tenant active. What is done is in the audit trail as if it had come over HTTP.
 * @throws PlinthError `folder_in_use` while a server has the data folder.
 */
export async function offline<Result>(
  variables: Readonly<Record<string, string | undefined>>,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const platform = await opened(variables)
  try {
    return await work(await clientOf(platform))
  } finally {
    await platform.close()
  }
}

async function opened(variables: Readonly<Record<string, string | undefined>>): Promise<Platform> {
  try {
    return await openForWriting(variables)
  } catch (cause) {
    if (!PlinthError.is(cause) || cause.code !== 'folder_in_use') throw cause
    throw new PlinthError(cause.code, `${cause.message} Stop the server first, or do it without --offline.`, true, { cause })
  }
}

async function clientOf(platform: Platform): Promise<Client> {
  const { issuer } = await bootstrap(platform)
  const operator = platform.operate()
  const authenticator = new Authenticator({ registry: new OpenRegistry(operator), issuer, clock: operator.clock })
  const app = createApp({
    platform,
    patterns,
    authenticator,
    issuer,
    telemetry: startTelemetry(),
    log: silentLog,
    ready: () => true,
    stopping: new AbortController().signal,
  })
  const token = await issuer.sign({ tenant: firstTenant, user: 'cli', permissions: ['tenants:admin'], lifetime: 600 })
  return new Client('http://offline', token, { fetching: (url, init) => app.fetch(new Request(url, init)) })
}

/** Lets the first tenant in, whatever became of it. */
class OpenRegistry extends TenantRegistry {
  override async active(tenantId: string): Promise<TenantSettings> {
    const { tokens_not_before: _, ...settings } = await this.find(tenantId)
    return settings
  }
}
