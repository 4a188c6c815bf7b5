import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Scope } from '../../src/index.ts'
import { texts } from '../../src/rag/documents.ts'
import { retrievePassages } from '../../src/rag/retrieve-passages.ts'
import { forgetful, RagBench } from './rag-bench.ts'

const signal = new AbortController().signal
const query = 'When does the zeppelin land?'
const landsOn = (day: string): string => `The zeppelin lands on ${day}.`

let bench: RagBench
beforeEach(async () => {
  bench = await RagBench.open()
  await replaceBy('Monday')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.stop()
})

const index = () => bench.plinth.memory.platform.operate().search
/** Sends it, and lets time pass until it is found and nothing is left of what was there before. */
const replaceBy = (day: string) => bench.ingest([{ source: 'zeppelin.txt', content: landsOn(day) }])
const found = async (scope: Scope): Promise<readonly string[]> =>
  (await retrievePassages(scope, { query, top_k: 5 }, signal)).passages.map(({ content }) => content)

/** Runs `change` behind each search, before anyone looks at what it found. */
function behindEachSearch(change: (searches: number) => Promise<unknown>) {
  const { search } = index()
  const whole = search.bind(index())
  let searches = 0
  return vi.spyOn(index(), 'search').mockImplementation(async (...call) => {
    const result = await whole(...call)
    await change(++searches)
    return result
  })
}

/** A scope that runs `change` before it reads a text. */
async function beforeTexts(change: (reads: number) => Promise<unknown>): Promise<Scope> {
  const scope = forgetful(await bench.scope())
  let reads = 0
  const get: Scope['state']['get'] = async (collection, where) => {
    if ((collection as unknown) === texts) await change(++reads)
    return scope.state.get(collection, where)
  }
  const state = new Proxy(scope.state, { get: (of, name) => (name === 'get' ? get : Reflect.get(of, name).bind(of)) })
  return { ...scope, state }
}

describe('a document that is replaced while it is looked for', () => {
  it('is found as it is now [R44, X25]', async () => {
    const search = behindEachSearch(async (searches) => searches === 1 && replaceBy('Sunday'))
    expect(await found(await bench.scope())).toEqual([landsOn('Sunday')])
    expect(search).toHaveBeenCalledTimes(2)
  })

  it('is found as it is now by an index that tells no mark [R44, X25]', async () => {
    behindEachSearch(async (searches) => searches === 1 && replaceBy('Sunday'))
    const scope = await bench.scope()
    const { mark: _, ...search } = scope.search
    expect(await found({ ...scope, search })).toEqual([landsOn('Sunday')])
  })

  it('is found as it is now when its text goes before it is read [R44, X25]', async () => {
    const search = vi.spyOn(index(), 'search')
    const scope = await beforeTexts(async (reads) => reads === 1 && replaceBy('Sunday'))
    expect(await found(scope)).toEqual([landsOn('Sunday')])
    expect(search).toHaveBeenCalledTimes(2)
  })

  it('again and again, is looked for three times', async () => {
    const search = behindEachSearch((searches) => replaceBy(`day ${searches}`))
    expect(await found(await bench.scope())).toEqual([])
    expect(search).toHaveBeenCalledTimes(3)
  })

  it('again and again before its text is read, is no passage without words', async () => {
    const search = vi.spyOn(index(), 'search')
    const scope = await beforeTexts((reads) => replaceBy(`day ${reads}`))
    expect(await found(scope)).toEqual([])
    expect(search).toHaveBeenCalledTimes(3)
  })

  it('is not looked for again while the index still has the version before', async () => {
    vi.spyOn(index(), 'remove').mockResolvedValue()
    await replaceBy('Sunday')
    const search = vi.spyOn(index(), 'search')
    expect(await found(await bench.scope())).toEqual([landsOn('Sunday')])
    expect(search).toHaveBeenCalledTimes(1)
  })
})
