import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { jsonBytes } from '../../src/json.ts'
import { AuditKeys } from '../../src/tenancy/audit/audit-keys.ts'
import { AuditWriter } from '../../src/tenancy/audit/audit-writer.ts'
import {
  type AuditEntry,
  type AuditFacts,
  entryBytes,
  isAuthentic,
  makeEntry,
  parseEntry,
} from '../../src/tenancy/audit/entry.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { AuditBench, facts } from './audit-bench.ts'

const key = new Uint8Array(32).fill(7)

function entryOf(given: Partial<AuditFacts> = {}): AuditEntry {
  const parts = { tenant: 'alpha', region: 'eu-central-1', writer: 'writer', written: 3, key, clock: new FakeClock() }
  return makeEntry({ ...parts, facts: { ...facts, ...given } })
}

const authentic = (entry: object, tenant = 'alpha', with_ = key): boolean => isAuthentic(with_, tenant, entry as never)

describe('an entry', () => {
  it('says who did what to which resource, how it was decided, where, when and by which key [R102, X69]', () => {
    expect(
      entryOf({ key_id: 'key_1', decision: 'budget_spent', detail: { model: 'eu.amazon.nova-lite-v1:0', tokens: 12 } }),
    ).toEqual({
      entry_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: Date.UTC(2026, 0, 1),
      who: 'alice',
      key_id: 'key_1',
      what: 'POST /api/requests',
      resource: 'request/0198-1',
      decision: 'budget_spent',
      region: 'eu-central-1',
      correlation_id: 'correlation-1',
      detail: { model: 'eu.amazon.nova-lite-v1:0', tokens: 12 },
      writer: 'writer',
      written: 3,
      mac: expect.stringMatching(/^[\w-]{43}$/),
    })
  })

  it('is authentic as it is, for its tenant, under its key; and not with any field changed, added or gone [X69]', () => {
    const entry = entryOf({ key_id: 'key_1', detail: { tokens: 12 } })
    expect(authentic(entry)).toBe(true)
    expect(authentic(entry, 'beta')).toBe(false)
    expect(authentic(entry, 'alpha', new Uint8Array(32).fill(8))).toBe(false)
    for (const field of Object.keys(entry) as (keyof AuditEntry)[]) {
      const value = entry[field]
      const changed = typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : { tokens: 13 }
      expect(authentic({ ...entry, [field]: changed }), field).toBe(false)
      const { [field]: _, ...rest } = entry
      expect(authentic(rest), `without ${field}`).toBe(false)
    }
    expect(authentic({ ...entry, approved: true })).toBe(false)
    expect(authentic({ ...entry, mac: null })).toBe(false)
  })

  it('takes no content: a text in its detail that is no code is left out [X64]', () => {
    const prompt = 'My card number is 4111 1111 1111 1111'
    const detail = {
      model: prompt,
      reason: '',
      stop: 'línea',
      long: 'x'.repeat(65),
      code: 'rate_limited',
      whole: 'x'.repeat(64),
      hit: true,
    }
    const entry = entryOf({ detail })
    expect(entry.detail).toEqual({ ...detail, model: '?', reason: '?', stop: '?', long: '?' })
    expect(JSON.stringify(entry)).not.toContain('4111')
    expect(parseEntry(entry)).toEqual(entry)
  })

  it('is refused when the code itself names it badly, and nothing is kept then', async () => {
    const bench = await AuditBench.open()
    const { act } = bench.process()
    const nine = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`count_${index}`, index]))
    for (const bad of [
      { what: '' },
      { what: 'a\nb' },
      { what: 'x'.repeat(101) },
      { decision: 'Not allowed' },
      { decision: '' },
      { detail: { 'a b': 1 } },
      { detail: nine },
      { detail: { cost: Number.NaN } },
    ]) {
      expect(await rejection(act(bad)), JSON.stringify(bad)).toMatchObject({ code: 'invalid_record' })
    }
    expect(await bench.pending()).toEqual([])
  })

  it('fits, and is authentic after it was stored, whatever ids it is given', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }), fc.constant('\ud800'))
    const any = fc.record({
      who: text,
      key_id: text,
      resource: text,
      correlation_id: text,
      detail: fc.dictionary(fc.constantFrom('a', 'b'), text),
    })
    await fc.assert(
      fc.property(any, (given) => {
        const entry = entryOf(given)
        expect(parseEntry(entry)).toEqual(entry)
        expect(jsonBytes(entry as never)).toBeLessThanOrEqual(entryBytes)
        expect(authentic(JSON.parse(JSON.stringify(entry)))).toBe(true)
        for (const id of [entry.who, entry.key_id, entry.resource, entry.correlation_id]) expect(id?.isWellFormed()).toBe(true)
      }),
    )
  })

  it('is at most two kilobytes, with everything as long as it may be', () => {
    const long = '\u4e2d'.repeat(1_000)
    const detail = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}`.padStart(24, 'n'), 'v'.repeat(64)]))
    const given = {
      who: long,
      key_id: long,
      resource: long,
      correlation_id: long,
      what: 'W'.repeat(100),
      decision: 'd'.repeat(64),
      detail,
    }
    const parts = {
      tenant: 'a'.repeat(63),
      region: 'r'.repeat(32),
      writer: 'w'.repeat(12),
      written: Number.MAX_SAFE_INTEGER,
      key,
    }
    const entry = makeEntry({ ...parts, facts: given, clock: new FakeClock() })
    expect(parseEntry(entry)).toEqual(entry)
    expect(jsonBytes(entry as never)).toBeLessThanOrEqual(entryBytes)
    expect(jsonBytes(entry as never)).toBeGreaterThan(entryBytes - 200)
  })

  it('keeps two long ids apart that begin alike', () => {
    const [one, two] = ['1', '2'].map((end) => entryOf({ who: `${'u'.repeat(200)}${end}`, resource: `request/\u00e9${end}` }))
    expect(one?.who).not.toBe(two?.who)
    expect(one?.who).toHaveLength(120)
    expect(one?.resource).not.toBe(two?.resource)
    expect(entryOf({ who: 'u'.repeat(120) }).who).toBe('u'.repeat(120))
    expect(entryOf({ who: 'Zoë Müller' }).who).toBe('Zoë Müller')
    expect(entryOf({ who: 'two\nlines' }).who).toMatch(/^two_lines~[0-9a-f]{16}$/)
  })
})

describe('a process that writes', () => {
  it('counts what it surely wrote for each tenant, and only that', async () => {
    const bench = await AuditBench.open()
    const { act, writer, operator } = bench.process()
    await act()
    const prepared = await writer.prepare('alpha', facts)
    bench.memory.hostile.conflictNext()
    expect(await rejection(operator.state('alpha').commit({ writes: [prepared.write] }))).toMatchObject({ code: 'conflict' })
    await act()
    await act({}, 'beta')
    const written = (await bench.pending()).map(({ index }) => [index.writer, index.written])
    const [[name]] = written as [[string]]
    expect(written).toEqual([
      [name, 0],
      [name, 1],
    ])
    expect((await bench.pending('beta')).map(({ index }) => index.written)).toEqual([0])
  })

  it('tells whoever seals, once the commit has succeeded', async () => {
    const bench = await AuditBench.open()
    const { keys } = bench.process()
    const told: string[] = []
    const writer = new AuditWriter({ keys, clock: bench.clock, region: 'local', onKept: (tenant) => told.push(tenant) })
    const { kept } = await writer.prepare('alpha', facts)
    expect(told).toEqual([])
    kept()
    expect(told).toEqual(['alpha'])
  })
})

describe('the keys', () => {
  it('are one a tenant, the same in every process, and outlive the tenant and its keys [X69]', async () => {
    const bench = await AuditBench.open()
    const [one, other] = [bench.process(), bench.process()]
    const alpha = await one.keys.of('alpha')
    expect(alpha).toHaveLength(32)
    expect(await other.keys.of('alpha')).toEqual(alpha)
    expect(await one.keys.of('beta')).not.toEqual(alpha)
    expect(await one.keys.of('alpha')).toBe(alpha)
    // Whatever the tenant has in the database goes: no key of its own is asked.
    await one.act()
    await one.sealer.seal('alpha')
    for await (const row of bench.store.read('alpha', 'data-keys', 'data-keys')) await bench.write({ delete: row })
    expect(await bench.process().verify()).toMatchObject({ valid: true, entries: 1 })
  })

  it('are asked for again after a failure', async () => {
    let asked = 0
    const keys = new AuditKeys({ lookup: async () => (++asked === 1 ? Promise.reject(new Error('down')) : 'value') })
    expect(await rejection(keys.of('alpha'))).toMatchObject({ message: 'down' })
    expect(await keys.of('alpha')).toHaveLength(32)
    await keys.of('alpha')
    expect(asked).toBe(2)
  })
})
