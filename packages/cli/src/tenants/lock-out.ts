import type { Client } from '../client.ts'
import { readList } from '../read-list.ts'
import { wayBack } from '../words.ts'
import type { ShownTenant } from './answers.ts'

/**
 * Why whoever asks is let in no more when a tenant is, and how to come back, in words; undefined when the way stays open.
 * @param options.token of PLINTH_TOKEN; a token from the data folder is of any tenant that is active.
 */
export async function lockOutOf(
  client: Pick<Client, 'call'>,
  id: string,
  options: { readonly leaving: 'suspended' | 'offboarded'; readonly token: string | undefined },
): Promise<string | undefined> {
  const { leaving, token } = options
  const { items } = await readList<ShownTenant>(client, '/api/tenants', Number.POSITIVE_INFINITY)
  const active = items.filter(({ status }) => status === 'active')
  const others = active.filter(({ tenant_id }) => tenant_id !== id)
  if (active.length === 1 && others.length === 0) {
    const verb = leaving === 'suspended' ? `activate ${id}` : 'onboard <another tenant>'
    return `${id} is the only active tenant: once it is ${leaving}, nobody is let in, you included. ${wayBack(verb)}.`
  }
  if (token === undefined || tenantOf(token) !== id) return undefined
  const another = `plinth token --tenant ${others[0]?.tenant_id} --permissions '*'`
  return `PLINTH_TOKEN is of ${id}: once that is ${leaving}, it is refused. The way back: set it to one made on the server's machine by ${another}.`
}

/** The tenant that a token says; what an issuer names otherwise isn't found. */
function tenantOf(token: string): string | undefined {
  const [, key] = /^plk_([a-z0-9-]{1,63})_/.exec(token) ?? []
  if (key !== undefined) return key
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const { tenant_id } = (claims ?? {}) as { readonly tenant_id?: unknown }
    return typeof tenant_id === 'string' ? tenant_id : undefined
  } catch {
    return undefined
  }
}
