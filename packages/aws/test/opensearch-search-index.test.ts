import { S3Client } from '@aws-sdk/client-s3'
import { type IndexedDocument, InvalidInputError, PlinthError, type SearchQuery } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OpenSearchSearchIndex } from '../src/opensearch-search-index.ts'
import { nowhere } from './support/answering.ts'
import { failure, SimulatedOpenSearch } from './support/simulated-opensearch.ts'

const space = { name: 'model:3', dimensions: 3 }
const anyone = { user: 'ann', groups: new Set<string>() }
const east = vector(1, 0, 0)
const north = vector(0, 1, 0)

describe.each([
  ['a domain', 'es'],
  ['OpenSearch Serverless', 'aoss'],
] as const)('OpenSearchSearchIndex on %s', (_, service) => {
  it('[R29] finds by words, the context twice, and by vectors, each scored on the other side too [X23]', async () => {
    const { add, ask } = setUp(service)
    await add('acme', [
      { ...named('a'), chunks: [chunk(0, 'whales sing'), chunk(12, 'ships sail', 'whales')] },
      { ...named('b'), chunks: [chunk(0, 'nothing here')] },
    ])
    await add('acme', [{ ...named('c'), chunks: [chunk(5, 'whales again')] }], [[vector(-2, 0, 0)]])
    await add('acme', [{ ...named('d'), chunks: [chunk(7, 'no word of it')] }], [[vector(3, 4, 0)]])
    const { lexical, dense } = await ask({ texts: [{ text: 'whales', weight: 1 }], limit: 10 })
    expect(lexical.map(({ document, ordinal, score }) => [document, ordinal, rounded(score)])).toEqual([
      ['a', 1, 1],
      ['a', 0, 0.5],
      ['c', 0, 0.5],
    ])
    expect(lexical[0]).toEqual({ ...named('a'), ordinal: 1, start: 12, end: 22, score: expect.closeTo(1, 2) })
    expect(dense.map(({ document, score }) => [document, rounded(score)])).toEqual([
      ['d', 0.6],
      ['c', -1],
    ])
    const few = await ask({ texts: [{ text: 'whales', weight: 0.5 }], limit: 1 })
    expect(few.lexical.map(({ document, score }) => [document, rounded(score)])).toEqual([['a', 0.5]])
    // The nearest has no word of it; the best by words has no vector.
    expect(few.dense.map(({ document }) => document)).toEqual(['d'])
    const crossed = await ask({ texts: [{ text: 'again', weight: 1 }], limit: 1 })
    expect(crossed.dense.map(({ document }) => document)).toEqual(['d', 'c'])
  })

  it('without words or a vector, in an unknown space or an unknown tenant, a side is empty', async () => {
    const { index, add, ask, run } = setUp(service)
    expect(await ask({})).toMatchObject({ lexical: [], dense: [], lexicalBound: 0 })
    expect(await run(index.status('acme'))).toMatchObject({ documents: 0, chunks: 0, spaces: [] })
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'words')] }], [[east]])
    expect((await ask({ texts: [{ text: '  ?! ', weight: 1 }] })).lexical).toEqual([])
    expect((await ask({ vector: { space: 'other:3', values: east } })).dense).toEqual([])
    await expect(ask({ vector: { space: space.name, values: vector(1, 0) } })).rejects.toThrow(InvalidInputError)
    expect(await run(index.search('globex', queryOf({})))).toMatchObject({ lexical: [], dense: [] })
    expect(await run(index.status('acme'))).toMatchObject({
      documents: 1,
      chunks: 1,
      spaces: [{ name: space.name, dimensions: 3, chunks: 1 }],
    })
  })

  it('[X33] filters and access lists count before ranking, on both sides', async () => {
    const { add, ask } = setUp(service)
    const near = Array.from({ length: 40 }, (_unused, at) => ({
      ...named(`near${at}`),
      chunks: [chunk(0, 'whales whales')],
      attributes: { year: 2020 },
      access: { users: ['bob'], groups: [] },
    }))
    await add(
      'acme',
      near,
      near.map(() => [east]),
    )
    const attributes = { year: 2021, tags: ['x', 'y'] }
    await add(
      'acme',
      [{ ...named('far'), chunks: [chunk(0, 'whales')], attributes, access: { users: [], groups: ['staff'] } }],
      [[north]],
    )
    const found = async (query: Partial<SearchQuery>): Promise<string[][]> => {
      const reader = { user: 'ann', groups: new Set(['staff', 'all']) }
      const { lexical, dense } = await ask({ texts: [{ text: 'whales', weight: 1 }], limit: 3, reader, ...query })
      return [lexical, dense].map((side) => side.map(({ document }) => document))
    }
    expect(await found({})).toEqual([['far'], ['far']])
    expect(await found({ filter: { year: [1999, 2021], tags: 'y' } })).toEqual([['far'], ['far']])
    expect(await found({ filter: { year: '2021' } })).toEqual([[], []])
    expect(await found({ filter: { year: 2021, tags: [] } })).toEqual([[], []])
    expect(await found({ reader: anyone })).toEqual([[], []])
    const [words, vectors] = await found({ reader: { user: 'bob', groups: new Set() } })
    expect([words?.slice(0, 3), vectors?.slice(0, 3)].flat().every((name) => name?.startsWith('near'))).toBe(true)
  })

  it('a put of what is there changes nothing; what was put is found when put resolves', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    const document = { ...named('a'), chunks: [chunk(0, 'first words')] }
    await add('acme', [document, document], [[east], [east]])
    const before = await ask({ texts: [{ text: 'first', weight: 1 }] })
    expect([before.lexical.length, before.dense.length]).toEqual([1, 1])
    const stored = engine.stored().length
    await add('acme', [{ ...document, chunks: [chunk(0, 'other words')] }], [[north]])
    await run(index.putVectors('acme', space, [{ ...named('nowhere'), vectors: [east] }]))
    expect(engine.stored().length).toBe(stored)
    const after = await ask({ texts: [{ text: 'first', weight: 1 }] })
    expect(after).toEqual(before)
    await expect(run(index.putVectors('acme', space, [{ ...named('a'), vectors: [] }]))).rejects.toMatchObject({
      field: 'vectors',
    })
    const flat = { ...named('a'), vectors: [vector(1, 0)] }
    await expect(run(index.putVectors('acme', { ...space, dimensions: 2 }, [flat]))).rejects.toMatchObject({ field: 'space' })
  })

  it('[R44] a removed version is found no more and leaves nothing; it may come again', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'gone'), chunk(5, 'gone too')] }], [[east, north]])
    await add('acme', [{ ...named('b'), chunks: [chunk(0, 'gone but for this')] }], [[east]])
    const { mark } = await ask({})
    await run(index.remove('acme', [named('a'), named('never-there')]))
    await run(index.remove('globex', [named('b')]))
    const left = await ask({ texts: [{ text: 'gone', weight: 1 }] })
    expect(left.lexical.map(({ document }) => document)).toEqual(['b'])
    expect(left.dense.map(({ document }) => document)).toEqual(['b'])
    expect(left.mark).not.toBe(mark)
    expect(engine.stored().filter(({ key }) => key === 'a/v1')).toEqual([])
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'back')] }])
    expect((await ask({ texts: [{ text: 'back', weight: 1 }] })).lexical.length).toBe(1)
  })

  it('[R44] a search sees puts and removes whole', async () => {
    const { index, engine, add, run } = setUp(service)
    await add('acme', [{ ...named('old'), chunks: [chunk(0, 'whales')] }], [[north]])
    const seen: string[] = []
    const look = async (when: string): Promise<void> => {
      engine.before = () => undefined
      const { lexical, dense } = await index.search('acme', queryOf({ texts: [{ text: 'whales', weight: 1 }] }))
      seen.push(`${when}: ${lexical.length} ${dense.length}`)
    }
    const lookAt = (action: (body: string) => boolean, when: string): void => {
      engine.before = async ({ path, body }) => {
        if (/_bulk|_delete/.test(path) && action(body)) await look(when)
        return undefined
      }
    }
    const long = { ...named('new'), chunks: Array.from({ length: 1_500 }, (_unused, at) => chunk(at, 'whales')) }
    lookAt((body) => body.includes('"kind":"version"'), 'chunks are there')
    await run(index.put('acme', [{ attributes: {}, ...long }]))
    lookAt((body) => body.includes('"kind":"space"'), 'vectors are there')
    await run(index.putVectors('acme', space, [{ ...named('new'), vectors: long.chunks.map(() => east) }]))
    await look('put')
    expect(seen).toEqual(['chunks are there: 1 1', 'vectors are there: 11 1', 'put: 10 10'])
    // The last that a removal deletes are the chunks.
    let deletes = 0
    engine.before = async ({ path, body }) => {
      const begins = /_delete_by_query/.test(path) || (/_bulk/.test(path) && body.startsWith('{"delete"'))
      if (begins && ++deletes === 2) await look('version is gone')
      return undefined
    }
    await run(index.remove('acme', [named('new')]))
    expect(seen.at(-1)).toBe('version is gone: 1 1')
  })

  it('a chunk that goes is not found by way of the other side [R44]', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    await add(
      'acme',
      ['a', 'b'].map((name) => ({ ...named(name), chunks: [chunk(0, 'whales whales')] })),
    )
    await add('acme', [{ ...named('z'), chunks: [chunk(0, 'one of the whales')] }], [[east]])
    let deletes = 0
    engine.before = ({ path, body }) => {
      const deleting = /_delete_by_query/.test(path) || (/_bulk/.test(path) && body.startsWith('{"delete"'))
      return deleting && ++deletes > 1 ? failure(403, 'security_exception') : undefined
    }
    await expect(run(index.remove('acme', [named('z')]))).rejects.toMatchObject({ code: 'aws_denied' })
    const { lexical, dense } = await ask({ texts: [{ text: 'whales', weight: 1 }], limit: 2 })
    expect([lexical, dense].map((side) => side.map(({ document }) => document))).toEqual([['a', 'b'], []])
  })

  it('what a put that was cut off left is never found, and goes with its version [R44]', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    engine.before = ({ path, body }) =>
      path.endsWith('_bulk') && body.includes('"kind":"version"') ? failure(403, 'security_exception') : undefined
    const cut = { ...named('a'), chunks: [chunk(0, 'first'), chunk(9, 'left over')], attributes: {} }
    await expect(run(index.put('acme', [cut]))).rejects.toMatchObject({ code: 'aws_denied' })
    engine.before = () => undefined
    const found = async (text: string) => (await ask({ texts: [{ text, weight: 1 }] })).lexical.length
    expect(await found('left')).toBe(0)
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'second')] }])
    expect([await found('left'), await found('first'), await found('second')]).toEqual([0, 0, 1])
    await run(index.remove('acme', [named('a')]))
    expect(engine.stored()).toEqual([])
  })

  it('vectors that come while their version is removed do not stay', async () => {
    const { index, engine, add, run } = setUp(service)
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'words')] }])
    let once = true
    engine.before = async ({ path, body }) => {
      if (once && path.endsWith('_bulk') && body.includes('"update"')) {
        once = false
        await index.remove('acme', [named('a')])
      }
      return undefined
    }
    // On Serverless the update is never seen, and time runs out: an error, which may be tried again.
    await run(index.putVectors('acme', space, [{ ...named('a'), vectors: [east] }])).catch((error: unknown) =>
      expect(error).toMatchObject({ code: 'search_behind', retryable: true }),
    )
    engine.before = () => undefined
    expect(engine.stored()).toEqual([])
  })

  it('drops a space, and nothing else', async () => {
    const { index, add, ask, run } = setUp(service)
    const documents = Array.from({ length: 3 }, (_unused, at) => ({ ...named(`d${at}`), chunks: [chunk(0, 'words')] }))
    await add(
      'acme',
      documents,
      documents.map(() => [east]),
    )
    await run(index.putVectors('acme', { name: 'second', dimensions: 2 }, [{ ...named('d0'), vectors: [vector(1, 1)] }]))
    await run(index.dropSpace('acme', space.name))
    await run(index.dropSpace('acme', 'never-there'))
    const after = await ask({ texts: [{ text: 'words', weight: 1 }] })
    expect([after.lexical.length, after.dense.length]).toEqual([3, 0])
    expect((await run(index.status('acme'))).spaces).toEqual([{ name: 'second', dimensions: 2, chunks: 1 }])
    await run(index.putVectors('acme', space, [{ ...named('d1'), vectors: [north] }]))
    expect((await ask({})).dense.map(({ document }) => document)).toEqual(['d1'])
  })

  it('[X67] forgets a tenant as a whole, and no other', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    for (const tenant of ['acme', 'globex']) await add(tenant, [{ ...named('a'), chunks: [chunk(0, 'words')] }], [[east]])
    await run(index.forget('acme'))
    await run(index.forget('acme'))
    expect((await ask({ texts: [{ text: 'words', weight: 1 }] })).lexical).toEqual([])
    expect(engine.indexes.size).toBe(1)
    expect((await run(index.search('globex', queryOf({})))).dense.length).toBe(1)
  })

  it('tries again the items of a bulk that were refused as too many, and only these', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    let refuse = true
    engine.before = async (asked) => {
      if (!refuse || !asked.path.endsWith('_bulk')) return undefined
      refuse = false
      // The second of two is refused.
      const [first = '', second = ''] = asked.body.split('\n')
      await engine.fetch(`https://engine${asked.path}`, { method: 'POST', body: `${first}\n${second}\n` })
      const items = [{ index: { status: 201 } }, { index: { status: 429, error: { type: 'rejected_execution_exception' } } }]
      return new Response(JSON.stringify({ took: 1, errors: true, items }))
    }
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'first patience'), chunk(15, 'second patience')] }])
    expect((await ask({ texts: [{ text: 'patience', weight: 1 }] })).lexical.length).toBe(2)
    expect(engine.stored().filter(({ kind }) => kind === 'chunk').length).toBe(2)
    engine.before = ({ path }) =>
      path.endsWith('_bulk')
        ? new Response(JSON.stringify({ items: [{ index: { status: 429, error: { type: 'rejected_execution_exception' } } }] }))
        : undefined
    const put = run(index.put('acme', [{ ...named('b'), attributes: {}, chunks: [chunk(0, 'never')] }]))
    await expect(put).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
  })

  it('tries again what is busy, and tells what is refused without what was sent', async () => {
    const { index, engine, add, ask, run } = setUp(service)
    let busy = 2
    engine.before = ({ path }) => {
      if (path.endsWith('_bulk') && busy-- > 0) return failure(429, 'rejected_execution_exception')
      return undefined
    }
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'patience')] }])
    expect((await ask({ texts: [{ text: 'patience', weight: 1 }] })).lexical.length).toBe(1)
    for (const [status, type, code] of [
      [403, 'security_exception', 'aws_denied'],
      [400, 'too_many_clauses', 'aws_unavailable'],
      [503, 'cluster_block_exception', 'aws_unavailable'],
    ] as const) {
      engine.before = () => failure(status, type)
      const error = await run(index.search('acme', queryOf({}))).catch((reason: unknown) => reason)
      expect(PlinthError.is(error) && [error.code, error.retryable]).toEqual([code, true])
      expect(String(error)).not.toContain('quotes')
    }
    engine.before = () => {
      throw new TypeError('fetch failed')
    }
    await expect(run(index.status('acme'))).rejects.toMatchObject({ code: 'aws_unavailable' })
  })

  it('signs each request for its service, and names no tenant, user, group or attribute in clear [X67]', async () => {
    const { engine, add, ask } = setUp(service)
    const access = { users: ['ann'], groups: ['board'] }
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'words')], attributes: { stage: 'secret-plan' }, access }], [[east]])
    await ask({ filter: { stage: 'secret-plan' } })
    for (const { headers, body, path } of engine.asked) {
      expect(headers.get('authorization')).toMatch(
        new RegExp(
          `^AWS4-HMAC-SHA256 Credential=test/\\d{8}/eu-central-1/${service}/aws4_request, SignedHeaders=.*host.*x-amz-content-sha256`,
        ),
      )
      expect(`${path} ${body}`).not.toMatch(/acme|secret-plan|stage|ann"|board/)
    }
    expect(engine.asked.some(({ query }) => query.get('refresh') === 'wait_for')).toBe(service === 'es')
  })

  it('a question of 100 KB is cut to what a query of Lucene holds', async () => {
    const { engine, add, ask } = setUp(service)
    await add('acme', [{ ...named('a'), chunks: [chunk(0, 'word7')] }])
    const text = Array.from({ length: 20_000 }, (_unused, at) => `word${at}`).join(' ')
    expect(
      (
        await ask({
          texts: [
            { text, weight: 1 },
            { text: 'more', weight: 1 },
          ],
        })
      ).lexical.length,
    ).toBe(1)
    const [sent] = engine.asked.filter(({ path, body }) => path.endsWith('_msearch') && body.includes('"match"'))
    const asked = JSON.parse(sent?.body.split('\n')[3] ?? '').query.bool.should.map(({ match }: never) => Object.values(match)[0])
    expect(asked.length).toBe(2)
    expect(asked[0].query.split(' ').length).toBe(500)
    const han = Array.from({ length: 2_000 }, (_unused, at) => String.fromCodePoint(0x4e00 + at)).join('')
    await ask({ texts: [{ text: han, weight: 1 }] })
    expect(engine.asked.at(-1)?.body.includes(han)).toBe(false)
  })

  it('no text of a question, a filter, an attribute, a reader or a document gets out of its place in what is sent [X33]', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('"}}\n{"match_all":{}}', '\n', '*:*', '{"query":1}', '_id', '__proto__', '\\"', '\ud800', '\u2028'),
    )
    const value = fc.oneof(text, fc.integer(), fc.constantFrom(0.1, -2.5e-7, 1e300), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, value, { maxKeys: 3 }), text, text, text, async (attributes, user, group, words) => {
        fc.pre(user !== 'nobody-else' && group !== 'nobody-else')
        const { engine, add, ask } = setUp(service)
        const hidden = {
          ...named('hidden'),
          chunks: [chunk(0, `whales ${words}`)],
          access: { users: ['nobody-else'], groups: [] },
        }
        const mine = {
          ...named('mine'),
          chunks: [chunk(0, `whales ${words}`, words)],
          attributes,
          access: { users: [user], groups: [] },
        }
        await add('acme', [hidden, mine], [[east], [east]])
        const reader = { user, groups: new Set([group]) }
        const { lexical, dense } = await ask({ texts: [{ text: `whales ${words}`, weight: 1 }], filter: attributes, reader })
        expect([lexical, dense].map((side) => side.map(({ document }) => document))).toEqual([['mine'], ['mine']])
        for (const { path, body } of engine.asked.filter((asked) => asked.path.endsWith('_msearch'))) {
          expect(path).toMatch(/^\/plinth-[0-9a-f]{40}\/_msearch$/)
          const lines = body.trimEnd().split('\n')
          expect(lines.length % 2).toBe(0)
          for (const line of lines) expect(Object.keys(JSON.parse(line)).every((key) => searchKeys.includes(key))).toBe(true)
        }
      }),
      { numRuns: 40 },
    )
  })
})

