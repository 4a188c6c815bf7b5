import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { appendLines, appendRecords } from '../../../src/analytics/append-records.ts'
import { entryBytes, unpackEntry } from '../../../src/analytics/entry.ts'
import type { StreamRecord } from '../../../src/analytics/record.ts'
import { countPlace, findStream, setUpStream, streamCounts } from '../../../src/analytics/set-up-stream.ts'
import { shardOf, shardPartition } from '../../../src/analytics/shards/shard-of.ts'
import { defaultSettings, defaultShards, streamLimits } from '../../../src/analytics/streams.ts'
import type { AppendResult } from '../../../src/ports/event-stream.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import { count } from '../../../src/scope/state.ts'
import { EventBench } from '../../event-driven/bench.ts'

let bench: EventBench
let scope: Scope
/** What lies in each partition of the log, as calls brought it. */
let log: Map<string, StreamRecord[]>
let calls: { readonly partition: string; readonly bytes: readonly number[] }[]
/** What the log answers to a call, where it isn't taken. */
let refuse: (partition: string, call: number) => Extract<AppendResult, { refused: unknown }> | undefined

beforeEach(async () => {
  bench = await EventBench.open(() => '', { worker: false })
  log = new Map()
  calls = []
  refuse = () => undefined
  const whole = await bench.scope()
  scope = {
    ...whole,
    streams: {
      append: async (partition, entries) => {
        calls.push({ partition, bytes: entries.map(({ byteLength }) => byteLength) })
        const refusal = refuse(partition, calls.length)
        if (refusal) return entries.map(() => refusal)
        for (const data of entries)
          log.set(partition, [...(log.get(partition) ?? []), ...(unpackEntry(data) as readonly StreamRecord[])])
        return entries.map(() => ({ sequence: 's' }))
      },
      remove: async () => {},
    },
  }
})

const kept = (): StreamRecord[] => [...log.values()].flat()
const record = (key: string, value: number): object => ({ key, data: { value } })
const numbered = (amount: number, keys = 7) => Array.from({ length: amount }, (_, index) => record(`k${index % keys}`, index))
const throttled = (retryAfter?: number) => ({
  refused: { code: 'throttled' as const, ...(retryAfter === undefined ? {} : { retryAfter }) },
})

async function* bytesOf(text: string, size = 1_000): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

describe('appending records', () => {
  it('begins the stream with its first record, not with a bad one', async () => {
    expect(await appendRecords(scope, 'plant', [{ key: 'a' }])).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] })
    expect(await findStream(scope, 'plant')).toBeUndefined()
    expect(await appendRecords(scope, 'plant', [])).toEqual({ accepted: 0, rejected: [] })
    expect(await findStream(scope, 'plant')).toBeUndefined()
    await appendRecords(scope, 'plant', [record('a', 1)])
    const now = scope.clock.now()
    expect((await findStream(scope, 'plant'))?.fields).toEqual({
      ...defaultSettings,
      name: 'plant',
      shards: defaultShards,
      created: now,
      updated: now,
    })
    expect(kept()).toEqual([{ key: 'a', timestamp: now, data: { value: 1 } }])
  })

  it('puts each record where its key belongs, in order, and once [R86, X54]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 300 }), async (keys) => {
        log.clear()
        const good = keys.filter((key) => key.isWellFormed() && !/\p{Cc}/u.test(key))
        const values = good.map((key, index) => ({ ...record(key, index), id: String(index) }))
        expect(await appendRecords(scope, 'plant', values)).toEqual({ accepted: good.length, rejected: [] })
        for (const [partition, records] of log) {
          for (const { key } of records) expect(partition).toBe(shardPartition('plant', shardOf(key, defaultShards)))
          expect(records.map(({ id }) => Number(id))).toEqual(records.map(({ id }) => Number(id)).sort((a, b) => a - b))
        }
        expect(kept().length).toBe(good.length)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps the good ones of a call that has bad ones, which it names by their place and reason [X49]', async () => {
    const values = [record('a', 1), { key: 'a', data: 7 }, record('b', 2), 'x', { ...record('a', 3), extra: 1 }]
    const answer = await appendRecords(scope, 'plant', values)
    expect(answer.accepted).toBe(2)
    expect(answer.rejected.map(({ index, error }) => [index, error.field])).toEqual([
      [1, 'data'],
      [3, undefined],
      [4, 'extra'],
    ])
    expect(kept().map(({ data }) => data.value)).toEqual([1, 2])
  })

  it('lists a thousand that were rejected, and counts the rest', async () => {
    const answer = await appendRecords(scope, 'plant', [...Array.from({ length: 1_200 }, () => null), record('a', 1)])
    expect([answer.accepted, answer.rejected.length, answer.rejected_count]).toEqual([1, 1_000, 1_200])
    expect(answer.rejected.at(-1)?.index).toBe(999)
  })

  it('goes by the fields that the stream declares', async () => {
    await setUpStream(scope, 'plant', { fields: { value: 'number', note: 'category' } })
    const answer = await appendRecords(scope, 'plant', [
      { key: 'a', data: { value: '20.5', note: 1 } },
      { key: 'a', data: { value: 20.5, note: 1 } },
    ])
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ index: 0, error: { field: 'data.value' } }] })
  })

  it('fills entries up to their limit of bytes, also with text of more bytes than characters', async () => {
    for (const letter of ['x', '温']) {
      calls = []
      const values = Array.from({ length: 60 }, () => ({ key: 'a', data: { text: letter.repeat(20_000) } }))
      expect((await appendRecords(scope, 'plant', values)).accepted).toBe(60)
      const bytes = calls.flatMap((call) => call.bytes)
      expect(Math.max(...bytes)).toBeLessThanOrEqual(entryBytes)
      // Records are put together, not sent one by one.
      expect(bytes.length).toBeLessThan(30)
    }
  })

  it('refuses a stream more than a tenant may have', async () => {
    await scope.state.commit({
      writes: [count(streamCounts, countPlace, { streams: streamLimits.streams - 1 })],
    })
    await appendRecords(scope, 'last', [record('a', 1)])
    await expect(appendRecords(scope, 'more', [record('a', 1)])).rejects.toMatchObject({ code: 'too_many_streams' })
    await expect(setUpStream(scope, 'more', {})).rejects.toMatchObject({ code: 'too_many_streams' })
    await appendRecords(scope, 'last', [record('a', 1)])
    expect(kept()).toHaveLength(2)
  })
})

