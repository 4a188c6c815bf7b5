import { InvalidInputError, PlinthError, tenantIdPattern } from '@plinth/core'
import type { Command } from 'commander'
import { Client } from '../client.ts'
import { type Asked, type Outcome, subcommand as plainSubcommand } from '../subcommand.ts'
import { wayBack } from '../words.ts'

/** A word behind `plinth tenants`: what is refused is told with what to do about it. */
export function subcommand<Options>(
  name: string,
  description: string,
  work: (asked: Asked<Options>) => Promise<Outcome | undefined>,
): Command {
  return plainSubcommand<Options>(name, description, (asked) => work(asked).catch(withHint))
}

/** The server, for whoever may administer it. */
export function administrator(): Promise<Client> {
  return Client.administrator(process.env)
}

/** Where a tenant is on a server. @throws InvalidInputError for what is no id, and would be another path. */
export function tenantPath(id: string | undefined, rest = ''): string {
  if (id !== undefined && tenantIdPattern.test(id)) return `/api/tenants/${id}${rest}`
  throw new InvalidInputError(`A tenant id is 1 to 63 lower-case letters, digits and hyphens, not "${id}".`, { field: 'id' })
}

const anotherToken = `Unset PLINTH_TOKEN on the server's machine, or set it to one made by: plinth token --tenant <another tenant> --permissions '*'. Where no tenant is active: ${wayBack('activate <tenant>')}`
const hints: Readonly<Record<string, string>> = {
  permission_denied:
    "plinth tenants needs the permission tenants:admin. Unset PLINTH_TOKEN, or make one by: plinth token --tenant <tenant> --permissions '*'",
  tenant_suspended: anotherToken,
  tenant_offboarded: anotherToken,
}

/** What the server refuses for the sake of the token, with what to do about it. */
function withHint(error: unknown): never {
  const hint = PlinthError.is(error) ? hints[error.code] : undefined
  if (!PlinthError.is(error) || hint === undefined) throw error
  throw new PlinthError(error.code, `${error.message} ${hint}`, false, { cause: error })
}
