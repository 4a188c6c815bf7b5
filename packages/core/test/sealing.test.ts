import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { type Key, SealError, TooLargeError } from '../src/index.ts'
import { DataKeys } from '../src/scope/data-keys.ts'
import { Sealing, sealedObjectOwner, sealedObjectPrefix } from '../src/scope/sealing.ts'
import { FakeClock, MemoryKeyService, MemoryObjectStore, MemoryStateStore } from '../src/testing/index.ts'

const place: Key = { tenant: 'alpha', collection: 'notes', partition: 'one', sort: '@' }
const long = 'ü'.repeat(20_000)

function bench(): {
  sealing: Sealing
  objects: MemoryObjectStore
  keys: MemoryKeyService
  state: MemoryStateStore
  clock: FakeClock
} {
  const clock = new FakeClock()
  const [objects, keys, state] = [
    new MemoryObjectStore({ clock }),
    new MemoryKeyService({ clock }),
    new MemoryStateStore({ clock }),
  ]
  return { sealing: new Sealing({ keys: new DataKeys({ state, keys, clock }), objects, clock }), objects, keys, state, clock }
}

/** What a caller may learn of a seal that doesn't hold: nothing but that. */
async function expectBroken(opening: Promise<unknown>): Promise<void> {
  const error = await rejection(opening)
  expect(error).toBeInstanceOf(SealError)
  expect({ ...(error as SealError), message: (error as SealError).message }).toMatchObject({
    code: 'seal_broken',
    message: 'Sealed data could not be opened.',
    retryable: false,
    field: undefined,
    retryAfter: undefined,
  })
}

function flipped(bytes: Uint8Array, index: number, by = 1): Uint8Array {
  const changed = new Uint8Array(bytes)
  changed[index] = (changed[index] ?? 0) ^ by
  return changed
}

describe('a sealed field', () => {
  it.each([
    ['empty', ''],
    ['ASCII', 'What is a queue?'],
    ['of other scripts', 'Grüße 你好 👩‍👩‍👧 \u0000 \ufeff end'],
    ['just inline', 'a'.repeat(32 * 1024)],
    ['just spilled', 'a'.repeat(32 * 1024 + 1)],
    ['beginning with a byte order mark', '\ufefftext'],
    ['with a lone surrogate', 'cut \ud83d here'],
    ['with a lone surrogate, spilled', `${long}\udc00`],
    ['that looks escaped', '"\\ud83d"'],
  ])('opens as it was sealed: %s', async (_, text) => {
    const { sealing } = bench()
    expect(await sealing.openField(place, 'body', await sealing.sealField(place, 'body', text))).toBe(text)
  })

  it('opens as it was sealed, whatever the text', async () => {
    const { sealing } = bench()
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }).map((codes) => String.fromCharCode(...codes))
    await fc.assert(
      fc.asyncProperty(fc.oneof(units, fc.string({ unit: 'grapheme' })), async (text) => {
        expect(await sealing.openField(place, 'body', await sealing.sealField(place, 'body', text))).toBe(text)
      }),
    )
  })

  it('shows nothing of its text, and never the same bytes twice [X62]', async () => {
    const { sealing } = bench()
    const [one, two] = [
      await sealing.sealField(place, 'body', 'secret '.repeat(100)),
      await sealing.sealField(place, 'body', 'secret '.repeat(100)),
    ]
    expect(new TextDecoder('latin1').decode(one)).not.toContain('secret')
    expect(one).not.toEqual(two)
  })

  it.each([
    ['field', place, 'title'],
    ['record', { ...place, partition: 'two' }, 'body'],
    ['sort', { ...place, sort: '@2' }, 'body'],
    ['tenant', { ...place, tenant: 'beta' }, 'body'],
    ['collection', { ...place, collection: 'drafts' }, 'body'],
    // The boundary between two parts of a key must not be movable.
    ['cut of the key', { ...place, partition: 'on', sort: 'e@' }, 'body'],
  ])('does not open when it is moved to another %s, inline or spilled [R107, X67]', async (_, other, field) => {
    const { sealing } = bench()
    await sealing.sealField({ ...place, tenant: 'beta' }, 'body', 'a key of its own')
    for (const text of ['short', long])
      await expectBroken(sealing.openField(other, field, await sealing.sealField(place, 'body', text)))
  })

  it("does not open under another tenant's name with the same key version, even when the objects are copied along [R107, X67]", async () => {
    const { sealing, objects } = bench()
    const beta = { ...place, tenant: 'beta' }
    await sealing.sealField(beta, 'body', 'its own')
    const sealed = await sealing.sealField(place, 'body', long)
    for (const { name } of (await objects.list({ tenant: 'alpha', limit: 10 })).items) {
      await objects.put({ tenant: 'beta', name }, (await objects.get({ tenant: 'alpha', name })) ?? new Uint8Array())
    }
    await expectBroken(sealing.openField(beta, 'body', sealed))
  })

  it.each([
    ['inline', 'short'],
    ['spilled', long],
  ])('does not open when any of its bytes is changed: %s', async (_, text) => {
    const { sealing } = bench()
    const sealed = await sealing.sealField(place, 'body', text)
    for (let index = 0; index < sealed.byteLength; index++) {
      for (const by of [0x01, 0x02, 0x03, 0x80]) await expectBroken(sealing.openField(place, 'body', flipped(sealed, index, by)))
    }
    for (const length of [0, 1, 4, 5, 32, 33, sealed.byteLength - 1])
      await expectBroken(sealing.openField(place, 'body', sealed.subarray(0, length)))
    await expectBroken(sealing.openField(place, 'body', Uint8Array.from([...sealed, 0])))
  })

  it('does not open when its object is changed, cut, gone, or another object [X67]', async () => {
    const { sealing, objects } = bench()
    const sealed = await sealing.sealField(place, 'body', long)
    const [first] = (await objects.list({ tenant: 'alpha', limit: 10 })).items
    await sealing.sealField(place, 'body', `${long}, but another`)
    const second = (await objects.list({ tenant: 'alpha', limit: 10 })).items.find(({ name }) => name !== first?.name)
    const key = { tenant: 'alpha', name: first?.name ?? '' }
    const content = (await objects.get(key)) ?? new Uint8Array()
    const other = (await objects.get({ tenant: 'alpha', name: second?.name ?? '' })) ?? new Uint8Array()
    expect(content.byteLength).toBeGreaterThan(40_000)
    for (const index of [0, 1, 4, 5, 20, 20_000, content.byteLength - 1]) {
      await objects.put(key, flipped(content, index))
      await expectBroken(sealing.openField(place, 'body', sealed))
    }
    for (const bytes of [other, sealed, content.subarray(0, 100), new Uint8Array()]) {
      await objects.put(key, bytes)
      await expectBroken(sealing.openField(place, 'body', sealed))
    }
    await objects.put(key, content)
    expect(await sealing.openField(place, 'body', sealed)).toBe(long)
    await objects.delete(key)
    await expectBroken(sealing.openField(place, 'body', sealed))
  })

  it('does not open when it says another version of the key, there or not', async () => {
    const { sealing, clock } = bench()
    const old = await sealing.sealField(place, 'body', 'old')
    clock.jump(clock.now() + 91 * 24 * 3_600_000)
    const young = await sealing.sealField(place, 'body', 'young')
    expect([old[4], young[4]]).toEqual([1, 2])
    for (const [sealed, version] of [
      [old, 2],
      [young, 1],
      [old, 3],
      [old, 0],
    ] as const) {
      const changed = new Uint8Array(sealed)
      changed[4] = version
      await expectBroken(sealing.openField(place, 'body', changed))
    }
    expect(await sealing.openField(place, 'body', old)).toBe('old')
  })

  it('holds 64 MiB, and is refused before anything is written when it is longer [X20]', async () => {
    const { sealing, objects } = bench()
    const most = 'a'.repeat(64 * 1024 * 1024)
    const error = await rejection(sealing.sealField(place, 'body', `${most}a`))
    expect(error).toBeInstanceOf(TooLargeError)
    expect((error as TooLargeError).field).toBe('body')
    // It is bytes that count.
    await expect(sealing.sealField(place, 'body', `${most.slice(1)}ü`)).rejects.toThrow(TooLargeError)
    expect((await objects.list({ tenant: 'alpha', limit: 10 })).items).toEqual([])
    expect(await sealing.openField(place, 'body', await sealing.sealField(place, 'body', most))).toBe(most)
  })
})

