import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Scope } from '../../src/index.ts'
import { RetrievalPlace } from '../../src/rag/kept-retrievals.ts'
import { deleteDocument } from '../../src/rag/manage-documents.ts'
import type { Passage } from '../../src/rag/passage.ts'
import type { RetrieveBody } from '../../src/rag/rag-forms.ts'
import { retrievePassages } from '../../src/rag/retrieve-passages.ts'
import { changeSpaces } from '../../src/rag/spaces.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { forgetful, RagBench } from './rag-bench.ts'

const signal = new AbortController().signal
const zeppelin = 'The zeppelin lands on Monday.'
const asked = 'When does the zeppelin land?'

let bench: RagBench
beforeEach(async () => {
  bench = await RagBench.open()
  await bench.ingest([
    { source: 'zeppelin.txt', content: zeppelin, metadata: { kind: 'air' } },
    { source: 'ferry.txt', content: 'The ferry lands on Friday.' },
  ])
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.stop()
})

const index = () => bench.plinth.memory.platform.operate().search
const retrieve = (scope: Scope, more: Partial<RetrieveBody> = {}): Promise<readonly Passage[]> =>
  retrievePassages(scope, { query: asked, top_k: 5, ...more }, signal).then(({ passages }) => passages)
const sources = async (user = 'ada', more: Partial<RetrieveBody> = {}): Promise<readonly string[]> =>
  (await retrieve(await bench.scope('alpha', user), more)).map(({ source }) => source)

describe('a question that was asked before', () => {
  it('is not searched again, and gets the same passages [X35]', async () => {
    const search = vi.spyOn(index(), 'search')
    const scope = await bench.scope()
    const first = await retrieve(scope)
    expect(await retrieve(scope)).toEqual(first)
    expect(first[0]).toMatchObject({ source: 'zeppelin.txt', content: zeppelin })
    expect(search).toHaveBeenCalledTimes(1)
  })

  it.each<[string, Partial<RetrieveBody>]>([
    ['in other words', { query: 'When will the zeppelin land?' }],
    ['for more of it', { top_k: 4 }],
    ['with a filter', { filter: { kind: 'air' } }],
    ['with another weight', { dense_weight: 0.9 }],
    ['by words alone', { dense_weight: 0 }],
    ['behind another', { history: [{ role: 'user', content: 'What of the ferry?' }] }],
  ])('is searched again %s [X35]', async (_, more) => {
    const scope = await bench.scope()
    await retrieve(scope)
    const search = vi.spyOn(index(), 'search')
    const found = await retrieve(scope, more)
    expect(search).toHaveBeenCalledTimes(1)
    expect(found).toEqual(await retrieve(forgetful(scope), more))
  })

  it('is searched again for another user, a member of other groups, and another tenant [X33, X35]', async () => {
    await bench.ingest([
      { source: 'secret.txt', content: 'The zeppelin lands in secret.', acl: { users: ['bob'], groups: ['crew'] } },
    ])
    expect(await sources('bob')).toContain('secret.txt')
    const ada = await bench.scope()
    expect((await retrieve(ada)).map(({ source }) => source)).not.toContain('secret.txt')
    const { platform } = bench.plinth.memory
    const inGroup = (...groups: string[]): Scope => platform.scope({ ...ada.caller, groups: new Set(groups) })
    expect((await retrieve(inGroup('crew'))).map(({ source }) => source)).toContain('secret.txt')
    expect((await retrieve(inGroup('staff'))).map(({ source }) => source)).not.toContain('secret.txt')
    expect(await retrieve(await bench.scope('beta'))).toEqual([])
  })

  it('finds a changed document as it is now [R44, X35]', async () => {
    expect(await sources()).toContain('zeppelin.txt')
    await bench.ingest([{ source: 'zeppelin.txt', content: 'The zeppelin lands on Sunday.' }])
    expect((await retrieve(await bench.scope()))[0]).toMatchObject({ content: 'The zeppelin lands on Sunday.' })
  })

  it('does not find a document that was deleted, before the index knows of it [X25, X35]', async () => {
    const scope = await bench.scope()
    const [found] = await retrieve(scope)
    const mark = await scope.search.mark?.()
    await deleteDocument(scope, found?.document_id ?? '')
    expect(await scope.search.mark?.()).toBe(mark)
    expect(await sources()).toEqual(['ferry.txt'])
  })

  it('finds a document that became live without a change of the index [R44, X35]', async () => {
    const search = index()
    const put = search.put.bind(search)
    let looks = 0
    // Asked when the index has the new document, and nobody may see it yet.
    vi.spyOn(search, 'put').mockImplementation(async (...call) => {
      await put(...call)
      expect(await sources()).not.toContain('new.txt')
      looks++
    })
    vi.spyOn(search, 'putVectors').mockResolvedValue()
    vi.spyOn(search, 'maintain').mockResolvedValue(false)
    const [id = ''] = await bench.send([{ source: 'new.txt', content: 'A new zeppelin lands on Tuesday.' }])
    while ((await bench.fields(id)).status === 'processing') await bench.plinth.pass(1_000)
    expect(looks).toBe(1)
    expect(await sources()).toContain('new.txt')
  })

  it('is for whoever a document is for now [X33, X35]', async () => {
    await bench.ingest([{ source: 'secret.txt', content: 'The zeppelin lands in secret.', acl: { users: ['bob', 'eve'] } }])
    for (const user of ['bob', 'eve']) expect(await sources(user)).toContain('secret.txt')
    bench.hold()
    await bench.send([{ source: 'secret.txt', content: 'The zeppelin lands in secret.', acl: { users: ['eve'] } }])
    expect(await sources('bob')).not.toContain('secret.txt')
    expect(await sources('eve')).toContain('secret.txt')
    bench.release()
    await bench.plinth.pass(5_000)
  })

  it('is searched anew when the tenant sets another weight, or another space serves [X35]', async () => {
    const scope = await bench.scope()
    await retrieve(scope)
    const search = vi.spyOn(index(), 'search')
    await changeSpaces(scope, (spaces) => ({ ...spaces, dense_weight: 0.8 }))
    await retrieve(scope)
    await changeSpaces(scope, ({ serving, ...spaces }) => ({
      ...spaces,
      ...(serving && { serving: { ...serving, name: 'other:4' } }),
    }))
    await retrieve(scope)
    expect(search).toHaveBeenCalledTimes(2)
    expect(search.mock.calls.map(([, { vector }]) => vector?.space)).toEqual(['test-embedding:4', 'other:4'])
  })

  it('is searched again after four minutes, and where an index tells no mark each time', async () => {
    const scope = await bench.scope()
    await retrieve(scope)
    const search = vi.spyOn(index(), 'search')
    await bench.plinth.memory.clock.advance(4 * 60_000)
    await retrieve(scope)
    expect(search).toHaveBeenCalledTimes(1)
    const { mark: _, ...without } = scope.search
    const markless = { ...scope, search: without }
    await retrieve(markless)
    await retrieve(markless)
    expect(search).toHaveBeenCalledTimes(3)
  })

  it('gets what somebody gets who kept nothing, whatever happens to documents meanwhile [X25, X33, X35]', async () => {
    const words = ['zeppelin', 'ferry', 'lands', 'Monday']
    const source = fc.constantFrom('a.txt', 'b.txt', 'c.txt')
    const acl = fc.option(fc.constantFrom({ users: ['ada'] }, { users: ['bob'] }, { users: ['ada', 'bob'] }), { nil: undefined })
    const content = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((some) => `The ${some.join(' ')}.`)
    const step = fc.oneof(
      fc.record({ send: source, content, acl }),
      fc.record({ remove: source }),
      fc.record({ pass: fc.constantFrom(1, 50, 500, 40_000) }),
      fc.record({ ask: fc.constantFrom(...words), user: fc.constantFrom('ada', 'bob') }),
    )
    let compared = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const ids = new Map<string, string>()
        const check = async (query: string, user: string): Promise<void> => {
          const scope = await bench.scope('alpha', user)
          const [before, kept, again, behind] = [
            await retrieve(forgetful(scope), { query }),
            await retrieve(scope, { query }),
            await retrieve(scope, { query }),
            await retrieve(forgetful(scope), { query }),
          ]
          // Jobs go on between two looks: only where nothing changed is there one right answer.
          if (!isDeepStrictEqual(before, behind)) return
          compared++
          expect([kept, again]).toEqual([before, before])
        }
        for (const each of steps) {
          if ('send' in each) {
            const { send, content: text, acl: list } = each
            const [id = ''] = await bench.send([{ source: send, content: text, ...(list ? { acl: list } : {}) }])
            ids.set(send, id)
          } else if ('remove' in each) {
            const scope = await bench.scope('alpha', 'ada')
            await deleteDocument(scope, ids.get(each.remove) ?? 'none').catch(() => {})
          } else if ('pass' in each) await bench.plinth.pass(each.pass)
          else await check(each.ask, each.user)
          for (const user of ['ada', 'bob']) await check('zeppelin', user)
        }
      }),
      { numRuns: 12 },
    )
    expect(compared).toBeGreaterThan(100)
  }, 60_000)
})

