import { expect } from 'vitest'
import { sha256 } from '../crypto.ts'
import { ConflictError, InvalidInputError } from '../errors.ts'
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts'
import { type ContractOptions, describeContract } from './contract.ts'

/** The promises of {@link ObjectStore}, one test each. */
export function describeObjectStoreContract(adapter: string, options: ContractOptions<ObjectStore>): void {
  describeContract('ObjectStore', adapter, options, {
    'after a put every get, head and list sees it': async (subject) => {
      const { port, clock } = subject()
      const key = { tenant: 'seen', name: 'folder/first.txt' }
      const content = sample(1000)
      const head = await port.put(key, content)
      expect(head).toMatchObject({ name: key.name, bytes: 1000, sha256: sha256(content) })
      if (clock) expect(head.modified).toBe(clock.now())
      expect(await port.get(key)).toEqual(content)
      expect(await port.head(key)).toEqual(head)
      expect(await port.list({ tenant: key.tenant, limit: 10 })).toEqual({ items: [head] })
    },

    'a put replaces what was there': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'replaced', name: 'a' }
      await port.put(key, sample(500))
      const head = await port.put(key, sample(20, 7))
      expect(head).toMatchObject({ bytes: 20, sha256: sha256(sample(20, 7)) })
      expect(await port.get(key)).toEqual(sample(20, 7))
      expect(await port.head(key)).toEqual(head)
      expect((await port.list({ tenant: key.tenant, limit: 10 })).items).toEqual([head])
    },

    'an absent object is undefined, an empty one is not': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'absent', name: 'none' }
      expect(await port.get(key)).toBeUndefined()
      expect(await port.get(key, { start: 0, end: 1 })).toBeUndefined()
      expect(await port.head(key)).toBeUndefined()
      expect(await port.stream(key)).toBeUndefined()
      expect(await port.list({ tenant: key.tenant, limit: 10 })).toEqual({ items: [] })
      await port.put(key, new Uint8Array(0))
      expect(await port.get(key)).toEqual(new Uint8Array(0))
      expect(await port.head(key)).toMatchObject({ bytes: 0, sha256: sha256('') })
      expect(await read(port, key)).toEqual(new Uint8Array(0))
    },

    "a range is [start, end), cut to the object's size": async (subject) => {
      const { port } = subject()
      const key = { tenant: 'range', name: 'a' }
      const content = sample(100)
      await port.put(key, content)
      const edges = [0, 1, 50, 99, 100, 101, 1_000_000]
      for (const start of edges) {
        for (const end of edges.filter((edge) => edge >= start)) {
          expect(await port.get(key, { start, end }), `${start}-${end}`).toEqual(content.slice(start, end))
        }
      }
      for (const [start = 0, end = 0] of [
        [-1, 5],
        [5, 4],
        [0.5, 2],
        [0, Number.NaN],
      ]) {
        await expect(port.get(key, { start, end }), `${start}-${end}`).rejects.toBeInstanceOf(InvalidInputError)
      }
    },

    'listing is in byte order of names, complete over its pages': async (subject) => {
      const { port } = subject()
      const long = 'long'.repeat(40)
      const names = 'a a/b a/b/c a-b a.b a0 a0/z A A/b B b _ - 0 9/9 .hidden x..y/z'.split(' ')
      names.push(
        long,
        `${long}/a`,
        `${long}-a`,
        `${long}0`,
        long.slice(0, 100),
        `${long.slice(0, 100)}/a`,
        `${long.slice(0, 99)}/b`,
      )
      for (const name of [...names].reverse()) await port.put({ tenant: 'order', name }, sample(3))
      const sorted = [...names].sort()
      for (const limit of [1, 2, 7, names.length, 1000]) expect(await listed(port, { tenant: 'order', limit })).toEqual(sorted)
      for (const prefix of [
        '',
        'a',
        'a/',
        'a/b',
        'A',
        'long',
        `${long}/`,
        long.slice(0, 99),
        long.slice(0, 130),
        'none',
        'a/b/c/',
        '/',
        '../',
      ]) {
        const expected = sorted.filter((name) => name.startsWith(prefix))
        expect(await listed(port, { tenant: 'order', prefix, limit: 3 }), prefix).toEqual(expected)
      }
      for (const after of ['', 'a', 'a/', 'a/b', 'a/c', 'Z', long, long.slice(0, 130), '~']) {
        const expected = sorted.filter((name) => name > after)
        expect(await listed(port, { tenant: 'order', after, limit: 5 }), after).toEqual(expected)
      }
      const both = sorted.filter((name) => name.startsWith('a') && name > 'a.b')
      expect(await listed(port, { tenant: 'order', prefix: 'a', after: 'a.b', limit: 2 })).toEqual(both)
    },

    'a full last page says that it is the last': async (subject) => {
      const { port } = subject()
      for (const name of ['1', '2', '3', '4']) await port.put({ tenant: 'pages', name }, sample(1))
      expect((await port.list({ tenant: 'pages', limit: 2 })).after).toBe('2')
      expect(await port.list({ tenant: 'pages', limit: 2, after: '2' })).not.toHaveProperty('after')
    },

    'ifAbsent puts of one name: exactly one wins, the others get ConflictError, also at the same time': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'absent-once', name: 'folder/lock' }
      const content = (index: number): Uint8Array => sample(5000 + index, index)
      const race = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          port.put(key, index % 2 === 0 ? content(index) : pieces(content(index), [999]), { ifAbsent: true }),
        ),
      )
      const winners = race.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []))
      expect(winners).toHaveLength(1)
      expect(await port.get(key)).toEqual(content(winners[0] ?? -1))
      for (const result of race) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConflictError)
      await port.delete(key)
      await port.put(key, sample(1), { ifAbsent: true })
      await expect(port.put(key, sample(2), { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError)
      expect(await port.get(key)).toEqual(sample(1))
    },

    'content may come in pieces of any size, and go out in pieces': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'stream', name: 'large' }
      const content = sample(5_000_000)
      const head = await port.put(key, pieces(content, [1, 0, 7, 4093, 65_537, 300_001, 64, 1_048_577]))
      expect(head).toMatchObject({ bytes: content.byteLength, sha256: sha256(content) })
      expect(sha256((await port.get(key)) ?? '')).toBe(head.sha256)
      expect(sha256((await read(port, key)) ?? '')).toBe(head.sha256)
      expect(await port.get(key, { start: 4_999_990, end: 5_000_010 })).toEqual(content.slice(4_999_990))
      const nothing = { tenant: 'stream', name: 'nothing' }
      expect(await port.put(nothing, pieces(new Uint8Array(0), [1]))).toMatchObject({ bytes: 0 })
      expect(await port.get(nothing)).toEqual(new Uint8Array(0))
    },

    "bytes that were handed in or out are the caller's own": async (subject) => {
      const { port } = subject()
      const key = { tenant: 'own', name: 'a' }
      const given = sample(1000)
      await port.put(key, given)
      given.fill(0)
      const got = await port.get(key)
      // Plain Uint8Arrays: a Buffer's slice shares its memory, which surprises.
      expect(got).toEqual(sample(1000))
      got?.fill(0)
      for await (const part of (await port.stream(key)) ?? []) part.fill(0)
      expect(await port.get(key)).toEqual(sample(1000))
    },

    'a put is visible whole or not at all': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'whole', name: 'a' }
      // Each version has bytes of one value and a length that tells the value.
      const version = (value: number): Uint8Array => new Uint8Array(100_000 + value * 1000).fill(value)
      const isWhole = (content: Uint8Array | undefined): boolean =>
        content !== undefined && sha256(content) === sha256(version(content[0] ?? 0))
      await port.put(key, version(1))
      let writing = true
      const readers = [0, 1, 2].map(async (reader) => {
        for (let turn = reader; writing; turn++) {
          if (turn % 2 === 0) expect(isWhole(await port.get(key))).toBe(true)
          else expect(isWhole(await read(port, key))).toBe(true)
          const head = await port.head(key)
          expect(head?.sha256).toBe(sha256(version(((head?.bytes ?? 0) - 100_000) / 1000)))
        }
      })
      for (let value = 2; value <= 20; value++) await port.put(key, value % 2 ? version(value) : pieces(version(value), [9973]))
      writing = false
      await Promise.all(readers)
    },

    'a stream shows one version whole, also when it is overwritten meanwhile': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'one-version', name: 'a' }
      await port.put(key, sample(3_000_000))
      const iterator = (await port.stream(key))?.[Symbol.asyncIterator]()
      const parts: Uint8Array[] = []
      for (let next = await iterator?.next(); next && !next.done; next = await iterator?.next()) {
        if (parts.length === 0) await port.put(key, sample(3_000_000, 9))
        parts.push(next.value.slice())
      }
      expect(sha256(joined(parts))).toBe(sha256(sample(3_000_000)))
    },

    'a put whose content throws fails with that error, and leaves what was there': async (subject) => {
      const { port } = subject()
      const key = { tenant: 'throws', name: 'kept' }
      const failure = new Error('the source broke')
      await port.put(key, sample(400_000))
      for (const options of [{}, { ifAbsent: true }]) {
        const fresh = { tenant: 'throws', name: `fresh-${'ifAbsent' in options}` }
        await expect(port.put(fresh, breaking(failure), options)).rejects.toBe(failure)
        expect(await port.head(fresh)).toBeUndefined()
      }
      await expect(port.put(key, breaking(failure))).rejects.toBe(failure)
      expect(await port.get(key)).toEqual(sample(400_000))
      expect(await listed(port, { tenant: 'throws', limit: 10 })).toEqual(['kept'])
    },

    "deleting what isn't there is fine": async (subject) => {
      const { port } = subject()
      const key = { tenant: 'deleted', name: 'a/b' }
      await port.delete(key)
      await port.put(key, sample(5))
      await port.put({ tenant: 'deleted', name: 'a' }, sample(6))
      await port.put({ tenant: 'deleted', name: 'a/b/c' }, sample(7))
      await port.delete(key)
      await port.delete(key)
      expect(await port.get(key)).toBeUndefined()
      expect(await listed(port, { tenant: 'deleted', limit: 10 })).toEqual(['a', 'a/b/c'])
      await port.put(key, sample(8))
      expect(await port.get(key)).toEqual(sample(8))
    },

    'puts and deletes of neighbours at the same time lose nothing': async (subject) => {
      const { port } = subject()
      const turn = async (index: number): Promise<void> => {
        const key = { tenant: 'neighbours', name: `shared/${index % 3}/${index}` }
        for (let time = 0; time < 5; time++) {
          await port.put(key, sample(10, index))
          expect(await port.get(key)).toEqual(sample(10, index))
          await port.delete(key)
        }
        await port.put(key, sample(10, index))
      }
      await Promise.all(Array.from({ length: 20 }, (_, index) => turn(index)))
      expect(await listed(port, { tenant: 'neighbours', limit: 1000 })).toHaveLength(20)
    },

    "nothing of one tenant is visible under another's name": async (subject) => {
      const { port } = subject()
      const tenants = ['t', 'tb', 'T', 't-b', 't_b', 'tB']
      for (const tenant of tenants) {
        await port.put({ tenant, name: 'b/c' }, new TextEncoder().encode(tenant))
        await port.put({ tenant, name: `only-${tenant}` }, sample(3))
      }
      for (const tenant of tenants) {
        expect(await port.get({ tenant, name: 'b/c' })).toEqual(new TextEncoder().encode(tenant))
        expect(await listed(port, { tenant, limit: 10 })).toEqual(['b/c', `only-${tenant}`].sort())
        for (const other of tenants.filter((name) => name !== tenant)) {
          expect(await port.head({ tenant, name: `only-${other}` })).toBeUndefined()
        }
      }
      await port.delete({ tenant: 't', name: 'b/c' })
      expect(await port.head({ tenant: 'tb', name: 'b/c' })).toBeDefined()
      // A tenant with a slash could be read as another tenant's folder.
      for (const tenant of ['t/b', '', '..', '.', 't\0', 'tä', 't '.repeat(40)]) {
        await expect(port.put({ tenant, name: 'c' }, sample(1)), tenant).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.list({ tenant, limit: 1 }), tenant).rejects.toBeInstanceOf(InvalidInputError)
      }
    },

    'names are as ObjectKey says, else InvalidInputError': async (subject) => {
      const { port } = subject()
      const tenant = 'names'
      const good = [...'a .a a. ... a..b CON aux.txt -'.split(' '), 'x'.repeat(512), 'Y'.repeat(512), `${'a/'.repeat(255)}bc`]
      for (const name of good) {
        await port.put({ tenant, name }, sample(2))
        expect(await port.get({ tenant, name }), name).toEqual(sample(2))
      }
      expect(await listed(port, { tenant, limit: 3 })).toEqual([...good].sort())
      const bad = ['', 'a b', 'a\0', 'a\n', ...'. .. ../a a/.. a/../b a/./b / /a a/ a//b ä a\\b a+b c:d a* %2e%2e'.split(' ')]
      for (const name of [...bad, 'x'.repeat(513)]) {
        const key = { tenant, name }
        await expect(port.put(key, sample(1)), name).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.get(key), name).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.head(key), name).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.stream(key), name).rejects.toBeInstanceOf(InvalidInputError)
        await expect(port.delete(key), name).rejects.toBeInstanceOf(InvalidInputError)
      }
      for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
        await expect(port.list({ tenant, limit }), String(limit)).rejects.toBeInstanceOf(InvalidInputError)
      }
    },

    'what was put outlives the process': async (subject) => {
      const { port, reopen } = subject()
      const key = { tenant: 'durable', name: 'a/b' }
      const head = await port.put(key, sample(70_000))
      await port.put({ tenant: 'durable', name: 'gone' }, sample(1))
      await port.delete({ tenant: 'durable', name: 'gone' })
      if (!reopen) return
      const again = await reopen()
      expect(await again.get(key)).toEqual(sample(70_000))
      expect(await again.list({ tenant: 'durable', limit: 10 })).toEqual({ items: [head] })
      await expect(again.put(key, sample(1), { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError)
    },
  })
}

