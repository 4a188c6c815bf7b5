import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { limitOf, readList } from '../src/read-list.ts'
import { fieldList, table } from '../src/table.ts'
import { confirmName } from '../src/tenants/confirm.ts'
import { linesOf } from '../src/tenants/line-reader.ts'
import { lockOutOf } from '../src/tenants/lock-out.ts'
import { type SettingsOptions, settingsOf } from '../src/tenants/settings-options.ts'
import { tenantPath } from '../src/tenants/subcommand.ts'

describe('confirmName', () => {
  const ask = (typed: string, isTTY = true) => {
    const input = Object.assign(new PassThrough(), { isTTY })
    const output = new PassThrough()
    input.end(typed)
    return { confirmed: confirmName('acme', { input, output }), words: () => String(output.read() ?? '') }
  }

  it('says why, where that is something else', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: false })
    const refused = confirmName('acme', { input, output: new PassThrough() }, 'It is the last one.')
    await expect(refused).rejects.toThrow('It is the last one. Say --yes if you mean it.')
  })

  it('goes on when the name is typed again, and says for what', async () => {
    const { confirmed, words } = ask('acme\n')
    await expect(confirmed).resolves.toBeUndefined()
    expect(words()).toMatch(/can not be undone.*acme/)
  })

  it.each([['yes\n'], ['\n'], [''], ['acm\nacme\n'], ['acme2\n']])('not for %j', async (typed) => {
    await expect(ask(typed).confirmed).rejects.toThrow(/Nothing was done/)
  })

  it('asks nobody where nobody is', async () => {
    const { confirmed, words } = ask('acme\n', false)
    await expect(confirmed).rejects.toThrow(/--yes/)
    expect(words()).toBe('')
  })
})

describe('lockOutOf', () => {
  const serverOf = (tenants: Readonly<Record<string, string>>) => ({
    call: async () => ({
      items: Object.entries(tenants).map(([tenant_id, status]) => ({ tenant_id, status })),
      next_cursor: null,
    }),
  })
  const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  const suspended = (tenants: Readonly<Record<string, string>>, id: string, token?: string) =>
    lockOutOf(serverOf(tenants), id, { leaving: 'suspended', token })

  it('of the only active tenant: nobody is let in, and the way back is said', async () => {
    const tenants = { acme: 'active', old: 'offboarded', demo: 'suspended' }
    expect(await suspended(tenants, 'acme')).toMatch(/only active.*plinth tenants activate acme --offline/)
    const left = await lockOutOf(serverOf(tenants), 'acme', { leaving: 'offboarded', token: undefined })
    expect(left).toMatch(/only active.*plinth tenants onboard <another tenant> --offline/)
    expect(await suspended(tenants, 'acme', jwt({ tenant_id: 'acme' }))).toMatch(/only active/)
  })

  it.each([jwt({ tenant_id: 'acme' }), `plk_acme_${'0'.repeat(24)}_x`])('of the tenant of PLINTH_TOKEN: %s', async (token) => {
    const tenants = { acme: 'active', demo: 'active' }
    expect(await suspended(tenants, 'acme', token)).toMatch(/PLINTH_TOKEN is of acme.*plinth token --tenant demo/)
    expect(await suspended(tenants, 'demo', token)).toBeUndefined()
  })

  it('of none else, and whatever the token is', async () => {
    const tenants = { acme: 'active', demo: 'active', old: 'suspended' }
    for (const token of [undefined, '', 'x', 'a.b.c', jwt(null), jwt({ tenant_id: ['acme'] })])
      expect(await suspended(tenants, 'acme', token)).toBeUndefined()
    for (const id of ['old', 'nobody']) expect(await suspended({ acme: 'active', old: 'suspended' }, id)).toBeUndefined()
  })
})

describe('readList', () => {
  /** A list of so many numbers, in pages of two at the most, every second one empty. */
  function server(length: number) {
    const asked: string[] = []
    const call = async (_: string, path: string) => {
      asked.push(path)
      const { searchParams } = new URL(path, 'http://x')
      const [start = 0, empty = 0] = (searchParams.get('after') ?? '0.0').split('.').map(Number)
      if (empty === 1) return { items: [], next_cursor: `${start}.0` }
      const end = Math.min(length, start + Math.min(2, Number(searchParams.get('limit'))))
      const items = Array.from({ length: end - start }, (_, index) => start + index)
      return { items, next_cursor: end < length ? `${end}.1` : null }
    }
    return { asked, call }
  }

  it('page by page, until there is no more', async () => {
    expect(await readList(server(5), '/x', Number.POSITIVE_INFINITY)).toEqual({ items: [0, 1, 2, 3, 4], next_cursor: null })
  })

  it('as many as asked for, and where it goes on', async () => {
    const { asked, call } = server(5)
    expect(await readList({ call }, '/x', 3)).toEqual({ items: [0, 1, 2], next_cursor: '3.1' })
    expect(asked).toEqual(['/x?limit=3', '/x?limit=1&after=2.1', '/x?limit=1&after=2.0'])
  })

  it('no page is longer than the server allows', async () => {
    const { asked, call } = server(1)
    await readList({ call }, '/x', 5_000)
    expect(asked).toEqual(['/x?limit=1000'])
  })

  it.each(['0', '-1', '1.5', 'all', ''])('a limit of %j is none', (text) => {
    expect(() => limitOf(text)).toThrow(/--limit/)
  })
})