describe('sealed bytes', () => {
  it('open under their own name only', async () => {
    const { sealing } = bench()
    await sealing.sealBytes('beta', 'report', new Uint8Array([1]))
    const content = Uint8Array.from({ length: 70_000 }, (_, index) => index & 0xff)
    const sealed = await sealing.sealBytes('alpha', 'report', content)
    expect(new Uint8Array(await sealing.openBytes('alpha', 'report', sealed))).toEqual(content)
    expect(await sealing.openBytes('alpha', 'empty', await sealing.sealBytes('alpha', 'empty', new Uint8Array()))).toHaveLength(0)
    await expectBroken(sealing.openBytes('alpha', 'another', sealed))
    await expectBroken(sealing.openBytes('beta', 'report', sealed))
    for (const index of [0, 1, 4, 5, 17, 60_000, sealed.byteLength - 1])
      await expectBroken(sealing.openBytes('alpha', 'report', flipped(sealed, index)))
    for (const length of [0, 4, 5, 32]) await expectBroken(sealing.openBytes('alpha', 'report', sealed.subarray(0, length)))
  })

  it('never open as a field, nor a field as bytes', async () => {
    const { sealing } = bench()
    const bytes = await sealing.sealBytes('alpha', 'body', new TextEncoder().encode('text'))
    await expectBroken(sealing.openField({ tenant: 'alpha', collection: 'object', partition: 'body', sort: '1' }, 'body', bytes))
    await expectBroken(sealing.openBytes('alpha', 'body', await sealing.sealField(place, 'body', 'text')))
  })

  it('may lie anywhere in a larger buffer', async () => {
    const { sealing } = bench()
    const sealed = await sealing.sealBytes('alpha', 'report', new Uint8Array([7]))
    const buffer = new Uint8Array(sealed.byteLength + 20)
    buffer.set(sealed, 13)
    expect([...(await sealing.openBytes('alpha', 'report', buffer.subarray(13, 13 + sealed.byteLength)))]).toEqual([7])
  })
})

describe('the names of spilled fields', () => {
  it('lead back to their record, whatever its key [X67]', () => {
    const part = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(part, part, part, (collection, partition, sort) => {
        const key = { tenant: 'alpha', collection, partition, sort }
        const name = `${sealedObjectPrefix(key)}0190-uuid`
        expect(name).toMatch(/^[A-Za-z0-9._/-]+$/)
        expect(sealedObjectOwner('alpha', name)).toEqual(key)
      }),
    )
    for (const name of ['objects/report', 'sealed/notes', 'sealed//one/@/x', 'other/notes/one/at/x'])
      expect(sealedObjectOwner('alpha', name)).toBeUndefined()
  })
})
