import { S3VectorsClient } from '@aws-sdk/client-s3vectors'
import { type IndexedDocument, InvalidInputError, type SearchQuery, TooLargeError } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { S3VectorsSearchIndex } from '../src/s3vectors-search-index.ts'
import { awsError, nowhere } from './support/answering.ts'
import { SimulatedS3Vectors } from './support/simulated-s3vectors.ts'

const space = { name: 'model:3', dimensions: 3 }
const anyone = { user: 'ann', groups: new Set<string>() }
const [east, north, up] = [vector(1, 0, 0), vector(0, 1, 0), vector(0, 0, 1)]

describe('S3VectorsSearchIndex', () => {
  it('[R29] finds the nearest by their cosine, with the places of their chunks', async () => {
    const { index } = setUp()
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(2) }], [[vector(4, 0, 0), vector(3, 4, 0)]])
    await add(index, 'acme', [{ ...named('b'), chunks: chunks(1) }], [[vector(-3, 0, 0)]])
    const { dense, lexical, lexicalBound } = await ask(index, { limit: 3 })
    expect(dense.map(({ score, ...rest }) => ({ ...rest, score: Number(score.toFixed(5)) }))).toEqual([
      { ...named('a'), ordinal: 0, start: 0, end: 10, score: 1 },
      { ...named('a'), ordinal: 1, start: 10, end: 20, score: 0.6 },
      { ...named('b'), ordinal: 0, start: 0, end: 10, score: -1 },
    ])
    expect({ lexical, lexicalBound }).toEqual({ lexical: [], lexicalBound: 0 })
    expect((await ask(index, { limit: 1 })).dense.length).toBe(1)
  })

  it('a query without a vector, of another space, or of nothing has no candidates', async () => {
    const { index } = setUp()
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1) }], [[east]])
    const { vector: _, ...words } = queryOf({})
    expect((await index.search('acme', words)).dense).toEqual([])
    expect((await ask(index, { vector: { space: 'other:3', values: east } })).dense).toEqual([])
    await expect(ask(index, { vector: { space: space.name, values: vector(1, 0) } })).rejects.toThrow(InvalidInputError)
  })

  it('[X33] [X67] finds nothing of another tenant, and names no tenant, user, group or attribute in clear', async () => {
    const { index, service } = setUp()
    const document = {
      ...named('a'),
      chunks: chunks(1),
      attributes: { stage: 'secret-plan' },
      access: readable(['ann'], ['board']),
    }
    await add(index, 'acme', [document], [[east]])
    await add(index, 'globex', [document], [[east]])
    await index.remove('globex', [named('a')])
    expect((await ask(index, { filter: { stage: 'secret-plan' } })).dense.length).toBe(1)
    expect((await index.search('globex', queryOf({}))).dense).toEqual([])
    expect(service.indexes.size).toBe(2)
    const sent = service.handler.sent.map(({ body, path }) => `${path} ${body}`).join('\n')
    expect(sent).not.toMatch(/acme|globex|secret-plan|stage|ann"|board/)
  })

  it('[X33] filters and access lists count before ranking: a far one that passes is found among near ones that do not', async () => {
    const { index } = setUp()
    const near = Array.from({ length: 150 }, (_, at) => ({
      ...named(`near${at}`),
      chunks: chunks(1),
      attributes: { year: 2020 },
      access: readable(['bob']),
    }))
    await add(
      index,
      'acme',
      near,
      near.map(() => [east]),
    )
    const far = {
      ...named('far'),
      chunks: chunks(1),
      attributes: { year: 2021, tags: ['x', 'y'] },
      access: readable([], ['staff']),
    }
    await add(index, 'acme', [far], [[north]])
    const member = { user: 'ann', groups: new Set(['staff', 'all']) }
    const found = async (query: Partial<SearchQuery>): Promise<string[]> =>
      (await ask(index, { limit: 5, reader: member, ...query })).dense.map(({ document }) => document)
    expect(await found({})).toEqual(['far'])
    expect(await found({ filter: { year: [1999, 2021], tags: 'y' } })).toEqual(['far'])
    expect(await found({ filter: { year: '2021' } })).toEqual([])
    expect(await found({ filter: { year: 2021, tags: 'z' } })).toEqual([])
    expect(await found({ reader: anyone })).toEqual([])
    expect((await found({ reader: { user: 'bob', groups: new Set() } })).length).toBe(5)
  })

  it('[X33] what has no room among the metadata is decided by the record', async () => {
    const { index } = setUp()
    const users = Array.from({ length: 400 }, (_, at) => `user-${at}`)
    const tags = Array.from({ length: 300 }, (_, at) => `tag-${at}`)
    const wide = { ...named('wide'), chunks: chunks(1), attributes: { tags }, access: readable(users) }
    const many = { ...named('many'), chunks: chunks(1), attributes: { tags: ['tag-1'] }, access: readable(users) }
    await add(index, 'acme', [wide, many], [[east], [east]])
    const found = async (user: string, tag: string): Promise<string[]> => {
      const { dense } = await ask(index, { reader: { user, groups: new Set() }, filter: { tags: tag } })
      return dense.map(({ document }) => document)
    }
    expect(await found('user-7', 'tag-1')).toEqual(['many', 'wide'])
    expect(await found('user-7', 'tag-299')).toEqual(['wide'])
    expect(await found('user-400', 'tag-1')).toEqual([])
    expect(await found('user-7', 'tag-300')).toEqual([])
  })

  it('looks again where what may not be found takes the place of others [R44]', async () => {
    const { index, service } = setUp()
    const users = Array.from({ length: 400 }, (_, at) => `user-${at}`)
    const hidden = Array.from({ length: 20 }, (_, at) => ({ ...named(`h${at}`), chunks: chunks(1), access: readable(users) }))
    await add(
      index,
      'acme',
      hidden,
      hidden.map(() => [east]),
    )
    await add(index, 'acme', [{ ...named('open'), chunks: chunks(1) }], [[north]])
    expect((await ask(index, { limit: 10 })).dense.map(({ document }) => document)).toEqual(['open'])
    await index.put('acme', [{ ...named('coming'), chunks: chunks(1_200), attributes: {} }])
    const seen: string[][] = []
    service.before = async ({ operation }) => {
      if (operation === 'PutVectors') seen.push((await ask(index, { limit: 1 })).dense.map(({ document }) => document))
      return undefined
    }
    await index.putVectors('acme', space, [{ ...named('coming'), vectors: chunks(1_200).map(() => east) }])
    expect(seen).toEqual([['open'], ['open'], ['open']])
  })

  it('a reader of more groups than one filter names is asked for in several', async () => {
    const { index, service } = setUp()
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1), access: readable([], ['group-249']) }], [[east]])
    await add(index, 'acme', [{ ...named('b'), chunks: chunks(1), attributes: { at: 1 } }], [[north]])
    const groups = new Set(Array.from({ length: 250 }, (_, at) => `group-${at}`))
    const { dense } = await ask(index, { reader: { user: 'ann', groups } })
    expect(dense.map(({ document }) => document)).toEqual(['a', 'b'])
    expect(service.handler.operations().filter((operation) => operation === 'QueryVectors').length).toBe(3)
    const filtered = await ask(index, { reader: { user: 'ann', groups }, filter: { at: [1, 2, 3] } })
    expect(filtered.dense.map(({ document }) => document)).toEqual(['b'])
    const values = Array.from({ length: 50 }, (_, at) => at)
    await expect(ask(index, { filter: { at: values } })).rejects.toMatchObject({ field: 'filter' })
  })

  it('puts and deletes by 500 at most, and few enough for the payload of wide ones', async () => {
    const { index, service } = setUp()
    const many = { ...named('many'), chunks: chunks(1_001) }
    await add(index, 'acme', [many], [Array.from({ length: 1_001 }, () => east)])
    expect(service.vectorCount()).toBe(1_001)
    expect((await index.status('acme')).spaces).toEqual([{ name: space.name, dimensions: 3, chunks: 1_001 }])
    expect((await ask(index, { limit: 200 })).dense.length).toBe(100)
    await index.remove('acme', [named('many')])
    expect(service.vectorCount()).toBe(0)
    const wide = { name: 'wide', dimensions: 4_096 }
    await index.put('acme', [{ ...named('wide'), chunks: chunks(400), attributes: {} }])
    await index.putVectors('acme', wide, [
      { ...named('wide'), vectors: chunks(400).map(() => new Float32Array(4_096).fill(0.1)) },
    ])
    expect(service.vectorCount()).toBe(400)
  })

  it('packs the vectors of small versions into one call', async () => {
    const { index, service } = setUp()
    const small = Array.from({ length: 40 }, (_, at) => ({ ...named(`s${at}`), chunks: chunks(2) }))
    await add(
      index,
      'acme',
      small,
      small.map(() => [east, north]),
    )
    expect(service.handler.operations()).toEqual(['CreateIndex', 'PutVectors'])
  })

  it('a put of what is there changes nothing, nor do vectors of what is there or is not', async () => {
    const { index, service } = setUp()
    const document = { ...named('a'), chunks: chunks(1) }
    await add(index, 'acme', [document], [[east]])
    const { mark } = await ask(index, {})
    const sent = service.handler.sent.length
    await add(index, 'acme', [document], [[north]])
    await index.putVectors('acme', space, [{ ...named('nowhere'), vectors: [east] }])
    expect(service.handler.operations().slice(sent)).toEqual([])
    const after = await ask(index, {})
    expect([after.mark, after.dense[0]?.score]).toEqual([mark, 1])
    await expect(index.putVectors('acme', space, [{ ...named('b'), vectors: [vector(1, 0)] }])).rejects.toThrow(InvalidInputError)
    await index.put('acme', [{ ...named('c'), chunks: chunks(2), attributes: {} }])
    await expect(index.putVectors('acme', space, [{ ...named('c'), vectors: [east] }])).rejects.toMatchObject({
      field: 'vectors',
    })
    const flat = { ...named('c'), vectors: [vector(1, 0), vector(1, 0)] }
    await expect(index.putVectors('acme', { ...space, dimensions: 2 }, [flat])).rejects.toMatchObject({ field: 'space' })
  })

  it('[R44] a search sees each put whole or not at all', async () => {
    const { index, service } = setUp()
    await index.put('acme', [{ ...named('a'), chunks: chunks(1_200), attributes: {} }])
    const seen: number[] = []
    service.before = async ({ operation }) => {
      if (operation === 'PutVectors') seen.push((await ask(index, { limit: 10 })).dense.length)
      return undefined
    }
    await index.putVectors('acme', space, [{ ...named('a'), vectors: chunks(1_200).map(() => east) }])
    expect(seen).toEqual([0, 0, 0])
    expect((await ask(index, { limit: 10 })).dense.length).toBe(10)
  })

  it('[R44] a search sees each remove whole: nothing of it is found while its vectors are being deleted', async () => {
    const { index, service } = setUp()
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1_200) }], [chunks(1_200).map(() => east)])
    const { mark } = await ask(index, {})
    const seen: number[] = []
    service.before = async ({ operation }) => {
      if (operation === 'DeleteVectors') seen.push((await ask(index, { limit: 10 })).dense.length)
      return undefined
    }
    await index.remove('acme', [named('a'), named('never-there')])
    expect(seen).toEqual([0, 0, 0])
    expect(service.vectorCount()).toBe(0)
    expect((await ask(index, {})).mark).not.toBe(mark)
    expect(await index.status('acme')).toMatchObject({ documents: 0, chunks: 0, spaces: [{ chunks: 0 }] })
  })

  it('a removal that was cut off finds nothing more, and maintain ends it', async () => {
    const { index, service } = setUp()
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1) }], [[east]])
    service.before = ({ operation }) => (operation === 'DeleteVectors' ? awsError('ServiceUnavailableException', 503) : undefined)
    await expect(index.remove('acme', [named('a')])).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
    expect((await ask(index, {})).dense).toEqual([])
    expect(service.vectorCount()).toBe(1)
    service.before = () => undefined
    while (await index.maintain('acme'));
    expect(service.vectorCount()).toBe(0)
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1) }], [[north]])
    expect((await ask(index, {})).dense[0]?.score).toBe(0)
  })

  it('vectors that come while their version is removed are not found, and do not stay', async () => {
    const { index, service } = setUp()
    await index.put('acme', [{ ...named('a'), chunks: chunks(1), attributes: {} }])
    service.before = async ({ operation }) => {
      if (operation === 'PutVectors') await index.remove('acme', [named('a')])
      return undefined
    }
    await index.putVectors('acme', space, [{ ...named('a'), vectors: [east] }])
    expect((await ask(index, {})).dense).toEqual([])
    expect(service.vectorCount()).toBe(0)
  })

  it('what is left of a version that was removed is never taken for the one that was put again', async () => {
    const { index, service } = setUp()
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1) }], [[east]])
    const [left] = service.indexes.values()
    const leftovers = [...(left?.vectors ?? [])]
    await index.remove('acme', [named('a')])
    for (const [key, value] of leftovers) left?.vectors.set(key, value)
    await add(index, 'acme', [{ ...named('a'), chunks: chunks(1) }], [[north]])
    expect((await ask(index, {})).dense.map(({ score }) => score)).toEqual([0])
  })

  it('a version of more chunks than one commit holds comes whole, also after it was cut off', async () => {
    const { index, memory } = setUp()
    const long = { ...named('long'), chunks: chunks(130_000), attributes: {} }
    let commits = 0
    const store = memory.inner.state
    const commit = store.commit.bind(store)
    store.commit = async (...parts) => {
      if (++commits === 3) throw new Error('cut off')
      return commit(...parts)
    }
    await expect(index.put('acme', [long])).rejects.toThrow('cut off')
    expect((await index.status('acme')).documents).toBe(0)
    await index.put('acme', [long])
    expect(await index.status('acme')).toMatchObject({ documents: 1, chunks: 130_000 })
    await index.remove('acme', [named('long')])
    expect(await index.status('acme')).toMatchObject({ documents: 0, chunks: 0 })
  })

  it('drops a space with its vectors, and begins it anew', async () => {
    const { index, service } = setUp()
    const document = { ...named('a'), chunks: chunks(1) }
    await add(index, 'acme', [document], [[east]])
    await index.dropSpace('acme', space.name)
    await index.dropSpace('acme', 'never-there')
    expect([service.indexes.size, (await ask(index, {})).dense, (await index.status('acme')).spaces]).toEqual([0, [], []])
    await add(index, 'acme', [document], [[up]])
    expect((await ask(index, {})).dense.length).toBe(1)
    service.before = ({ operation }) => (operation === 'DeleteIndex' ? awsError('InternalServerException', 500) : undefined)
    await expect(index.dropSpace('acme', space.name)).rejects.toMatchObject({ code: 'aws_unavailable' })
    expect((await ask(index, {})).dense).toEqual([])
    service.before = () => undefined
    expect(await index.maintain('acme')).toBe(false)
    expect(service.indexes.size).toBe(0)
  })

  it('[X67] forgets a tenant as a whole, and no other', async () => {
    const { index, service } = setUp()
    const document = { ...named('a'), chunks: chunks(1) }
    for (const tenant of ['acme', 'globex']) await add(index, tenant, [document], [[east]])
    await index.putVectors('acme', { name: 'other', dimensions: 3 }, [{ ...named('a'), vectors: [north] }])
    await index.forget('acme')
    expect((await ask(index, {})).dense).toEqual([])
    expect(service.indexes.size).toBe(1)
    expect((await index.search('globex', queryOf({}))).dense.length).toBe(1)
  })

  it('has at most 16 spaces, and vectors of what is not there begin none', async () => {
    const { index, service } = setUp()
    await index.put('acme', [{ ...named('a'), chunks: chunks(1), attributes: {} }])
    const begin = (at: number, document: string) =>
      index.putVectors('acme', { name: `space-${at}`, dimensions: 3 }, [{ ...named(document), vectors: [east] }])
    for (let at = 1; at <= 16; at++) await begin(at, 'a')
    await expect(begin(17, 'a')).rejects.toMatchObject({ field: 'space' })
    await begin(18, 'nowhere')
    expect(service.indexes.size).toBe(16)
  })

  it('two that begin a space at once share one index', async () => {
    const { index, service } = setUp()
    const documents = ['a', 'b'].map((name) => ({ ...named(name), chunks: chunks(1), attributes: {} }))
    await index.put('acme', documents)
    await Promise.all(
      documents.map(({ document, version }) => index.putVectors('acme', space, [{ document, version, vectors: [east] }])),
    )
    expect(service.indexes.size).toBe(1)
    expect((await ask(index, {})).dense.length).toBe(2)
  })

  it.each([
    ['a name', { document: 'a/b' }, InvalidInputError],
    ['a version', { version: '' }, InvalidInputError],
    ['a chunk', { chunks: [{ start: 0, end: 1, text: 'x'.repeat(8_000), context: 'y' }] }, TooLargeError],
    ['offsets', { chunks: [{ start: 5, end: 1, text: 'x', context: '' }] }, InvalidInputError],
    ['attributes', { attributes: { long: 'x'.repeat(64 * 1024) } }, TooLargeError],
  ])('%s beyond the limits is refused, and nothing is put', async (_, wrong, kind) => {
    const { index } = setUp()
    const good = { ...named('good'), chunks: chunks(1), attributes: {} }
    await expect(index.put('acme', [good, { ...good, ...wrong }])).rejects.toThrow(kind)
    expect((await index.status('acme')).documents).toBe(0)
    for (const limit of [0, -1, 1.5, 201, 1e9]) await expect(ask(index, { limit })).rejects.toMatchObject({ field: 'limit' })
  })

  it('no text of a filter, an attribute, a reader or a tenant gets out of its place in what is sent [X33]', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('"}', '{"$or":[{}]}', '$exists', 'readers', '-', '\\"', '__proto__', '\ud800', '\u0000'),
    )
    const value = fc.oneof(text, fc.integer(), fc.constantFrom(0.1, -2.5e-7, 1e300), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, value, { maxKeys: 4 }), text, text, async (fields, user, group) => {
        const { index, service } = setUp()
        await add(index, 'acme', [{ ...named('hidden'), chunks: chunks(1), access: readable(['nobody-else']) }], [[east]])
        const mine = { ...named('mine'), chunks: chunks(1), attributes: fields, access: readable([user]) }
        await add(index, 'acme', [mine], [[east]])
        const reader = { user, groups: new Set([group]) }
        fc.pre(user !== 'nobody-else')
        expect((await ask(index, { filter: fields, reader })).dense.map(({ document }) => document)).toEqual(['mine'])
        const bodies = service.handler.sent
          .filter(({ operation }) => operation === 'QueryVectors')
          .map(({ body }) => String(body))
        for (const body of bodies) {
          const { filter } = JSON.parse(body)
          expect(Object.keys(filter)).toEqual(['$and'])
          for (const condition of filter.$and) {
            const [[name, test] = []] = Object.entries<{ $in: string[] }>(condition)
            expect(['readers', 'fields']).toContain(name)
            expect(test?.$in.every((token) => /^[\w-]{16}$/.test(token))).toBe(true)
          }
        }
      }),
      { numRuns: 60, examples: [[Object.fromEntries([['__proto__', 0.1]]), '__proto__', '__proto__']] },
    )
  })
})

