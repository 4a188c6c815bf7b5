import { InvalidInputError, userPermissions } from '@plinth/core'
import { Command } from 'commander'
import { readList } from '../read-list.ts'
import type { Outcome } from '../subcommand.ts'
import { table } from '../table.ts'
import type { NewKey, ShownKey } from './answers.ts'
import { given, numberOf } from './settings-options.ts'
import { administrator, subcommand, tenantPath } from './subcommand.ts'

interface KeyOptions {
  readonly name?: string
  readonly user?: string
  readonly permissions?: string
  readonly expires?: string
  readonly requestsPerMinute?: string
  readonly tokensPerMinute?: string
  readonly budget?: string
}

export function keysCommand(): Command {
  const create = subcommand<KeyOptions>('create', 'Make a key, and print it this once, as the last line.', (asked) =>
    createKey(asked.args[0], asked.options),
  )
    .argument('<id>', 'the tenant')
    .option('--name <name>', 'what it is for')
    .option('--user <id>', 'the user that it stands for')
    .option('--permissions <list>', 'comma-separated (default: all but tenants:admin)')
    .option('--expires <time>', 'how long it is good: 12h, 30d (default: until it is revoked)')
    .option('--requests-per-minute <number>', 'beside the limits of the tenant')
    .option('--tokens-per-minute <number>', 'beside the limits of the tenant')
    .option('--budget <usd>', 'the most US dollars in a month, beside the budget of the tenant')
  return new Command('keys')
    .description('Virtual keys of a tenant: bearers for programs.')
    .addCommand(subcommand('list', 'All keys, newest first.', ({ args: [id] }) => listKeys(id)).argument('<id>', 'the tenant'))
    .addCommand(create)
    .addCommand(
      subcommand('revoke', 'Refuse a key, from the next request on.', ({ args: [id, keyId] }) => revokeKey(id, keyId))
        .argument('<id>', 'the tenant')
        .argument('<key-id>'),
    )
}

async function listKeys(id: string | undefined): Promise<Outcome> {
  const path = tenantPath(id, '/keys')
  const found = await readList<ShownKey>(await administrator(), path, Number.POSITIVE_INFINITY)
  const now = new Date().toISOString()
  const rows = found.items.map((key) => [
    key.key_id,
    key.name,
    key.user_id,
    key.created_at.slice(0, 10),
    key.expires_at ?? 'never',
    stateOf(key, now),
    permissionsOf(key),
  ])
  return { good: true, facts: found, words: table(['KEY', 'NAME', 'USER', 'MADE', 'EXPIRES', 'STATE', 'PERMISSIONS'], rows) }
}

async function createKey(id: string | undefined, options: KeyOptions): Promise<Outcome> {
  const path = tenantPath(id, '/keys')
  const { name, user, permissions, expires } = options
  const limits = given({
    requests_per_minute: numberOf('requests-per-minute', options.requestsPerMinute),
    tokens_per_minute: numberOf('tokens-per-minute', options.tokensPerMinute),
    monthly_budget_usd: numberOf('budget', options.budget),
  })
  const words = permissions?.split(',').map((word) => word.trim())
  const expires_at = expires === undefined ? undefined : new Date(Date.now() + spanOf(expires)).toISOString()
  const body = given({ name, user_id: user, permissions: words, expires_at, limits }) ?? {}
  const key = (await (await administrator()).call('POST', path, { body })) as NewKey
  return {
    good: true,
    facts: key,
    words: [
      `The key ${key.key_id} of ${id}, for user ${key.user_id}, ${key.expires_at === null ? 'good until it is revoked' : `good until ${key.expires_at}`}.`,
      'Keep it: it is not shown again.',
      key.key,
    ],
  }
}

async function revokeKey(id: string | undefined, keyId = ''): Promise<Outcome> {
  const keys = tenantPath(id, '/keys')
  if (!/^[\w-]{1,300}$/.test(keyId)) throw new InvalidInputError(`"${keyId}" is no id of a key.`, { field: 'key-id' })
  await (await administrator()).call('DELETE', `${keys}/${keyId}`)
  return {
    good: true,
    facts: { tenant_id: id, key_id: keyId, revoked: true },
    words: [`The key ${keyId} of ${id} is refused now.`],
  }
}

function stateOf({ revoked_at, expires_at }: ShownKey, now: string): string {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && expires_at <= now ? 'expired' : 'good'
}

function permissionsOf({ permissions }: ShownKey): string {
  const held = new Set(permissions)
  const usual = held.size === userPermissions.length && userPermissions.every((permission) => held.has(permission))
  return usual ? 'all but tenants:admin' : permissions.join(',')
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds. */
function spanOf(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const span = Number(amount) * (units[unit] ?? 0)
  if (span > 0) return span
  throw new InvalidInputError(`--expires must be a time such as 90m, 12h or 30d, not "${text}".`, { field: 'expires' })
}
