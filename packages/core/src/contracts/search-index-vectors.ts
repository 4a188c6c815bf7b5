import { expect } from 'vitest'
import { InvalidInputError } from '../errors.ts'
import type { SearchIndex, SearchQuery, VectorSpace } from '../ports/search-index.ts'
import type { Promises } from './contract.ts'
import { answerOf, ask, documentOf, maintainAll, placesOf, pointing, versionOf } from './search-index-samples.ts'

const space: VectorSpace = { name: 'circle:2', dimensions: 2 }

function towards(degrees: number, parts: Partial<SearchQuery> = {}): SearchQuery {
  return ask('', { vector: { space: space.name, values: pointing(degrees, 3) }, ...parts })
}

/** The promises of SearchIndex about vectors. */
export const searchIndexVectors: Promises<SearchIndex> = {
  'dense candidates are the nearest by cosine, whatever the length of a vector': async (subject) => {
    const { port } = subject()
    await port.put('dense', [documentOf('east', ['a', 'b']), documentOf('north', ['c']), documentOf('west', ['d'])])
    await port.putVectors('dense', space, [
      { ...versionOf('east'), vectors: [pointing(10, 0.001), pointing(-30, 50)] },
      { ...versionOf('north'), vectors: [pointing(80)] },
    ])
    const { dense, lexical } = await port.search('dense', towards(0))
    expect(placesOf(dense)).toEqual(['east/0', 'east/1', 'north/0'])
    expect(lexical).toEqual([])
    for (const [index, degrees] of [10, 30, 80].entries())
      expect(dense[index]?.score).toBeCloseTo(Math.cos((degrees / 180) * Math.PI), 1.8)
    expect(dense[1]).toMatchObject({ document: 'east', version: 'v1', ordinal: 1, start: 2, end: 3 })
    expect(placesOf((await port.search('dense', towards(90, { limit: 1 }))).dense)).toEqual(['north/0'])
    expect(await port.status('dense')).toMatchObject({ chunks: 4, spaces: [{ ...space, chunks: 3 }] })
  },

  'a chunk that is among the best of one side is scored on the other, too': async (subject) => {
    const { port } = subject()
    if (!port.capabilities.lexical) return
    const names = Array.from({ length: 6 }, (_, index) => `d${index}`)
    await port.put(
      'both',
      names.map((name, index) => documentOf(name, [index < 3 ? `harbour ${'filler '.repeat(index)}` : 'nothing'])),
    )
    await port.putVectors(
      'both',
      space,
      names.map((name, index) => ({ ...versionOf(name), vectors: [pointing(60 - index * 12)] })),
    )
    const { lexical, dense } = await port.search('both', { ...towards(0, { limit: 2 }), texts: [{ text: 'harbour', weight: 1 }] })
    // Best of words: d0, d1. Best of vectors: d5, d4, which have none of the words.
    expect(placesOf(lexical)).toEqual(['d0/0', 'd1/0'])
    expect(placesOf(dense)).toEqual(['d5/0', 'd4/0', 'd1/0', 'd0/0'])
    const other = await port.search('both', { ...towards(40, { limit: 1 }), texts: [{ text: 'harbour', weight: 1 }] })
    expect(placesOf(other.lexical)).toEqual(['d0/0', 'd2/0'])
    expect(placesOf(other.dense)).toEqual(['d2/0', 'd0/0'])
  },

  'vectors of a version that is not there are ignored, and a second put of vectors changes nothing': async (subject) => {
    const { port } = subject()
    await port.putVectors('idle', space, [{ ...versionOf('late'), vectors: [pointing(0)] }])
    await port.put('idle', [documentOf('late', ['a']), documentOf('one', ['b'])])
    await port.putVectors('idle', space, [{ ...versionOf('one'), vectors: [pointing(20)] }])
    const before = await port.search('idle', towards(0))
    expect(placesOf(before.dense)).not.toContain('late/0')
    await port.putVectors('idle', space, [{ ...versionOf('one'), vectors: [pointing(170)] }])
    expect(await port.search('idle', towards(0))).toEqual(before)
    expect(await port.status('idle')).toMatchObject({ spaces: [{ chunks: 1 }] })
  },

  'vectors come in parts, and are all found when the last part is put': async (subject) => {
    const { port } = subject()
    const degrees = Array.from({ length: 7 }, (_, index) => index * 20)
    await port.put('parts', [documentOf('whole', degrees.map(String)), documentOf('other', ['b'])])
    await port.putVectors('parts', space, [{ ...versionOf('other'), vectors: [pointing(170)] }])
    const part = (first: number, end: number) => {
      const vectors = degrees.slice(first, end).map((each) => pointing(each))
      return port.putVectors('parts', space, [{ ...versionOf('whole'), first, vectors }])
    }
    await part(0, 3)
    const there = await port.vectorsOf?.('parts', space.name, versionOf('whole'))
    if (there !== undefined) expect(there).toBe(3)
    await part(3, 6)
    // The same again, as after an answer that was lost.
    await part(3, 6)
    await part(6, 7)
    const all = [...degrees.map((_, ordinal) => `whole/${ordinal}`), 'other/0']
    expect(placesOf((await port.search('parts', towards(0))).dense)).toEqual(all)
    expect(await port.status('parts')).toMatchObject({ chunks: 8, spaces: [{ chunks: 8 }] })
    await part(0, 3)
    await maintainAll(port, 'parts')
    expect(placesOf((await port.search('parts', towards(0))).dense)).toEqual(all)
    expect(await port.status('parts')).toMatchObject({ spaces: [{ chunks: 8 }] })
    await port.put('parts', [documentOf('short', ['c', 'd'])])
    for (const first of [1, -1, 0.5]) {
      const vectors = [pointing(0), pointing(5)]
      const put = port.putVectors('parts', space, [{ ...versionOf('short'), first, vectors }])
      await expect(put).rejects.toBeInstanceOf(InvalidInputError)
    }
    await port.remove('parts', [versionOf('whole')])
    expect(placesOf((await port.search('parts', towards(0))).dense)).toEqual(['other/0'])
  },

  'vectors of a removed version are found no more, also when it is put again': async (subject) => {
    const { port } = subject()
    await port.put('gone', [documentOf('one', ['a']), documentOf('two', ['b'])])
    const vectors = ['one', 'two'].map((name, index) => ({ ...versionOf(name), vectors: [pointing(index * 20)] }))
    await port.putVectors('gone', space, vectors)
    await port.remove('gone', [versionOf('one')])
    expect(placesOf((await port.search('gone', towards(0))).dense)).toEqual(['two/0'])
    await port.put('gone', [documentOf('one', ['a'])])
    expect(placesOf((await port.search('gone', towards(0))).dense)).toEqual(['two/0'])
    await port.putVectors('gone', space, vectors)
    expect(placesOf((await port.search('gone', towards(0))).dense)).toEqual(['one/0', 'two/0'])
    await maintainAll(port, 'gone')
    expect(placesOf((await port.search('gone', towards(0))).dense)).toEqual(['one/0', 'two/0'])
    expect(await port.status('gone')).toMatchObject({ spaces: [{ chunks: 2 }] })
  },

  'spaces are apart, and one that is dropped is gone until it is filled again': async (subject) => {
    const { port } = subject()
    const other = { name: 'line:1', dimensions: 1 }
    await port.put('spaces', [documentOf('one', ['a']), documentOf('two', ['b'])])
    await port.putVectors('spaces', space, [{ ...versionOf('one'), vectors: [pointing(0)] }])
    await port.putVectors('spaces', other, [{ ...versionOf('two'), vectors: [Float32Array.of(2)] }])
    const line = ask('', { vector: { space: other.name, values: Float32Array.of(1) } })
    expect(placesOf((await port.search('spaces', towards(0))).dense)).toEqual(['one/0'])
    expect(placesOf((await port.search('spaces', line)).dense)).toEqual(['two/0'])
    await port.dropSpace('spaces', space.name)
    expect((await port.search('spaces', towards(0))).dense).toEqual([])
    expect((await port.status('spaces')).spaces).toMatchObject([other])
    await maintainAll(port, 'spaces')
    // Of other dimensions, even.
    const again = { name: space.name, dimensions: 3 }
    await port.putVectors('spaces', again, [{ ...versionOf('two'), vectors: [Float32Array.of(1, 0, 0)] }])
    const three = ask('', { vector: { space: space.name, values: Float32Array.of(1, 1, 0) } })
    expect(placesOf((await port.search('spaces', three)).dense)).toEqual(['two/0'])
    expect(placesOf((await port.search('spaces', line)).dense)).toEqual(['two/0'])
  },

  'filters and access lists count for vectors, too': async (subject) => {
    const { port } = subject()
    const near = Array.from({ length: 20 }, (_, index) =>
      documentOf(`near-${index}`, ['a'], { access: { users: ['ann'], groups: [] } }),
    )
    const far = documentOf('far', ['b'], { attributes: { kind: 'open' } })
    await port.put('guarded', [...near, far])
    const vectors = near.map(({ document }, index) => ({ ...versionOf(document), vectors: [pointing(index)] }))
    await port.putVectors('guarded', space, [...vectors, { ...versionOf('far'), vectors: [pointing(170)] }])
    expect(placesOf((await port.search('guarded', towards(0, { limit: 3 }))).dense)).toEqual(['far/0'])
    const ann = { reader: { user: 'ann', groups: new Set<string>() }, limit: 3 }
    expect(placesOf((await port.search('guarded', towards(0, ann))).dense)).toEqual(['near-0/0', 'near-1/0', 'near-2/0'])
    expect(placesOf((await port.search('guarded', towards(0, { ...ann, filter: { kind: 'open' } }))).dense)).toEqual(['far/0'])
  },

  'maintain changes no dense answer below exactBelow': async (subject) => {
    const { port } = subject()
    for (let group = 0; group < 20; group++) {
      const name = `g${group}`
      await port.put('merged-vectors', [documentOf(name, ['a', 'b'])])
      const vectors = [pointing(group * 17), pointing(group * 29)]
      await port.putVectors('merged-vectors', space, [{ ...versionOf(name), vectors }])
    }
    await port.remove('merged-vectors', [versionOf('g4')])
    const queries = [0, 100, 200, 300].map((degrees) => towards(degrees, { limit: 15 }))
    const before = await Promise.all(queries.map((query) => port.search('merged-vectors', query)))
    expect(before[0]?.dense).toHaveLength(15)
    await maintainAll(port, 'merged-vectors')
    const after = await Promise.all(queries.map((query) => port.search('merged-vectors', query)))
    expect(after.map(answerOf)).toEqual(before.map(answerOf))
  },

  'vectors that cannot be compared are refused': async (subject) => {
    const { port } = subject()
    await port.put('odd', [documentOf('one', ['a', 'b'])])
    const put = (vectors: readonly Float32Array[], into = space) =>
      port.putVectors('odd', into, [{ ...versionOf('one'), vectors }])
    const bad = [
      [pointing(0)],
      [pointing(0), Float32Array.of(0, 0)],
      [pointing(0), Float32Array.of(1, Number.NaN)],
      [pointing(0), Float32Array.of(1)],
    ]
    for (const vectors of bad) await expect(put(vectors)).rejects.toBeInstanceOf(InvalidInputError)
    await put([pointing(0), pointing(90)])
    await expect(put([Float32Array.of(1), Float32Array.of(2)], { ...space, dimensions: 1 })).rejects.toBeInstanceOf(
      InvalidInputError,
    )
    for (const values of [Float32Array.of(0, 0), Float32Array.of(1, 2, 3), Float32Array.of(Number.POSITIVE_INFINITY, 0)]) {
      const query = ask('', { vector: { space: space.name, values } })
      await expect(port.search('odd', query)).rejects.toBeInstanceOf(InvalidInputError)
    }
  },

  'vectors outlive the process': async (subject) => {
    const { port, reopen } = subject()
    await port.put('durable-vectors', [documentOf('one', ['a'])])
    await port.putVectors('durable-vectors', space, [{ ...versionOf('one'), vectors: [pointing(5)] }])
    const before = await port.search('durable-vectors', towards(0))
    if (!reopen) return
    expect(await (await reopen()).search('durable-vectors', towards(0))).toEqual(before)
    expect(placesOf(before.dense)).toEqual(['one/0'])
  },
}
