import { InvalidInputError } from '@plinth/core'
import type { Command } from 'commander'
import type { Outcome } from '../backup-words.ts'
import type { ShownTenant } from './answers.ts'
import { confirmName } from './confirm.ts'
import { limitOf, moreWords, readList } from './read-list.ts'
import { type SettingsOptions, settingsOf, withSettings } from './settings-options.ts'
import { administrator, subcommand, tenantPath } from './subcommand.ts'
import { tenantTable, tenantWords } from './tenant-words.ts'

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
      subcommand<SettingsOptions>('onboard', 'A new tenant; it may work at once.', ({ args: [id], options }) =>
        onboard(id, options),
      ).argument('<id>'),
    ),
    withSettings(
      subcommand<SettingsOptions>('configure', 'Change what is set; none takes a setting back.', ({ args: [id], options }) =>
        change(id, settingsOf(options), 'is configured, from the next request on.'),
      ).argument('<id>'),
    ),
    subcommand('suspend', 'Refuse all that it asks, from the next request on.', ({ args: [id] }) =>
      change(id, { status: 'suspended' }, 'is suspended, from the next request on.'),
    ).argument('<id>'),
    subcommand('activate', 'End a suspension.', ({ args: [id] }) => change(id, { status: 'active' }, 'is active.')).argument(
      '<id>',
    ),
    subcommand<{ readonly yes?: boolean }>('offboard', 'Let it in no more, destroy its keys, remove its data.', (asked) =>
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

async function onboard(id: string | undefined, options: SettingsOptions): Promise<Outcome> {
  tenantPath(id)
  const settings = settingsOf(options)
  if (settings.name === undefined) throw new InvalidInputError('Give the tenant a --name.', { field: 'name' })
  const { tenant_id = id } = settings
  if (tenant_id !== id) throw new InvalidInputError(`--settings are for ${tenant_id}, not for ${id}.`, { field: 'settings' })
  const client = await administrator()
  const tenant = (await client.call('POST', '/api/tenants', { body: { ...settings, tenant_id: id } })) as ShownTenant
  const words = [`Onboarded. For a token: plinth token --tenant ${id}`, ...tenantWords(tenant)]
  return { good: true, facts: tenant, words }
}

async function change(id: string | undefined, body: object, words: string): Promise<Outcome> {
  const path = tenantPath(id)
  const tenant = (await (await administrator()).call('PATCH', path, { body })) as ShownTenant
  return { good: true, facts: tenant, words: [`${id} ${words}`] }
}

async function offboard(id: string | undefined, yes: boolean): Promise<Outcome> {
  const path = tenantPath(id)
  const client = await administrator()
  if (!yes) {
    // Who mistypes is told before there is anything to confirm.
    await client.call('GET', path)
    await confirmName(id ?? '', { input: process.stdin, output: process.stderr })
  }
  const tenant = (await client.call('DELETE', path)) as ShownTenant
  return {
    good: true,
    facts: tenant,
    words: [
      `${id} is offboarded: it is let in no more, and its data is being removed. Its keys are unusable from`,
      `${tenant.offboarding?.keys_unusable_at}, and nobody can bring them back from ${tenant.offboarding?.keys_irrecoverable_at} on.`,
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