/** Bytes that differ by place and by seed. */
function sample(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0, state = seed + 1; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
    bytes[index] = state >>> 16
  }
  return bytes
}

/** The content in pieces of these sizes, again and again. The piece is overwritten when the next is asked for, as some sources do. */
async function* pieces(content: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const reused = new Uint8Array(Math.max(...sizes))
  for (let start = 0, turn = 0; start < content.byteLength; turn++) {
    const part = content.subarray(start, start + (sizes[turn % sizes.length] ?? 1))
    reused.set(part)
    yield reused.subarray(0, part.byteLength)
    reused.fill(0)
    start += part.byteLength
  }
}

async function* breaking(failure: Error): AsyncGenerator<Uint8Array> {
  yield sample(300_000, 3)
  throw failure
}

async function read(port: ObjectStore, key: ObjectKey): Promise<Uint8Array | undefined> {
  const stream = await port.stream(key)
  if (!stream) return undefined
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part.slice())
  return joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

async function listed(port: ObjectStore, query: Parameters<ObjectStore['list']>[0]): Promise<string[]> {
  const names: string[] = []
  for (let page = await port.list(query); ; page = await port.list({ ...query, after: page.after })) {
    expect(page.items.length).toBeLessThanOrEqual(query.limit)
    names.push(...page.items.map(({ name }) => name))
    if (page.after === undefined) return names
  }
}