function setUp() {
  const service = new SimulatedS3Vectors()
  const memory = memoryPlatform({ models: scriptedModels(() => 'none') })
  const client = new S3VectorsClient({ ...nowhere, requestHandler: service.handler, maxAttempts: 1 })
  const state = (tenant: string) => memory.platform.operate().state(tenant)
  const index = new S3VectorsSearchIndex({ client, bucket: service.bucket, clock: memory.clock, state })
  return { index, service, memory }
}

function vector(...values: number[]): Float32Array {
  return Float32Array.from(values)
}

function named(document: string): { document: string; version: string } {
  return { document, version: 'v1' }
}

function chunks(length: number): IndexedDocument['chunks'] {
  return Array.from({ length }, (_, at) => ({ start: at * 10, end: at * 10 + 10, text: 'some words', context: '' }))
}

function readable(users: string[], groups: string[] = []) {
  return { users, groups }
}

/** By 64 a call. */
async function add(
  index: S3VectorsSearchIndex,
  tenant: string,
  documents: readonly (Omit<IndexedDocument, 'attributes'> & Partial<IndexedDocument>)[],
  vectors: readonly (readonly Float32Array[])[],
): Promise<void> {
  for (let start = 0; start < documents.length; start += 64) {
    const part = documents.slice(start, start + 64)
    await index.put(
      tenant,
      part.map((document) => ({ attributes: {}, ...document })),
    )
    const given = part.map(({ document, version }, at) => ({ document, version, vectors: vectors[start + at] ?? [] }))
    await index.putVectors(tenant, space, given)
  }
}

function queryOf(query: Partial<SearchQuery>): SearchQuery {
  return { texts: [], vector: { space: space.name, values: east ?? vector() }, reader: anyone, limit: 10, ...query }
}

function ask(index: S3VectorsSearchIndex, query: Partial<SearchQuery>) {
  return index.search('acme', queryOf(query))
}
