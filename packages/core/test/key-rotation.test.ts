import { describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { type Key, KeyUnusableError } from '../src/index.ts'
import { pooledKeyAlias } from '../src/scope/data-keys.ts'

const minute = 60_000
const day = 24 * 3_600_000
const place: Key = { tenant: 'alpha', collection: 'notes', partition: 'one', sort: '@' }

import { hex, keyBench } from './key-bench.ts'

describe('the rotation of data keys', () => {
  it('comes after 90 days, keeps what is old readable and lookups equal [X65]', async () => {
    const { clock, rows, sealing, process } = keyBench()
    const old = await sealing().sealField(place, 'body', 'old')
    const lookup = await sealing().lookup('alpha', 'name', 'Ada')
    clock.jump(clock.now() + 90 * day - minute)
    await sealing().sealField(place, 'body', 'not yet')
    expect(await rows()).toHaveLength(1)
    clock.jump(clock.now() + 10 * minute)
    const young = await sealing().sealField(place, 'body', 'young')
    expect((await rows()).map((row) => row.sort)).toEqual(['00000001', '00000002'])
    expect([old[4], young[4]]).toEqual([1, 2])
    for (const reader of [sealing(), sealing(process())]) {
      expect(await reader.openField(place, 'body', old)).toBe('old')
      expect(await reader.openField(place, 'body', young)).toBe('young')
      expect(await reader.lookup('alpha', 'name', 'Ada')).toBe(lookup)
    }
    clock.jump(clock.now() + 91 * day)
    expect((await sealing().sealField(place, 'body', 'third'))[4]).toBe(3)
    expect(await sealing().openField(place, 'body', old)).toBe('old')
  })

  it('happens once when many processes notice at the same time', async () => {
    const { clock, rows, dataKeys, process } = keyBench()
    await dataKeys.current('alpha')
    clock.jump(clock.now() + 100 * day)
    const keys = await Promise.all([dataKeys, process(), process(), process()].map((one) => one.current('alpha')))
    expect(new Set(keys.map((key) => `${key.version} ${hex(key.key)}`)).size).toBe(1)
    expect(await rows()).toHaveLength(2)
  })

  it('by another process is noticed by who meets what it sealed, though its own cache is fresh', async () => {
    const { clock, sealing, process } = keyBench()
    const [slow, quick] = [sealing(), sealing(process())]
    await slow.sealField(place, 'body', 'old')
    clock.jump(clock.now() + 90 * day - minute)
    await slow.sealField(place, 'body', 'still old')
    clock.jump(clock.now() + 2 * minute)
    const young = await quick.sealField(place, 'body', 'young')
    expect(young[4]).toBe(2)
    expect(await slow.openField(place, 'body', young)).toBe('young')
  })

  it('of the wrapping key keeps everything readable', async () => {
    const { kms, sealing, process } = keyBench()
    const sealed = await sealing().sealField(place, 'body', 'text')
    await kms.rotate(pooledKeyAlias)
    expect(await sealing(process()).openField(place, 'body', sealed)).toBe('text')
  })
})

describe('lookups', () => {
  it('are equal for equal values of one tenant and purpose only [X67]', async () => {
    const { sealing } = keyBench()
    const one = sealing()
    const same = await one.lookup('alpha', 'name', 'Ada')
    expect(await one.lookup('alpha', 'name', 'Ada')).toBe(same)
    const others = [one.lookup('beta', 'name', 'Ada'), one.lookup('alpha', 'nickname', 'Ada'), one.lookup('alpha', 'name', 'ada')]
    expect(new Set([same, ...(await Promise.all(others))]).size).toBe(4)
    expect(same).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})

describe('a key that may not be used', () => {
  it('stops sealing and opening within five minutes, until it is enabled again [X65]', async () => {
    const { clock, kms, sealing } = keyBench()
    const sealed = await sealing().sealField(place, 'body', 'text')
    await kms.disable(pooledKeyAlias)
    await clock.advance(5 * minute)
    for (const work of [
      sealing().sealField(place, 'body', 'more'),
      sealing().openField(place, 'body', sealed),
      sealing().lookup('alpha', 'name', 'Ada'),
    ]) {
      expect(await rejection(work)).toMatchObject({ name: 'KeyUnusableError', code: 'key_disabled' })
    }
    // What failed isn't kept: no waiting after it is enabled.
    await kms.enable(pooledKeyAlias)
    expect(await sealing().openField(place, 'body', sealed)).toBe('text')
  })

  it('stays in use for four minutes at most, however often it is used meanwhile [X65]', async () => {
    const { clock, kms, dataKeys } = keyBench()
    await dataKeys.current('alpha')
    await kms.disable(pooledKeyAlias)
    let failed: number | undefined
    const from = clock.now()
    for (let second = 0; second < 400 && failed === undefined; second++) {
      await clock.advance(1_000)
      await dataKeys.current('alpha').catch(() => (failed = clock.now() - from))
    }
    expect(failed).toBe(4 * minute)
  })

  it('cannot be used for good once it is destroyed, and no other takes its place [X65]', async () => {
    const { clock, kms, sealing, rows, dataKeys } = keyBench()
    const sealed = await sealing().sealField(place, 'body', 'text')
    await kms.destroy(pooledKeyAlias)
    await clock.advance(5 * minute)
    for (const work of [sealing().openField(place, 'body', sealed), dataKeys.current('alpha'), dataKeys.current('gamma')]) {
      const error = await rejection(work)
      expect(error).toBeInstanceOf(KeyUnusableError)
      expect(error).toMatchObject({ code: 'key_destroyed' })
    }
    expect(await rows()).toHaveLength(1)
    expect(await rows('gamma')).toEqual([])
  })
})
