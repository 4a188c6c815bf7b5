import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { mintToken } from '../src/local-identity.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

let folder: string
let server: RunningPlinth
let environment: Record<string, string>

beforeAll(async () => {
  folder = temporaryFolder()
  server = await startPlinth(folder)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
})

const tenants = (...args: string[]) => plinth(['tenants', ...args], environment)
const mint = (tenant: string, permissions: string[] = ['*']) =>
  mintToken({ tenant, user: 'ann', permissions, lifetime: 600 }, { PLINTH_DATA_DIR: folder })
const statusOf = async (token: string) => (await call(server.url, '/api/requests', { token })).status
const codeOf = async (token: string) => (await call(server.url, '/api/requests', { token })).body.code

async function good(...args: string[]): Promise<string> {
  const run = await tenants(...args)
  expect([run.exit.code, run.stderr], args.join(' ')).toEqual([0, ''])
  return run.stdout
}

async function facts<Facts = Record<string, unknown>>(...args: string[]): Promise<Facts> {
  return JSON.parse(await good(...args, '--json')) as Facts
}

function write(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('plinth tenants, from coming to going [X65]', () => {
  it('onboard: works at once, and says how to get a token', async () => {
    const words = await good('onboard', 'acme', '--name', 'Acme Ltd')
    expect(words).toContain('plinth token --tenant acme')
    expect(words).toMatch(/^ {2}status +active$/m)
    const run = await plinth(['submit', 'Hello'], { ...environment, PLINTH_TOKEN: await mint('acme') })
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    expect(refusalOf(await tenants('onboard', 'acme', '--name', 'Another'))).toMatch(/used before/)
  })

  it('onboard without --name: it is called by its id, and the help says so', async () => {
    expect(await facts('onboard', 'nameless')).toMatchObject({ tenant_id: 'nameless', name: 'nameless', status: 'active' })
    const file = write('tier.json', '{"tier":"gold"}')
    expect(await facts('onboard', 'golden', '--settings', file)).toMatchObject({ name: 'golden', tier: 'gold' })
    expect(await good('onboard', '--help')).toMatch(/--name <name> .*\(default: its id\)/)
    expect(await good('configure', '--help')).not.toMatch(/its id\)/)
  })

  it('usage: by day, model and user, with their sum; as JSON and as CSV [R104]', async () => {
    const words = await good('usage', 'acme')
    expect(words).toMatch(/^20\d\d-\d\d-\d\d +scripted +ann +1 +\d+ +\d+ +0\.000000$/m)
    expect(words).toMatch(/^all +1 /m)
    expect(words).toMatch(/no budget is set/)
    expect(await facts('usage', 'acme')).toMatchObject({ tenant_id: 'acme', total: { requests: 1 } })
    const [head, line, ...more] = lines(await good('usage', 'acme', '--csv'))
    expect(head?.trim()).toBe('tenant_id,day,model_id,user_id,requests,input_tokens,output_tokens,usd')
    expect(line).toMatch(/^acme,20\d\d-\d\d-\d\d,scripted,ann,1,/)
    expect(more).toEqual([])
    expect(await facts('usage', 'acme', '--from', '2026-01-01', '--to', '2026-01-31')).toMatchObject({
      from: '2026-01-01',
      to: '2026-01-31',
      items: [],
    })
    expect(refusalOf(await tenants('usage', 'acme', '--from', 'monday'))).toMatch(/from/)
    expect((await tenants('usage', 'acme', '--csv', '--json')).exit.code).toBe(1)
  })

  it('suspend and activate, from the next request on [R95]', async () => {
    const token = await mint('acme')
    expect(await good('suspend', 'acme')).toMatch(/^acme is suspended/)
    expect(await codeOf(token)).toBe('tenant_suspended')
    expect(await facts('activate', 'acme')).toMatchObject({ tenant_id: 'acme', status: 'active' })
    expect(await statusOf(token)).toBe(200)
  })

  it('revoke-tokens: those that there are, to the last; not those to come', async () => {
    const token = await mint('acme')
    expect(await good('revoke-tokens', 'acme')).toMatch(/^Tokens of acme that were issued before .*Z are refused/)
    expect(await codeOf(token)).toBe('token_revoked')
    // Within a second.
    await until('a new token is good', async () => (await statusOf(await mint('acme'))) === 200)
  })

  it('rotate-key: what was sealed before still opens', async () => {
    expect(await good('rotate-key', 'acme')).toMatch(/^acme has new keys since 20/)
    const token = await mint('acme')
    const { body } = await call<{ items: { request_id: string; result: { text: string } }[] }>(server.url, '/api/requests', {
      token,
    })
    const [first] = body.items
    const one = await call<{ result: { text: string } }>(server.url, `/api/requests/${first?.request_id}`, { token })
    expect(one.body.result.text).toMatch(/^Scripted /)
  })

  it('audit and verify: who did what, of the tenant and of all tenants', async () => {
    const words = await good('audit', 'acme')
    expect(words).toMatch(/^AT +BLOCK +WHO +WHAT +RESOURCE +DECISION$/m)
    expect(words).toMatch(/ ann +POST \/api\/requests /)
    const two = await tenants('audit', 'acme', '--limit', '2')
    expect(lines(two.stdout)).toHaveLength(4)
    expect(two.stdout).toContain('There are more')
    const about = await facts<{ items: { what: string; resource: string }[] }>('audit', '_system', '--limit', '500')
    expect(about.items.map(({ what }) => what)).toContain('POST /api/tenants')
    expect(await good('verify', 'acme')).toMatch(/^The audit trail of acme is whole: \d+ entr(y|ies) sealed, \d+ waits?\.\n$/)
    expect(await facts('verify', '_system')).toMatchObject({ valid: true })
  })

  it('offboard: asks, lets nobody in any more, and tells the two dates of the keys', async () => {
    const token = await mint('acme')
    expect(refusalOf(await tenants('offboard', 'acme'))).toMatch(/can not be undone.*--yes/)
    expect(await statusOf(token)).toBe(200)
    expect(refusalOf(await tenants('offboard', 'nobody-here', '--yes'))).toMatch(/no such tenant/)
    const words = await good('offboard', 'acme', '--yes')
    expect(words.match(/20\d\d-\d\d-\d\dT[\d:.]+Z/g)).toHaveLength(2)
    expect(await codeOf(token)).toBe('tenant_offboarded')
    expect(await facts('show', 'acme')).toMatchObject({
      status: 'offboarded',
      offboarding: { keys_unusable_at: expect.stringMatching(/Z$/), keys_irrecoverable_at: expect.stringMatching(/Z$/) },
    })
    expect(refusalOf(await tenants('export', 'acme'))).toMatch(/has left/)
    expect(await good('verify', 'acme')).toMatch(/is whole/)
  })
})