describe('what is kept of a retrieval', () => {
  it('is the caller’s own, whatever else is the same [X33, X35]', async () => {
    const ada = await bench.scope()
    const others = [
      await bench.scope('beta'),
      await bench.scope('alpha', 'bob'),
      { ...ada, caller: { ...ada.caller, groups: new Set(['crew']) } },
    ]
    const placeOf = (scope: Scope): RetrievalPlace => new RetrievalPlace(scope, { query: 'q' })
    placeOf(ada).keep('1', { examined: [], places: [], signals: {} })
    expect(placeOf(ada).find('1')).toBeDefined()
    for (const scope of others) expect(placeOf(scope).find('1')).toBeUndefined()
  })

  it('is bounded in number and size, and holds none of its words [X35]', async () => {
    const clock = new FakeClock()
    const scope = { ...(await bench.scope()), clock }
    const places = Array.from({ length: 3_000 }, (_, query) => new RetrievalPlace(scope, { query }))
    const name = (length: number): string => 'd'.repeat(length)
    const kept = (length: number) => ({
      examined: [],
      places: [],
      signals: {},
      ...(length > 0 && { examined: [{ document: name(length), version: 'v', counts: true }] }),
    })
    for (const place of places) place.keep('m', kept(0))
    expect(places.filter((place) => place.find('m') !== undefined)).toHaveLength(2_000)
    for (const place of places.slice(0, 100)) place.keep('m', kept(1024 * 1024))
    expect(places.slice(0, 100).filter((place) => place.find('m') !== undefined)).toHaveLength(15)
    expect(places[99]?.find('other')).toBeUndefined()
  })
})
