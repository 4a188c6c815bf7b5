import { InvalidInputError, isPermission, userPermissions } from '@plinth/core'
import { Command } from 'commander'
import { mintToken } from '../local-identity.ts'

interface TokenOptions {
  readonly tenant: string
  readonly user: string
  readonly permissions?: string
  readonly ttl: string
  readonly json?: boolean
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('Print a token for a tenant, made from the data folder; the server may be up or down.')
    .requiredOption('--tenant <id>', 'the tenant, which must exist')
    .option('--user <id>', 'the user that the token stands for', 'cli')
    .option('--permissions <list>', 'comma-separated (default: all but tenants:admin)')
    .option('--ttl <time>', 'how long it is good: 30s, 15m, 1h, 7d', '1h')
    .option('--json', 'print JSON')
    .action(printToken)
}

async function printToken(options: TokenOptions): Promise<void> {
  const permissions = parsePermissions(options.permissions)
  const lifetime = parseLifetime(options.ttl)
  const { tenant, user } = options
  if (user.trim() === '') throw new InvalidInputError('--user must not be empty.', { field: 'user' })
  const token = await mintToken({ tenant, user, permissions, lifetime }, process.env)
  console.log(options.json ? JSON.stringify({ token, tenant, user, permissions, expires_in: lifetime }) : token)
}

function parsePermissions(list: string | undefined): readonly string[] {
  if (list === undefined) return userPermissions
  const words = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const odd = words.find((word) => !isPermission(word))
  if (odd !== undefined)
    throw new InvalidInputError(`${odd} is no permission. They are ${userPermissions.join(', ')}, tenants:admin and *.`, {
      field: 'permissions',
    })
  return words
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function parseLifetime(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(amount) * (units[unit] ?? 0)
  if (seconds <= 0 || seconds > 366 * 86_400)
    throw new InvalidInputError('--ttl must be a time such as 30s, 15m, 1h or 7d, at most a year.', { field: 'ttl' })
  return seconds
}
