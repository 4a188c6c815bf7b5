import { describe, expect, it } from 'vitest'
import { RecordRules } from '../../../src/analytics/alerts/record-rules.ts'
import type { StreamRecord } from '../../../src/analytics/record.ts'
import { fieldLimits } from '../../../src/analytics/shards/key-fields.ts'
import { KeyState, keyCharacters } from '../../../src/analytics/shards/key-state.ts'
import { MemoryBudget } from '../../../src/analytics/shards/memory-budget.ts'
import { ShardOutputs } from '../../../src/analytics/shards/shard-outputs.ts'
import type { FieldKind } from '../../../src/analytics/streams.ts'
import { record, ShardBench, start, streamName, testParts } from './shard-bench.ts'

const manyKeys = (bench: ShardBench): void => {
  for (let round = 0; round < 9; round++)
    for (let at = 0; at < 120; at += 40)
      bench.append(
        Array.from({ length: 40 }, (_, key) =>
          record(`key-${at + key}`, round * 7, { value: round * 3 + ((at + key) % 5) * 60 * (round % 2) }),
        ),
      )
}

async function pageRows(bench: ShardBench) {
  const rows = []
  for await (const row of bench.memory.inner.state.read('alpha', 'stream-key-pages', `${streamName}/0/1`)) rows.push(row)
  return rows
}

describe('pages of keys', () => {
  it('are split as they grow, and what is told stays the same whatever fits into memory [R88][X54]', async () => {
    const whole = await ShardBench.open()
    manyKeys(whole)
    await whole.run({ pageCharacters: 1e9 })
    expect(await pageRows(whole)).toHaveLength(1)
    expect((await whole.told()).results.length).toBeGreaterThan(100)

    const bench = await ShardBench.open()
    manyKeys(bench)
    // Each batch by a process of its own, which has nothing in memory.
    for (let at = 0; at < bench.log.length; at += 13)
      await bench.take(bench.work({ pageCharacters: 4_000, memoryBytes: 30_000 }), at, at + 13, true)
    const rows = await pageRows(bench)
    const full = rows.filter((row) => row.sealed.keys)
    expect(full.length).toBeGreaterThan(10)
    for (const row of full) expect(row.sealed.keys?.byteLength).toBeLessThan(4_100)
    expect(await bench.told()).toEqual(await whole.told())
  }, 60_000)

  it('lie in their rows up to 300 KiB, sealed, and not in objects', async () => {
    const bench = await ShardBench.open()
    bench.append(Array.from({ length: 199 }, (_, key) => record(`secret-key-${key}`, 1, { value: key, other: 1, mode: 'on' })))
    await bench.run({ pageCharacters: 200_000 })
    const [row] = await pageRows(bench)
    expect(row?.sealed.keys?.byteLength).toBeGreaterThan(35_000)
    expect(row?.sealed.keys?.[0]).toBe(1)
    expect(JSON.stringify([row?.index, row?.lists, row?.sort])).not.toContain('secret')
  })

  it('leave the memory when they are saved and it is short, the ones not used for longest first', async () => {
    const budget = new MemoryBudget(60_000)
    const bench = await ShardBench.open()
    bench.append(Array.from({ length: 400 }, (_, key) => record(`key-${key}`, 1, { value: key })))
    const { Shard } = await import('../../../src/analytics/shards/shard.ts')
    const options = { parts: testParts, budget, keepAfter: { milliseconds: 1e9, records: 1e9 }, pageCharacters: 4_000 }
    const shard = await Shard.open(bench.scope, bench.stream, 0, new RecordRules([]), options)
    await shard.take(bench.scope, bench.log, bench.stream, new RecordRules([]), false)
    expect(budget.weight).toBeLessThanOrEqual(60_000)
    expect(budget.weight).toBeGreaterThan(0)
    shard.close()
    expect(budget.weight).toBe(0)
  })

  it('forget keys that have had no record for longer than records are kept', async () => {
    const bench = await ShardBench.open()
    const week = 7 * 86_400
    bench.append([record('old', 1, { value: 1 }), record('other', 1, { value: 1 })])
    bench.append([record('new', 100, { value: 1 })])
    bench.append([record('new', week + 200, { value: 1 })])
    Object.assign(bench.log[2] as object, { at: start + (week + 200) * 1_000 })
    await bench.take(bench.work(), 0, 2, true)
    const before = (await pageRows(bench))[0]?.sealed.keys?.byteLength ?? 0
    await bench.take(bench.work(), 2, 3, true)
    // Once nothing is left to do for a key.
    bench.append([record('new', week + 201, { value: 1 })])
    await bench.take(bench.work(), 3, 4, true)
    expect((await pageRows(bench))[0]?.sealed.keys?.byteLength).toBeLessThan(before * 0.6)
  })
})