it('a removal of what others change all the time is tried a few times, with pauses, and left for later then', async () => {
  const { index, engine, clock, add, run } = setUp('es')
  await add('acme', [{ ...named('a'), chunks: [chunk(0, 'words')] }])
  const times: number[] = []
  engine.before = ({ path }) => {
    if (!path.endsWith('_delete_by_query')) return undefined
    times.push(clock.now())
    // Not for ever: nothing else would have its turn.
    return Response.json({ deleted: 0, version_conflicts: times.length < 1_000 ? 1 : 0 })
  }
  await expect(run(index.remove('acme', [named('a')]))).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
  expect(times.length).toBe(5)
  expect(new Set(times).size).toBe(5)
})

it('a request that is never answered ends after a minute, and is tried again', async () => {
  const clock = new FakeClock()
  let tries = 0
  const silent = (_url: unknown, { signal }: RequestInit = {}): Promise<Response> => {
    tries++
    return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  const index = new OpenSearchSearchIndex({ ...options(clock, 'es'), fetch: silent as typeof fetch, maxAttempts: 2 })
  const outcome = index.search('acme', queryOf({})).catch((error: unknown) => error)
  for (let step = 0; step < 150; step++) await clock.advance(1_000)
  expect(await outcome).toMatchObject({ code: 'aws_unavailable', retryable: true })
  expect(tries).toBe(2)
})

const searchKeys = ['size', '_source', 'query', 'track_total_hits', 'track_scores', 'sort', 'aggs']

function options(clock: FakeClock, service: 'es' | 'aoss') {
  const identity = new S3Client(nowhere).config
  return { endpoint: `https://search.eu-central-1.${service}.amazonaws.com`, service, region: nowhere.region, identity, clock }
}

function setUp(service: 'es' | 'aoss') {
  const clock = new FakeClock()
  const engine = new SimulatedOpenSearch(clock, { serverless: service === 'aoss' })
  const index = new OpenSearchSearchIndex({ ...options(clock, service), fetch: engine.fetch })
  /** Lets time go by until it is over. */
  const run = async <Result>(work: Promise<Result>): Promise<Result> => {
    let over = false
    const end = work.finally(() => (over = true))
    end.catch(() => undefined)
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!over) await clock.advance(1_000)
    }
    return end
  }
  const add = async (
    tenant: string,
    documents: readonly (Omit<IndexedDocument, 'attributes'> & Partial<IndexedDocument>)[],
    vectors?: readonly (readonly Float32Array[])[],
  ): Promise<void> => {
    await run(
      index.put(
        tenant,
        documents.map((document) => ({ attributes: {}, ...document })),
      ),
    )
    if (!vectors) return
    const given = documents.map(({ document, version }, at) => ({ document, version, vectors: vectors[at] ?? [] }))
    await run(index.putVectors(tenant, space, given))
  }
  const ask = (query: Partial<SearchQuery>) => run(index.search('acme', queryOf(query)))
  return { index, engine, clock, run, add, ask }
}

function rounded(score: number): number {
  return Number(score.toFixed(2))
}

function vector(...values: number[]): Float32Array {
  return Float32Array.from(values)
}

function named(document: string): { document: string; version: string } {
  return { document, version: 'v1' }
}

function chunk(start: number, text: string, context = ''): IndexedDocument['chunks'][number] {
  return { start, end: start + text.length, text, context }
}

function queryOf(query: Partial<SearchQuery>): SearchQuery {
  return { texts: [], vector: { space: space.name, values: east }, reader: anyone, limit: 10, ...query }
}
