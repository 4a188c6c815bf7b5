import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { readStream, type StreamEvent } from './support/read-stream.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

/** @returns the place of the batch. */
async function send(documents: readonly object[]): Promise<string> {
  const { headers } = await call(server.url, '/api/documents', { token, body: { documents } })
  return headers.get('location') ?? expect.fail()
}

describe('a batch', () => {
  const follow = (path: string, options: Parameters<typeof readStream>[3] = {}): Promise<StreamEvent[]> =>
    readStream(server.url, `${path}/events`, token, options)

  it('is followed to its end, and told on from where a follower was cut off', async () => {
    const many = Array.from({ length: 60 }, (_, at) => ({ source: `followed-${at}.txt`, content: `Number ${at}. `.repeat(200) }))
    const path = await send([...many, { source: 'nothing.txt', content: ' ' }])
    const [first = expect.fail()] = await follow(path, { enough: () => true })
    expect(first).toMatchObject({ event: 'status', data: { total: 61 } })
    expect(Number(first.data.processed)).toBeLessThan(60)
    const rest = await follow(path, { after: first.id })
    const ids = [first, ...rest].map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other))
    expect(rest.filter(({ event }) => event === 'done')).toEqual(rest.slice(-1))
    const figures = (await call(server.url, path, { token })).body
    expect(rest.at(-1)?.data).toEqual(figures)
    expect(figures).toMatchObject({ total: 61, processed: 60, failed: 1, embedded: 60 })
    // Whoever comes later is told the end alone.
    expect(await follow(path, { after: rest.at(-1)?.id ?? 0 })).toEqual(rest.slice(-1))
  })
})

describe('what vectors count beside words', () => {
  it('is set, shown, counts in rankings, and is taken back', async () => {
    // Of the one all words of the question stand in a long text; the other is nothing but one of them.
    const [one, other] = [
      'The committee spoke of many things, of budgets, of chairs, of the weather; a quoll was named once, and its habitat by somebody.',
      'Habitat.',
    ]
    const filter = { shelf: 'weights' }
    const path = await send([
      { source: 'words.txt', content: one, metadata: filter },
      { source: 'short.txt', content: other, metadata: filter },
    ])
    await until(
      'both are embedded',
      async () => (await call<{ embedded: number }>(server.url, path, { token })).body.embedded === 2,
    )
    const ranking = async () => {
      const body = { query: 'quoll habitat', filter }
      const { results } = (
        await call<{ results: { source: string; score: number }[] }>(server.url, '/api/rag/retrieve', { token, body })
      ).body
      return results.map(({ source, score }) => [source, score])
    }
    const names = async () => (await ranking()).map(([source]) => source)
    const put = (dense_weight: number | null) =>
      call(server.url, '/api/rag/index', { token, method: 'PUT', body: { dense_weight } })
    const shown = async () => (await call<{ dense_weight: number }>(server.url, '/api/rag/index', { token })).body.dense_weight
    const weight = await shown()
    const usual = await ranking()
    expect(usual.map(([source]) => source)).toEqual(['words.txt', 'short.txt'])
    expect((await put(0.9)).body).toMatchObject({ dense_weight: 0.9 })
    expect(await shown()).toBe(0.9)
    expect(await names()).toEqual(['short.txt', 'words.txt'])
    expect((await put(null)).body).toMatchObject({ dense_weight: weight })
    expect([await shown(), await ranking()]).toEqual([weight, usual])
    expectProblem(await put(1.5), 400, 'invalid_input', 'dense_weight')
  })
})