describe('the state of a key', () => {
  const settings = { fields: {}, windows: [], lateness: 0, retention: 1 }
  const state = (fields: Record<string, FieldKind> = {}) => {
    const context = { parts: testParts, settings, declared: new Map(Object.entries(fields)), rules: new RecordRules([]) }
    const outputs = new ShardOutputs()
    const key = new KeyState('k', context)
    const take = (seconds: number, data: StreamRecord['data']) =>
      key.take(record('k', seconds, data), start, Number.NEGATIVE_INFINITY, context, outputs)
    return { key, context, outputs, take }
  }
  const names = (text: string): string[] => (JSON.parse(text)[5] as [string][]).map(([name]) => name)

  it('finds fields by their values, unless they are declared', () => {
    const { key, take } = state({ declared: 'number', ignored: 'ignore', 'as-text': 'category' })
    take(1, {
      number: 1,
      text: 'on',
      flag: true,
      long: 'x'.repeat(65),
      nothing: null,
      list: [1],
      inner: {},
      declared: '1.5e3',
      ignored: 5,
      'as-text': 7,
    })
    take(2, { declared: 'no number', 'as-text': 'a' })
    expect(names(key.pack())).toEqual(['number', 'text', 'flag', 'declared', 'as-text'])
    expect(JSON.parse(key.pack())[5][3].slice(4)).toEqual(['n', [start + 1_000, 1_500], 0])
  })

  it('bears any name of a field, also those that every object has', () => {
    const { key, context, take } = state()
    take(1, JSON.parse('{"__proto__": 1, "constructor": 2, "toString": "x"}'))
    const packed = key.pack()
    expect(names(packed)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(KeyState.unpack('k', packed, context).pack()).toBe(packed)
  })

  it('takes text with many different values for no category', () => {
    const { key, take } = state({ declared: 'category' })
    for (let at = 0; at <= fieldLimits.distinct; at++)
      take(at, { text: `text ${at}`, declared: `text ${at}`, few: `text ${at % 3}` })
    expect(names(key.pack())).toEqual(['declared', 'few'])
    take(99, { text: 'text 1' })
    expect(names(key.pack())).toEqual(['declared', 'few'])
  })

  it('is bounded: 16 numeric and 8 categorical fields, 32 points, and some characters in all', () => {
    const { key, context, take, outputs } = state()
    const data: Record<string, number | string> = {}
    for (let at = 0; at < 40; at++) Object.assign(data, { [`n${at}`]: at, [`c${at}`]: 'on' })
    for (let at = 0; at < 50; at++) take(at, data)
    const packed = key.pack()
    expect(names(packed)).toHaveLength(24)
    expect(JSON.parse(packed)[5][0][5]).toHaveLength(64)
    take(60, { ...data, n3: 1_000 })
    outputs.finishEntry()
    const finding = outputs.findings.find(({ finding: { field } }) => field === 'n3')?.finding
    expect(finding?.recent).toHaveLength(32)
    expect(finding?.recent.at(-1)).toEqual([start + 60_000, 1_000])
    expect(finding?.recent[0]).toEqual([start + 19_000, 3])

    const heavy = { ...testParts, number: () => ({ ...testParts.number(), pack: () => 'x'.repeat(9_000) }) }
    const own = new KeyState('k', { ...context, parts: heavy })
    for (let at = 0; at < 16; at++) own.take(record('k', at, { [`n${at}`]: 1 }), start, 0, { ...context, parts: heavy }, outputs)
    const cut = own.pack()
    expect(cut.length).toBeLessThanOrEqual(keyCharacters)
    // The ones that had a value last, and their points before them.
    expect(names(cut)).toEqual(Array.from({ length: 13 }, (_, at) => `n${at + 3}`))
    expect(JSON.parse(cut)[5].map((field: unknown[]) => field[5])).toEqual(Array.from({ length: 13 }, () => []))
  })
})