describe('a log that is busy', () => {
  it('gives back the records that it did not take, to be sent again [X54]', async () => {
    const slow = shardPartition('plant', shardOf('k1', defaultShards))
    refuse = (partition) => (partition === slow ? throttled(3) : undefined)
    const answer = await appendRecords(scope, 'plant', numbered(100))
    const of = (index: number): boolean => shardPartition('plant', shardOf(`k${index % 7}`, defaultShards)) === slow
    const left = Array.from({ length: 100 }, (_, index) => index).filter(of)
    expect(answer.accepted).toBe(100 - left.length)
    expect(answer.rejected.map(({ index }) => index)).toEqual(left)
    expect(answer.rejected.every(({ error }) => error.retryable && error.code === 'stream_busy')).toBe(true)
    expect(kept().length).toBe(answer.accepted)
  })

  it('is told as such when nothing was taken, with the time to wait', async () => {
    refuse = () => throttled(3)
    const refused = appendRecords(scope, 'plant', [...numbered(10), null])
    await expect(refused).rejects.toMatchObject({ code: 'stream_busy', retryable: true, retryAfter: 3 })
    refuse = () => ({ refused: { code: 'unavailable' } })
    await expect(appendRecords(scope, 'plant', numbered(1))).rejects.toMatchObject({ code: 'stream_unavailable', retryAfter: 1 })
  })

  it('makes lines wait, and keeps their order', async () => {
    refuse = (_, call) => (call % 3 === 0 ? throttled(1) : undefined)
    let done = false
    const appended = appendLines(scope, 'plant', bytesOf(lines(numbered(20_000, 1)))).finally(() => {
      done = true
    })
    while (!done) {
      await new Promise(setImmediate)
      await bench.memory.clock.advance(500)
    }
    expect(await appended).toEqual({ accepted: 20_000, rejected: [] })
    expect(kept().map(({ data }) => data.value)).toEqual(Array.from({ length: 20_000 }, (_, index) => index))
  })

  it('makes lines wait no longer than a while', async () => {
    refuse = () => throttled(60)
    const begun = scope.clock.now()
    let done = false
    const appended = appendLines(scope, 'plant', bytesOf(lines(numbered(3)))).finally(() => {
      done = true
    })
    appended.catch(() => {})
    while (!done) {
      await new Promise(setImmediate)
      await bench.memory.clock.advance(500)
    }
    await expect(appended).rejects.toMatchObject({ code: 'stream_busy', retryAfter: 60 })
    expect(scope.clock.now() - begun).toBeLessThan(40_000)
  })
})

describe('lines', () => {
  it('that hold no record are rejected alone, by their place [X49]', async () => {
    const body = `${JSON.stringify(record('a', 1))}\n{"key"\n\n  \r\n[1]\n${'x'.repeat(140_000)}\n${JSON.stringify(record('b', 2))}`
    const answer = await appendLines(scope, 'plant', bytesOf(body))
    expect(answer.rejected.map(({ index, error }) => [index, error.code])).toEqual([
      [1, 'invalid_record'],
      [4, 'invalid_record'],
      [5, 'too_large'],
    ])
    expect(
      kept()
        .map(({ data }) => data.value)
        .sort(),
    ).toEqual([1, 2])
    expect(answer.accepted).toBe(2)
  })

  it('are read no faster than they are appended [X54]', async () => {
    let read = 0
    let furthest = 0
    const part = new TextEncoder().encode(lines(numbered(1_000)))
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; read < 60; read++) yield part
    }
    const { append } = scope.streams
    const slow: Scope = {
      ...scope,
      streams: {
        ...scope.streams,
        append: async (partition, entries) => {
          const before = read
          for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
          furthest = Math.max(furthest, read - before)
          return append(partition, entries)
        },
      },
    }
    expect((await appendLines(slow, 'plant', endless())).accepted).toBe(60_000)
    expect(furthest).toBe(0)
  })

  it('before a cut are kept, and the one that was cut is not', async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield* bytesOf(`${lines(numbered(3))}${JSON.stringify(record('a', 9))}`)
      throw new Error('cut')
    }
    await expect(appendLines(scope, 'plant', cut())).rejects.toThrow('cut')
    expect(
      kept()
        .map(({ data }) => data.value)
        .sort(),
    ).toEqual([0, 1, 2])
  })
})
