import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createPlatform, defineCollection, insert, Sweeper, silentLog, TenantRegistry } from '../src/index.ts'
import { DataKeys } from '../src/scope/data-keys.ts'
import { Sealing } from '../src/scope/sealing.ts'
import { remove, replace, State, update } from '../src/scope/state.ts'
import { scriptedModels } from '../src/testing/index.ts'
import { StateBench } from './state-bench.ts'

const pages = defineCollection<{ readonly count: number }, { text: string; other: string }>({
  name: 'pages',
  schema: 1,
  plain: z.strictObject({ count: z.number() }),
  sealed: ['text', 'other'],
  inlineBytes: 300 * 1024,
  isRewritten: true,
  lists: {},
})
const place = { partition: 'one' }
const text = (letter: string): string => letter.repeat(2_000)
const hour = 3_600_000

/** Alpha's records where rows are paid by the byte, above 1,000 of them. */
function open(rewrittenBytes: number | undefined = 1_000) {
  const bench = new StateBench()
  const { adapters } = bench
  const store = new Proxy(adapters.state, {
    get: (inner, name) => {
      if (name === 'rewrittenBytes') return rewrittenBytes
      const value = inner[name as keyof typeof inner] as unknown
      return typeof value === 'function' ? value.bind(inner) : value
    },
  })
  const sealing = new Sealing({ ...adapters, keys: new DataKeys(adapters) })
  const state = new State({ tenant: 'alpha', correlationId: 'c', store, sealing, clock: bench.clock })
  const objects = async (): Promise<number> => (await adapters.objects.list({ tenant: 'alpha', limit: 1_000 })).items.length
  return { bench, state, objects, store }
}

describe('a text that is written over and over', () => {
  it('lies apart where rows are paid by the byte, and in its row where they are not', async () => {
    for (const [bytes, apart] of [
      [1_000, 1],
      [5_000, 0],
    ] as const) {
      const { state, objects } = open(bytes)
      await state.commit({ writes: [replace(pages, place, { count: 1 }, { text: text('a'), other: 'short' })] })
      expect(await objects()).toBe(apart)
      expect(await (await state.get(pages, place))?.open('text')).toBe(text('a'))
    }
  })

  it('leaves nothing behind, however it is written over: replaced, updated, removed', async () => {
    const { state, objects } = open()
    for (const letter of 'abc')
      await state.commit({ writes: [replace(pages, place, { count: 1 }, { text: text(letter), other: text(letter) })] })
    expect(await objects()).toBe(2)
    const record = await state.get(pages, place)
    if (!record) throw new Error('It is gone.')
    const [updated] = await state.commit({ writes: [update(pages, record, { count: 2 }, { text: text('d') })] })
    expect(await objects()).toBe(2)
    const now = await state.get(pages, place)
    expect([await now?.open('text'), await now?.open('other')]).toEqual([text('d'), text('c')])
    await state.commit({ writes: [remove(pages, updated as never)] })
    expect(await objects()).toBe(0)
  })

  it('stays whole when the commit fails, or nobody knows whether it did', async () => {
    const { bench, state, objects } = open()
    await state.commit({ writes: [replace(pages, place, { count: 1 }, { text: text('a') })] })
    await expect(state.commit({ writes: [insert(pages, place, { count: 2 }, { text: text('b') })] })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await (await state.get(pages, place))?.open('text')).toBe(text('a'))
    bench.memory.hostile.ambiguousNext()
    await expect(state.commit({ writes: [replace(pages, place, { count: 2 }, { text: text('c') })] })).rejects.toThrow()
    expect(await (await state.get(pages, place))?.open('text')).toBe(text('c'))
    expect(await objects()).toBe(3)
  })

  it('is swept where a crash left it: what its living record refers to stays', async () => {
    const { bench, state, objects } = open()
    const platform = createPlatform(
      'memory',
      bench.adapters,
      scriptedModels(() => ''),
    )
    await new TenantRegistry(platform.operate()).create('alpha', 'alpha')
    const sweeper = new Sweeper({ operator: platform.operate(), log: silentLog })
    const keyless = new Sweeper({ operator: platform.operate(), log: silentLog, mayOpen: false })
    await state.commit({ writes: [replace(pages, place, { count: 1 }, { text: text('a') })] })
    bench.memory.hostile.ambiguousNext()
    await expect(state.commit({ writes: [replace(pages, place, { count: 1 }, { text: text('b') })] })).rejects.toThrow()
    expect(await objects()).toBe(2)
    bench.clock.jump(bench.clock.now() + 2 * hour)
    // One without keys can't know which of them it is.
    expect(await keyless.sweep()).toMatchObject({ objects: 0 })
    expect(await sweeper.sweep()).toMatchObject({ objects: 1 })
    for (const each of [keyless, sweeper]) await each.stop()
    expect(await (await state.get(pages, place))?.open('text')).toBe(text('b'))
  })
})
