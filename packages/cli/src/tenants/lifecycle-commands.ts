import { InvalidInputError, PlinthError } from '@plinth/core'
import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { limitOf, moreWords, readList } from '../read-list.ts'
import type { Outcome } from '../subcommand.ts'
import type { ShownTenant } from './answers.ts'
import { cannotBeUndone, confirmName } from './confirm.ts'
import { lockOutOf } from './lock-out.ts'
import { offline } from './offline.ts'
import { type SettingsOptions, settingsIn, settingsOf, withSettings } from './settings-options.ts'
import { administrator, subcommand, tenantPath } from './subcommand.ts'
import { tenantTable, tenantWords } from './tenant-words.ts'

interface Yes {
  readonly yes?: boolean
}

interface Offline {
  readonly offline?: boolean
}

const offlineWords = 'on the data of this machine itself, while no server has it; the way back when no tenant is active'

/** From their coming to their going. */
export function lifecycleCommands(): Command[] {
  return [
    subcommand<{ readonly limit: string }>('list', 'All tenants, newest first.', ({ options }) => list(options.limit)).option(
      '--limit <number>',
      'the most that are shown',
      '50',
    ),
    subcommand('show', 'One tenant, with all that is set for it.', ({ args: [id] }) => show(id)).argument('<id>'),
    withSettings(
      subcommand<SettingsOptions & Offline>('onboard', 'A new tenant; it may work at once.', ({ args: [id], options }) =>
        onboard(id, options),
      )
        .argument('<id>')
        .option('--offline', offlineWords),
      'what it is called (default: its id)',
    ),
    withSettings(
      subcommand<SettingsOptions>('configure', 'Change what is set; none takes a setting back.', ({ args: [id], options }) =>
        configure(id, options),
      ).argument('<id>'),
    ),
    subcommand<Yes>('suspend', 'Refuse all that it asks, from the next request on.', ({ args: [id], options }) =>
      suspend(id, options.yes ?? false),
    )
      .argument('<id>')
      .option('--yes', 'do not ask, even if nobody is let in afterwards'),
    subcommand<Offline>('activate', 'End a suspension.', ({ args: [id], options }) => activate(id, options))
      .argument('<id>')
      .option('--offline', offlineWords),
    subcommand<Yes>('offboard', 'Let it in no more, destroy its keys, remove its data.', (asked) =>
      offboard(asked.args[0], asked.options.yes ?? false),
    )
      .argument('<id>')
      .option('--yes', 'do not ask'),
    subcommand('rotate-key', 'New keys for what is sealed from now on; what is there still opens.', ({ args: [id] }) =>
      rotateKey(id),
    ).argument('<id>'),
    subcommand('revoke-tokens', 'Refuse all tokens that there are for it.', ({ args: [id] }) => revokeTokens(id)).argument(
      '<id>',
    ),
  ]
}

async function list(most: string): Promise<Outcome> {
  const limit = limitOf(most)
  const found = await readList<ShownTenant>(await administrator(), '/api/tenants', limit)
  return { good: true, facts: found, words: [...tenantTable(found.items), ...moreWords(found)] }
}

async function show(id: string | undefined): Promise<Outcome> {
  const path = tenantPath(id)
  const tenant = (await (await administrator()).call('GET', path)) as ShownTenant
  return { good: true, facts: tenant, words: tenantWords(tenant) }
}

async function onboard(id: string | undefined, options: SettingsOptions & Offline): Promise<Outcome> {
  tenantPath(id)
  const settings = settingsIn(options) ?? {}
  const { tenant_id = id, name = id, data_residency_region: region } = settings
  if (tenant_id !== id) throw new InvalidInputError(`--settings are for ${tenant_id}, not for ${id}.`, { field: 'settings' })
  if (options.offline && typeof region === 'string')
    throw new InvalidInputError('The region of a tenant is set through the server, which has its data.', { field: 'region' })
  const body = { ...settings, tenant_id: id, name }
  const tenant = (await through(options, (client) => client.call('POST', '/api/tenants', { body }))) as ShownTenant
  const words = [`Onboarded. For a token: plinth token --tenant ${id}`, ...tenantWords(tenant)]
  return { good: true, facts: tenant, words }
}