describe('plinth tenants, what is set [R113]', () => {
  const set = {
    name: 'Globex',
    tier: 'gold',
    isolation_level: 'silo',
    model_config: {
      model_id: 'scripted',
      max_tokens: 500,
      allowed_models: ['scripted', 'local/extractive'],
      fallback: ['local/extractive', 'scripted'],
      cache: '1h',
    },
    limits: { requests_per_minute: 60, tokens_per_minute: 9_000, concurrent: 3, monthly_budget_usd: 12.5 },
    filters: { input: { email: 'mask' }, output: { ssn: 'block' }, deny_list: ['Project Heron'] },
  }
  const show = (id: string) => facts('show', id)

  it('by options', async () => {
    const filters = write('filters.json', JSON.stringify(set.filters))
    const settings = '--tier gold --isolation silo --model scripted --max-tokens 500 --allow scripted local/extractive'
    const gateway = ['--fallback', 'local/extractive, scripted', '--cache', '1h']
    const limits = '--requests-per-minute 60 --tokens-per-minute 9000 --concurrent 3 --budget 12.5'
    const options = [...settings.split(' '), ...gateway, ...limits.split(' '), '--filters', filters]
    await good('onboard', 'globex', '--name', 'Globex', ...options)
    expect(await show('globex')).toMatchObject({ tenant_id: 'globex', status: 'active', ...set })
    const words = await good('show', 'globex')
    expect(words).toMatch(/^globex {2}Globex\n/)
    for (const line of [
      /isolation +silo/,
      /allowed +scripted, local\/extractive/,
      /fallback +local\/extractive, scripted/,
      /answers kept +1h/,
      /budget of a month +12.5 USD/,
      /filters in +email: mask/,
    ])
      expect(words).toMatch(line)
  })

  it('by a file; of nothing else than the tenant that is named', async () => {
    const file = write('settings.json', JSON.stringify(set))
    expect(await facts('onboard', 'initech', '--settings', file)).toMatchObject({ tenant_id: 'initech', ...set })
    const other = write('other.json', JSON.stringify({ ...set, tenant_id: 'hooli' }))
    expect(refusalOf(await tenants('onboard', 'umbrella', '--settings', other))).toMatch(/for hooli, not for umbrella/)
    expect(refusalOf(await tenants('show', 'hooli'))).toMatch(/no such tenant/)
  })

  it('field by field; none takes back, and the rest stays', async () => {
    await good(
      'configure',
      'initech',
      '--max-tokens',
      'none',
      '--budget',
      'none',
      '--allow',
      'none',
      '--fallback',
      'none',
      '--cache',
      'off',
      '--filters',
      'none',
      '--tier',
      'free',
    )
    const { model_config, limits, filters, tier } = await show('initech')
    expect({ model_config, limits, filters, tier }).toEqual({
      model_config: { model_id: 'scripted' },
      limits: { requests_per_minute: 60, tokens_per_minute: 9_000, concurrent: 3 },
      filters: { input: {}, output: {}, deny_list: [] },
      tier: 'free',
    })
  })

  it('list: newest first, as many as asked for; what a name holds does not steer the terminal', async () => {
    const file = write('odd.json', JSON.stringify({ name: 'Odd\u202eName' }))
    await good('onboard', 'odd', '--settings', file)
    const words = lines(await good('list'))
    expect(words[0]).toMatch(/^TENANT +NAME +STATUS +TIER/)
    expect(words[1]).toMatch(/^odd +Odd\?Name +active/)
    expect(words.at(-1)).toMatch(/^demo /)
    const two = await facts<{ items: object[]; next_cursor: string | null }>('list', '--limit', '2')
    expect(two.items).toHaveLength(2)
    expect(two.next_cursor).toMatch(/\S/)
    expect(lines(await good('list', '--limit', '2')).at(-1)).toMatch(/more/)
  })

  it.each<[string, string[], RegExp]>([
    ['a level that is none', ['configure', 'globex', '--isolation', 'cloud'], /isolation_level/],
    ['a model that is none', ['configure', 'globex', '--model', 'gpt-0'], /model_config.model_id/],
    ['a model that is none, as a fallback', ['configure', 'globex', '--fallback', 'scripted,gpt-0'], /model_config.fallback/],
    ['a fallback without a name', ['configure', 'globex', '--fallback', 'scripted,'], /model_config.fallback/],
    ['a time that answers can not be kept for', ['configure', 'globex', '--cache', '2h'], /model_config.cache/],
    ['an id that would be another path', ['offboard', '..', '--yes'], /"\.\."/],
    ['more than it takes', ['show', 'globex', 'acme'], /too many arguments/],
  ])('refuses %s, with words', async (_, args, words) => {
    expect(refusalOf(await tenants(...args))).toMatch(words)
  })
})

