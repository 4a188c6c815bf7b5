import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { collect, rejection } from '../src/contracts/index.ts'
import { getRequest } from '../src/event-driven/manage.ts'
import {
  count,
  defineCollection,
  defineEvent,
  insert,
  NotFoundError,
  PlinthError,
  publishEvent,
  remove,
  update,
} from '../src/index.ts'
import { EventBench } from './event-driven/bench.ts'
import { StateBench } from './state-bench.ts'

interface Note {
  readonly title: string
}
const notes = defineCollection<Note, { body: string }, 'all'>({
  name: 'notes',
  schema: 1,
  plain: z.strictObject({ title: z.string() }),
  sealed: ['body'],
  lists: { all: { order: (fields) => fields.title } },
})
const counts = defineCollection<{ readonly used: number }>({
  name: 'counts',
  schema: 1,
  plain: z.object({ used: z.number() }),
  sealed: [],
  lists: {},
})
const noted = defineEvent<Note>({ type: 'test.noted', version: 1, summary: '', detail: z.strictObject({ title: z.string() }) })
const same = { partition: 'same', sort: 'same' }
const long = 'long '.repeat(10_000)

/** Two tenants that use the same ids for everything. */
async function twins(): Promise<StateBench> {
  const bench = new StateBench()
  for (const tenant of ['alpha', 'beta']) {
    await bench.of(tenant).commit({
      writes: [insert(notes, same, { title: tenant }, { body: `${long} of ${tenant}` }), count(counts, same, { used: 1 })],
      emit: [publishEvent(noted, 'same', { title: tenant })],
    })
  }
  return bench
}

describe('two tenants with the same ids', () => {
  it('see their own records, lists, counts and events only [X67, R110]', async () => {
    const bench = await twins()
    for (const tenant of ['alpha', 'beta']) {
      const state = bench.of(tenant)
      const record = await state.get(notes, same)
      expect(record?.fields.title).toBe(tenant)
      expect(await record?.open('body')).toBe(`${long} of ${tenant}`)
      expect((await collect(state.read(notes, 'same'))).map(({ fields }) => fields.title)).toEqual([tenant])
      expect((await state.list(notes, 'all', { limit: 10 })).items.map(({ fields }) => fields.title)).toEqual([tenant])
      expect(
        (await state.events({ after: 0, limit: 10 })).map((event) => [event.tenant, event.sequence, event.detail.title]),
      ).toEqual([[tenant, 1, tenant]])
      expect((await state.get(counts, same))?.fields.used).toBe(1)
    }
    expect(await bench.of('gamma').get(notes, same)).toBeUndefined()
    expect((await bench.of('gamma').list(notes, 'all', { limit: 10 })).items).toEqual([])
  })

  it("can't change, count or remove what is the other's, even with its record in hand [X67, R110]", async () => {
    const bench = await twins()
    const foreign = await bench.of('alpha').get(notes, same)
    if (!foreign) throw new Error('It is there.')
    const beta = bench.of('beta')
    await beta.commit({ writes: [count(counts, same, { used: 5 })] })
    // In its own name it may do so: what it reaches is its own.
    await beta.commit({ writes: [remove(notes, foreign)] }).catch(() => {})
    await beta.commit({ writes: [update(notes, foreign, { title: 'taken' }, { body: 'taken' })] }).catch(() => {})
    const mine = await bench.of('alpha').get(notes, same)
    expect(mine).toMatchObject({ version: 1, fields: { title: 'alpha' } })
    expect(await mine?.open('body')).toBe(`${long} of alpha`)
    expect((await bench.of('alpha').get(counts, same))?.fields.used).toBe(1)
  })

  it("can't open the other's ciphertext, put among its own records [X67, R107]", async () => {
    const bench = await twins()
    const { state } = bench.adapters
    const stolen = await state.get({ tenant: 'alpha', collection: 'notes', ...same })
    if (!stolen) throw new Error('It is there.')
    await state.commit({ writes: [{ put: { ...stolen, tenant: 'beta' } }] })
    const record = await bench.of('beta').get(notes, same)
    expect(await rejection(record?.open('body') ?? Promise.resolve())).toMatchObject({ code: 'seal_broken' })
  })

  it('give different digests to the same words [X67]', async () => {
    const bench = await twins()
    expect(await bench.of('alpha').lookup('key', 'same')).not.toBe(await bench.of('beta').lookup('key', 'same'))
  })

  it('keep objects of the same name apart, sealed each for its own [X67, R110]', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const [alpha, beta] = [await bench.scope('alpha'), await bench.scope('beta')]
    await alpha.objects.put('report', new TextEncoder().encode('of alpha'))
    expect(await beta.objects.get('report')).toBeUndefined()
    await beta.objects.put('report', new TextEncoder().encode('of beta'))
    expect(new TextDecoder().decode(await alpha.objects.get('report'))).toBe('of alpha')
    const { objects } = bench.memory.adapters
    const raw = (await objects.get({ tenant: 'alpha', name: 'objects/report' })) ?? new Uint8Array()
    expect(new TextDecoder('latin1').decode(raw)).not.toContain('alpha')
    await objects.put({ tenant: 'beta', name: 'objects/report' }, raw)
    expect(await rejection(beta.objects.get('report'))).toMatchObject({ code: 'seal_broken' })
    await beta.objects.delete('report')
    expect(await alpha.objects.get('report')).toBeDefined()
    for (const name of ['../alpha/objects/report', '/etc/passwd', 'a/../../x', ''])
      expect(await rejection(beta.objects.get(name))).toBeInstanceOf(PlinthError)
  })
})

describe('a scope', () => {
  it('has no method that takes a tenant: only its own is within reach [X67, G5]', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const scope = await bench.scope('alpha')
    const parts = [
      'caller',
      'clock',
      'gate',
      'isActive',
      'models',
      'objects',
      'outbound',
      'reader',
      'search',
      'state',
      'streams',
      'tenant',
      'tools',
    ]
    expect(Object.keys(scope).toSorted()).toEqual(parts)
    expect(scope.isActive).toHaveLength(0)
    expect(scope.tenant.tenant_id).toBe('alpha')
    // The stores behind it are private fields: not even untyped code finds them.
    expect(Object.keys(scope.state)).toEqual([])
    expect(Object.keys(scope.objects).toSorted()).toEqual(['delete', 'get', 'put'])
    expect(Object.keys(scope.streams).toSorted()).toEqual(['append', 'remove'])
    expect(Object.keys(scope.tools).toSorted()).toEqual(['call', 'list', 'offers'])
    const { capabilities: _, ...search } = scope.search
    const methods = ['dropSpace', 'maintain', 'mark', 'put', 'putVectors', 'remove', 'search', 'status', 'vectorsOf']
    expect(Object.keys(search).toSorted()).toEqual(methods)
  })

  it("says of another tenant's request what it says of none [X67, R110]", async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const id = await bench.submit()
    const beta = await bench.scope('beta')
    const [other, none] = [await rejection(getRequest(beta, id)), await rejection(getRequest(beta, 'none'))]
    expect(other).toBeInstanceOf(NotFoundError)
    expect(JSON.stringify(other)).toBe(JSON.stringify(none))
    expect((other as Error).message).toBe((none as Error).message)
  })
})