async function configure(id: string | undefined, options: SettingsOptions): Promise<Outcome> {
  const settings = settingsOf(options)
  if (settings.status === 'suspended')
    throw new InvalidInputError(`To suspend it: plinth tenants suspend ${id}`, { field: 'settings' })
  return change(await administrator(), id, settings, 'is configured, from the next request on.')
}

async function suspend(id: string | undefined, yes: boolean): Promise<Outcome> {
  const path = tenantPath(id)
  const client = await administrator()
  const lockOut = await lockOutOf(client, id ?? '', { leaving: 'suspended', token: process.env.PLINTH_TOKEN })
  if (lockOut !== undefined && !yes) {
    await client.call('GET', path)
    await confirmName(id ?? '', { input: process.stdin, output: process.stderr }, lockOut)
  }
  const outcome = await change(client, id, { status: 'suspended' }, 'is suspended, from the next request on.')
  return { ...outcome, words: [...outcome.words, ...(lockOut === undefined ? [] : [lockOut])] }
}

function activate(id: string | undefined, options: Offline): Promise<Outcome> {
  tenantPath(id)
  return through(options, (client) => change(client, id, { status: 'active' }, 'is active.'))
}

/** The server, or the data itself. */
async function through<Result>({ offline: without }: Offline, work: (client: Client) => Promise<Result>): Promise<Result> {
  if (without) return offline(process.env, work)
  try {
    return await work(await administrator())
  } catch (cause) {
    if (!PlinthError.is(cause) || cause.code !== 'no_server') throw cause
    const message = `${cause.message} Or add --offline, to do it on the data of this machine itself.`
    throw new PlinthError(cause.code, message, true, { cause })
  }
}

async function change(client: Client, id: string | undefined, body: object, words: string): Promise<Outcome> {
  const tenant = (await client.call('PATCH', tenantPath(id), { body })) as ShownTenant
  return { good: true, facts: tenant, words: [`${id} ${words}`] }
}

async function offboard(id: string | undefined, yes: boolean): Promise<Outcome> {
  const path = tenantPath(id)
  const client = await administrator()
  const lockOut = await lockOutOf(client, id ?? '', { leaving: 'offboarded', token: process.env.PLINTH_TOKEN })
  const lockOutWords = lockOut === undefined ? [] : [lockOut]
  if (!yes) {
    // Who mistypes is told before there is anything to confirm.
    await client.call('GET', path)
    const why = [...lockOutWords, cannotBeUndone].join(' ')
    await confirmName(id ?? '', { input: process.stdin, output: process.stderr }, why)
  }
  const tenant = (await client.call('DELETE', path)) as ShownTenant
  return {
    good: true,
    facts: tenant,
    words: [
      `${id} is offboarded: it is let in no more, and its data is being removed. Its keys are unusable from`,
      `${tenant.offboarding?.keys_unusable_at}, and nobody can bring them back from ${tenant.offboarding?.keys_irrecoverable_at} on.`,
      ...lockOutWords,
    ],
  }
}

async function rotateKey(id: string | undefined): Promise<Outcome> {
  const path = tenantPath(id, '/rotate-key')
  const rotated = (await (await administrator()).call('POST', path)) as { readonly rotated_at: string }
  return { good: true, facts: rotated, words: [`${id} has new keys since ${rotated.rotated_at}.`] }
}

/** Tokens carry whole seconds: those of this one are revoked too, and so are any that are made before it ends. */
async function revokeTokens(id: string | undefined): Promise<Outcome> {
  const path = tenantPath(id)
  const end = new Date(Math.ceil(Date.now() / 1_000) * 1_000)
  const tenant = (await (
    await administrator()
  ).call('PATCH', path, { body: { tokens_not_before: end.toISOString() } })) as ShownTenant
  const words = [`Tokens of ${id} that were issued before ${tenant.tokens_not_before} are refused. Its virtual keys stay good.`]
  return { good: true, facts: tenant, words }
}