describe('plinth tenants keys', () => {
  beforeAll(async () => {
    await good('onboard', 'keyed', '--name', 'Keyed')
  })

  it('create: the key alone on the last line, good for what it may, and shown this once', async () => {
    const words = lines(
      await good(
        'keys',
        'create',
        'keyed',
        '--name',
        'ci',
        '--user',
        'robot',
        '--permissions',
        'requests:read, requests:write',
        '--expires',
        '30d',
      ),
    )
    const key = words.at(-1) ?? ''
    expect(key).toMatch(/^plk_keyed_\S+$/)
    expect(await statusOf(key)).toBe(200)
    expect((await call(server.url, '/metrics', { token: key })).status).toBe(403)
    const listed = await good('keys', 'list', 'keyed')
    expect(listed).toMatch(/ ci +robot +20\S+ +20\S+Z +good +requests:read,requests:write$/m)
    expect(listed).not.toContain(key.slice(-20))
    const { items } = await facts<{ items: { expires_at: string }[] }>('keys', 'list', 'keyed')
    const days = (Date.parse(items[0]?.expires_at ?? '') - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29.9)
    expect(days).toBeLessThanOrEqual(30)
  })

  it('create --json, with limits; revoke: refused from the next request on', async () => {
    const made = await facts<{ key: string; key_id: string }>(
      'keys',
      'create',
      'keyed',
      '--requests-per-minute',
      '5',
      '--budget',
      '0.5',
    )
    expect(made).toMatchObject({
      limits: { requests_per_minute: 5, monthly_budget_usd: 0.5 },
      expires_at: null,
      revoked_at: null,
    })
    expect(await statusOf(made.key)).toBe(200)
    expect(await good('keys', 'revoke', 'keyed', made.key_id)).toMatch(/is refused now/)
    expect(await statusOf(made.key)).toBe(401)
    expect(await good('keys', 'list', 'keyed')).toMatch(new RegExp(`^${made.key_id} .* revoked +all but tenants:admin$`, 'm'))
  })

  it.each<[string, string[], RegExp]>([
    ['a permission that is none', ['create', 'keyed', '--permissions', 'requests:eat'], /requests:eat/],
    ['a time without a unit', ['create', 'keyed', '--expires', '30'], /--expires/],
    ['an unknown key', ['revoke', 'keyed', '000000000000000000000000'], /no such key/],
  ])('refuses %s, with words', async (_, args, words) => {
    expect(refusalOf(await tenants('keys', ...args))).toMatch(words)
  })

  it('revokes no key whose id would be the path of its tenant', async () => {
    expect(refusalOf(await tenants('keys', 'revoke', 'keyed', '..'))).toMatch(/no id of a key/)
    expect(await facts('show', 'keyed')).toMatchObject({ status: 'active' })
  })
})