describe('settingsOf', () => {
  it.each<[SettingsOptions, object]>([
    [{ tier: 'gold' }, { tier: 'gold' }],
    [
      { region: 'none', residency: 'none' },
      { data_residency_region: null, residency: null },
    ],
    [{ model: 'a', maxTokens: '5' }, { model_config: { model_id: 'a', max_tokens: 5 } }],
    [{ allow: ['a', 'b'] }, { model_config: { allowed_models: ['a', 'b'] } }],
    [
      { allow: ['none'], filters: 'none' },
      { model_config: { allowed_models: null }, filters: null },
    ],
    [{ budget: '0.000001', concurrent: 'none' }, { limits: { monthly_budget_usd: 0.000001, concurrent: null } }],
    [{ name: 'none' }, { name: 'none' }],
  ])('%j are %j', (options, settings) => {
    expect(settingsOf(options)).toEqual(settings)
  })

  it.each<[string, SettingsOptions, RegExp]>([
    ['nothing', {}, /either options.*or --settings/],
    ['options and a file', { tier: 'x', settings: 'x.json' }, /either options/],
    ['a file that is not there', { settings: '/nowhere.json' }, /no file \/nowhere.json/],
    ['filters that are no JSON', { filters: import.meta.filename }, /no JSON object/],
    ['a folder', { filters: import.meta.dirname }, /can't be read/],
    ['a number in another spelling', { maxTokens: '1e3' }, /--max-tokens must be a whole number/],
    ['a broken number', { requestsPerMinute: '1.5' }, /--requests-per-minute must be a whole number/],
    ['less than no money', { budget: '-1' }, /--budget must be a number/],
  ])('refuses %s', (_, options, words) => {
    expect(() => settingsOf(options)).toThrow(words)
  })
})

describe('tenantPath', () => {
  it('of a tenant', () => {
    expect(tenantPath('acme-1', '/keys')).toBe('/api/tenants/acme-1/keys')
  })

  it.each([undefined, '', '.', '..', 'a/b', 'a%2fb', 'ACME', 'a b', '_system', 'a?x'])('none of %j', (id) => {
    expect(() => tenantPath(id)).toThrow(/tenant id/)
  })
})

describe('tables', () => {
  it('are aligned, numbers to the right', () => {
    const rows = [
      ['acme', '1'],
      ['b', '1000'],
    ]
    expect(table(['TENANT', 'N'], rows, new Set([1]))).toEqual(['TENANT     N', 'acme       1', 'b       1000'])
    expect(table(['TENANT', 'N'], [])).toEqual(['TENANT  N'])
  })

  it('hold nothing that steers a terminal', () => {
    expect(table(['A'], [['\u001b[2J\u202ex\ny']])).toEqual(['A', '?[2J?x?y'])
    expect(fieldList({ a: '\u001b]0;x\u0007', longer: 'y', none: undefined })).toEqual(['  a       ?]0;x?', '  longer  y'])
  })
})

describe('linesOf', () => {
  const read = async (pieces: string[], most?: number): Promise<string[]> => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) yield Buffer.from(piece)
    }
    const found: string[] = []
    for await (const line of linesOf(chunks(), most)) found.push(line.toString())
    return found
  }

  it.each<[string[], string[]]>([
    [[], []],
    [['a\nb\n'], ['a\n', 'b\n']],
    [
      ['a', '', 'b\n\nc', '\nd'],
      ['ab\n', '\n', 'c\n', 'd'],
    ],
  ])('of %j are %j', async (pieces, found) => {
    expect(await read(pieces)).toEqual(found)
  })

  it('holds no more than a line may have', async () => {
    await expect(read(['abc', 'def', 'g'], 6)).rejects.toThrow(/no export/)
    expect(await read(['abc', 'def', '\n', 'abcdef'], 6)).toEqual(['abcdef\n', 'abcdef'])
  })
})