describe('plinth tenants, who may', () => {
  it('not a token without tenants:admin, and says which it takes', async () => {
    const token = await mint('demo', ['requests:read', 'requests:write'])
    const run = await plinth(['tenants', 'list'], { ...environment, PLINTH_TOKEN: token })
    expect(refusalOf(run)).toMatch(/tenants:admin.*plinth token/)
    const json = await plinth(['tenants', 'list', '--json'], { ...environment, PLINTH_TOKEN: token })
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'permission_denied' } })
  })

  it('without a server: says so, and how to start one', async () => {
    const nowhere = { PLINTH_URL: 'http://127.0.0.1:9', PLINTH_TOKEN: 'a.b.c' }
    expect(refusalOf(await plinth(['tenants', 'list'], nowhere))).toMatch(/127\.0\.0\.1:9.*npm start/)
    const json = await plinth(['tenants', 'show', 'acme', '--json'], nowhere)
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'no_server' } })
  })

  it('a mistake in the call with --json is JSON, also behind tenants', async () => {
    const run = await tenants('show', '--json')
    expect([run.exit.code, run.stderr]).toEqual([1, ''])
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'usage' } })
  })

  it('not a token of a tenant that is suspended: how to get out of that is said', async () => {
    const PLINTH_TOKEN = await mint('demo')
    await good('suspend', 'demo')
    const refused = await plinth(['tenants', 'activate', 'demo'], { ...environment, PLINTH_TOKEN })
    expect(refusalOf(refused)).toMatch(/Unset PLINTH_TOKEN.*plinth token --tenant <another tenant>.*--offline/)
    const run = await plinth(['tenants', 'activate', 'demo'], { ...environment, PLINTH_TOKEN: await mint('keyed') })
    expect([run.exit.code, run.stdout]).toEqual([0, 'demo is active.\n'])
  })

  it('whoever has the data folder, whichever tenant is suspended', async () => {
    await good('suspend', 'demo')
    expect(await good('activate', 'demo')).toBe('demo is active.\n')
  })
})
