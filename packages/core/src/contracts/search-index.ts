import { expect } from 'vitest'
import { InvalidInputError, TooLargeError } from '../errors.ts'
import type { DocumentVectors, IndexedDocument, SearchIndex, SearchQuery } from '../ports/search-index.ts'
import { type ContractOptions, describeContract, type Promises } from './contract.ts'
import { answerOf, ask, documentOf, maintainAll, placesOf, versionOf, wordsFound } from './search-index-samples.ts'
import { searchIndexVectors } from './search-index-vectors.ts'

/** The promises of {@link SearchIndex}, one test each. Those about words are not for an index that has none. */
export function describeSearchIndexContract(
  adapter: string,
  options: ContractOptions<SearchIndex> & { readonly lexical?: boolean },
): void {
  const promises = { ...common, ...searchIndexVectors, ...(options.lexical === false ? {} : words) }
  describeContract('SearchIndex', adapter, options, promises)
}

const words: Promises<SearchIndex> = {
  'what was put is found by its words when put resolves, with its offsets': async (subject) => {
    const { port } = subject()
    await port.put('words', [
      documentOf('alpha', ['A tiger sleeps.', 'A river flows to the sea.']),
      documentOf('beta', ['Two rivers.']),
    ])
    const { lexical, dense } = await port.search('words', ask('river'))
    expect(placesOf(lexical)).toEqual(['beta/0', 'alpha/1'])
    expect(lexical[1]).toMatchObject({ document: 'alpha', version: 'v1', ordinal: 1, start: 16, end: 41 })
    expect(dense).toEqual([])
    expect(await wordsFound(port, 'words', 'elephant')).toEqual([])
  },

  'words of the context count twice, words of other scripts and codes are found, stop words are not': async (subject) => {
    const { port } = subject()
    const tenant = 'analysis'
    const filler = 'some plain words about nothing in particular here'
    await port.put(tenant, [
      documentOf('text', [`${filler} harbour`]),
      documentOf('title', [`${filler} quay`], { context: 'harbour' }),
      documentOf('code', ['Order the part PX-4711 today.']),
      documentOf('japanese', ['東京タワーは高い。']),
      documentOf('accents', ['Le café est fermé.']),
    ])
    expect(await wordsFound(port, tenant, 'harbours')).toEqual(['title/0', 'text/0'])
    for (const code of ['PX-4711', 'px4711', '4711', 'PX']) expect(await wordsFound(port, tenant, code), code).toEqual(['code/0'])
    expect(await wordsFound(port, tenant, '東京')).toEqual(['japanese/0'])
    expect(await wordsFound(port, tenant, 'CAFE')).toEqual(['accents/0'])
    expect(await wordsFound(port, tenant, 'the')).toEqual([])
  },

  'a text of half the weight counts half': async (subject) => {
    const { port } = subject()
    await port.put('weights', [documentOf('one', ['apple']), documentOf('two', ['pear'])])
    expect(placesOf((await port.search('weights', weighing(1, 0.5))).lexical)).toEqual(['one/0', 'two/0'])
    const { lexical } = await port.search('weights', weighing(0.5, 1))
    expect(placesOf(lexical)).toEqual(['two/0', 'one/0'])
    expect(lexical[0]?.score).toBeCloseTo((lexical[1]?.score ?? 0) * 2)
  },

  'no score is above the bound, where one is said': async (subject, skip) => {
    const { port } = subject()
    await port.put('bound', [documentOf('one', ['apple']), documentOf('two', ['pear'])])
    const { lexical, lexicalBound } = await port.search('bound', weighing(0.5, 1))
    if (lexicalBound === 0) skip('it says no bound, which the port leaves to it')
    expect((lexical[0]?.score ?? 0) + (lexical[1]?.score ?? 0)).toBeLessThanOrEqual(lexicalBound)
    // A word that is nowhere is part of what could have been.
    const unknown = await port.search('bound', ask('apple zebra'))
    expect(unknown.lexicalBound).toBeGreaterThan((await port.search('bound', ask('apple'))).lexicalBound)
  },

  'a removed version is found no more when remove resolves': async (subject) => {
    const { port } = subject()
    await port.put('removed', [documentOf('gone', ['lantern']), documentOf('stays', ['lantern'])])
    await port.remove('removed', [versionOf('gone'), versionOf('never-there'), versionOf('gone', 'v9')])
    expect(await wordsFound(port, 'removed', 'lantern')).toEqual(['stays/0'])
    await maintainAll(port, 'removed')
    expect(await wordsFound(port, 'removed', 'lantern')).toEqual(['stays/0'])
  },

  'a put of a version that is there changes nothing': async (subject) => {
    const { port } = subject()
    const document = documentOf('same', ['first text'])
    await port.put('again', [document])
    const before = await port.search('again', ask('first'))
    await port.put('again', [document, documentOf('same', ['second text'])])
    expect(await port.search('again', ask('first'))).toEqual(before)
    expect(await wordsFound(port, 'again', 'second')).toEqual([])
    expect(await port.status('again')).toMatchObject({ documents: 1, chunks: 1 })
  },

  'of two puts of a version at once one wins': async (subject) => {
    const { port } = subject()
    const texts = ['left', 'right', 'middle']
    await Promise.all(texts.map((text) => port.put('race', [documentOf('one', [`${text} shared`]), documentOf(text, [text])])))
    expect(await wordsFound(port, 'race', 'shared')).toEqual(['one/0'])
    for (const text of texts) expect(await wordsFound(port, 'race', text)).toContain(`${text}/0`)
    expect(await port.status('race')).toMatchObject({ documents: 4, chunks: 4 })
  },

  'versions of a document are apart, and a removed one may be put again': async (subject) => {
    const { port } = subject()
    await port.put('versions', [documentOf('page', ['old words'])])
    await port.put('versions', [documentOf('page', ['new words'], { version: 'v2' })])
    expect(await wordsFound(port, 'versions', 'words')).toEqual(['page/0', 'page/0'])
    await port.remove('versions', [versionOf('page')])
    expect((await port.search('versions', ask('words'))).lexical).toMatchObject([{ version: 'v2' }])
    await port.put('versions', [documentOf('page', ['old words'])])
    expect(await wordsFound(port, 'versions', 'old')).toEqual(['page/0'])
    await maintainAll(port, 'versions')
    expect(await wordsFound(port, 'versions', 'words')).toEqual(['page/0', 'page/0'])
  },

  'filters and access lists count before ranking [X33]': async (subject) => {
    const { port } = subject()
    const loud = Array.from({ length: 30 }, (_, index) =>
      documentOf(`loud-${index}`, ['budget budget budget'], { access: { users: ['ann'], groups: ['board'] } }),
    )
    const quiet = documentOf('quiet', ['a longer text that has the word budget once, among many others that it has'], {
      attributes: { year: 2026, tags: ['money', 'plan'], draft: false },
    })
    await port.put('access', [...loud, quiet])
    const reader = (user: string, ...groups: string[]) => ({ reader: { user, groups: new Set(groups) }, limit: 5 })
    expect(await wordsFound(port, 'access', 'budget', reader('bob', 'staff'))).toEqual(['quiet/0'])
    expect(await wordsFound(port, 'access', 'budget', reader('board', 'ann'))).toEqual(['quiet/0'])
    for (const asked of [reader('ann'), reader('bob', 'staff', 'board')])
      expect((await wordsFound(port, 'access', 'budget', asked)).every((place) => place.startsWith('loud'))).toBe(true)
    const filtered = (filter: NonNullable<Parameters<typeof ask>[1]>['filter']) =>
      wordsFound(port, 'access', 'budget', { ...reader('ann'), ...(filter ? { filter } : {}) })
    for (const filter of [{ year: 2026 }, { tags: 'plan' }, { tags: ['none', 'money'], draft: false }])
      expect(await filtered(filter), JSON.stringify(filter)).toEqual(['quiet/0'])
    for (const filter of [{ year: 2025 }, { year: '2026' }, { tags: [] }, { year: 2026, draft: true }, { absent: 1 }])
      expect(await filtered(filter), JSON.stringify(filter)).toEqual([])
  },

  'an empty access list is for nobody': async (subject) => {
    const { port } = subject()
    await port.put('nobody', [documentOf('secret', ['hidden'], { access: { users: [], groups: [] } })])
    expect(await wordsFound(port, 'nobody', 'hidden', { reader: { user: '', groups: new Set(['']) } })).toEqual([])
  },

  'nothing of one tenant is found by another [R25, X58]': async (subject) => {
    const { port } = subject()
    for (const tenant of ['t', 'tb', 'T']) await port.put(tenant, [documentOf(`of-${tenant}`, ['shared words'])])
    for (const tenant of ['t', 'tb', 'T']) expect(await wordsFound(port, tenant, 'shared')).toEqual([`of-${tenant}/0`])
    await port.remove('t', [versionOf('of-tb'), versionOf('of-t')])
    expect(await wordsFound(port, 't', 'shared')).toEqual([])
    expect(await wordsFound(port, 'tb', 'shared')).toEqual(['of-tb/0'])
  },

  'the same index and query give the same candidates in the same order, equals by document, version and ordinal': async (
    subject,
  ) => {
    const { port } = subject()
    const names = ['m', 'z', 'a', 'B', 'a-b', '0']
    for (const name of names) await port.put('order', [documentOf(name, ['equal text', 'equal text'])])
    await port.put('order', [documentOf('a', ['equal text'], { version: 'v0' })])
    const before = await port.search('order', ask('equal', { limit: 20 }))
    const expected = names.sort().flatMap((name) => [...(name === 'a' ? ['a/0'] : []), `${name}/0`, `${name}/1`])
    expect(placesOf(before.lexical)).toEqual(expected)
    expect(before.lexical.find(({ document }) => document === 'a')?.version).toBe('v0')
    expect(placesOf((await port.search('order', ask('equal', { limit: 4 }))).lexical)).toEqual(expected.slice(0, 4))
    expect(await port.search('order', ask('equal', { limit: 20 }))).toEqual(before)
    await maintainAll(port, 'order')
    expect(answerOf(await port.search('order', ask('equal', { limit: 20 })))).toEqual(answerOf(before))
  },

  'maintain changes no answer, whatever was removed before': async (subject) => {
    const { port } = subject()
    for (let group = 0; group < 12; group++) {
      const texts = Array.from({ length: 5 }, (_, index) => `number ${group * 5 + index} of a list, divided by ${index + 1}`)
      await port.put('merged', [documentOf(`group-${group}`, texts), documentOf(`other-${group}`, [`list ${group}`])])
    }
    await port.remove('merged', [versionOf('group-3'), versionOf('other-11'), versionOf('group-0')])
    const queries = ['number', 'list 7', 'divided 3', 'group', '59'].map((text) => ask(text, { limit: 30 }))
    const before = await Promise.all(queries.map((query) => port.search('merged', query)))
    expect(before[0]?.lexical.length).toBe(30)
    await maintainAll(port, 'merged')
    const after = await Promise.all(queries.map((query) => port.search('merged', query)))
    expect(after.map(answerOf)).toEqual(before.map(answerOf))
    expect(await port.maintain('merged')).toBe(false)
  },

  'what was put outlives the process': async (subject) => {
    const { port, reopen } = subject()
    await port.put('durable', [documentOf('kept', ['lasting words']), documentOf('gone', ['lasting words'])])
    await port.remove('durable', [versionOf('gone')])
    const before = await port.search('durable', ask('lasting'))
    if (!reopen) return
    const again = await reopen()
    expect(await again.search('durable', ask('lasting'))).toEqual(before)
    expect(placesOf(before.lexical)).toEqual(['kept/0'])
  },
}

const common: Promises<SearchIndex> = {
  'the mark changes with every put and remove': async (subject) => {
    const { port } = subject()
    const mark = async (): Promise<string> => {
      const told = await port.mark?.('mark')
      const { mark: found } = await port.search('mark', ask('word'))
      if (told !== undefined) expect(told).toBe(found)
      return found
    }
    const marks = [await mark()]
    await port.put('mark', [documentOf('one', ['word'])])
    marks.push(await mark())
    await port.remove('mark', [versionOf('one')])
    marks.push(await mark())
    expect(new Set(marks).size).toBe(3)
    expect(await mark()).toBe(marks[2])
  },

  'an index without anything finds nothing, and has nothing to maintain': async (subject) => {
    const { port } = subject()
    expect(answerOf(await port.search('empty', ask('anything')))).toMatchObject({ lexical: [], dense: [] })
    expect(await port.status('empty')).toMatchObject({ documents: 0, chunks: 0, spaces: [] })
    expect(await port.maintain('empty')).toBe(false)
    await port.put('empty', [])
    await port.remove('empty', [])
    await port.dropSpace('empty', 'none')
  },

  'the status counts documents and chunks': async (subject) => {
    const { port } = subject()
    await port.put('status', [documentOf('one', ['a', 'b', 'c']), documentOf('two', ['d']), documentOf('none', [])])
    expect(await port.status('status')).toMatchObject({ documents: 3, chunks: 4 })
    await port.remove('status', [versionOf('one'), versionOf('none')])
    expect(await port.status('status')).toMatchObject({ documents: 1, chunks: 1 })
  },

  'what is beyond the limits is refused, and nothing is put': async (subject) => {
    const { port } = subject()
    const good = documentOf('good', ['fine words'])
    const chunk = good.chunks.slice(0, 1).map((each) => ({ ...each, text: 'x'.repeat(8_001) }))
    const large: IndexedDocument[] = [
      { ...good, document: 'long', chunks: chunk },
      documentOf('attributes', ['x'], { attributes: { text: 'y'.repeat(65_536) } }),
      documentOf('access', ['x'], { access: { users: ['z'.repeat(65_536)], groups: [] } }),
    ]
    for (const document of large)
      await expect(port.put('limits', [good, document]), document.document).rejects.toBeInstanceOf(TooLargeError)
    const many = Array.from({ length: 65 }, (_, index) => documentOf(`many-${index}`, ['x']))
    await expect(port.put('limits', many)).rejects.toBeInstanceOf(TooLargeError)
    await expect(port.remove('limits', many)).rejects.toBeInstanceOf(TooLargeError)
    const wrong: IndexedDocument[] = [
      documentOf('a b', ['x']),
      documentOf('', ['x']),
      documentOf('a', ['x'], { version: '../v' }),
      documentOf('a', ['x'], { attributes: { number: Number.NaN } }),
      { ...good, document: 'offsets', chunks: [{ start: 5, end: 4, text: '', context: '' }] },
    ]
    for (const document of wrong)
      await expect(port.put('limits', [good, document]), document.document).rejects.toBeInstanceOf(InvalidInputError)
    for (const limit of [0, -1, 201, 1.5, Number.NaN, 1e9])
      await expect(port.search('limits', ask('fine', { limit })), String(limit)).rejects.toBeInstanceOf(InvalidInputError)
    await expect(port.search('limits', ask('', { texts: [{ text: 'a', weight: 0 }] }))).rejects.toBeInstanceOf(InvalidInputError)
    const vectors: DocumentVectors = { ...versionOf('good'), vectors: [new Float32Array(4_097).fill(1)] }
    await expect(port.putVectors('limits', { name: 's', dimensions: 4_097 }, [vectors])).rejects.toBeInstanceOf(TooLargeError)
    await expect(port.putVectors('limits', { name: 'a b', dimensions: 2 }, [])).rejects.toBeInstanceOf(InvalidInputError)
    expect(await port.status('limits')).toMatchObject({ documents: 0, chunks: 0, spaces: [] })
  },

  'maintain that is aborted stops, and the index is as it was': async (subject) => {
    const { port } = subject()
    for (let index = 0; index < 10; index++) await port.put('aborted', [documentOf(`a-${index}`, [`word ${index}`])])
    await port.remove('aborted', [versionOf('a-3')])
    const before = answerOf(await port.search('aborted', ask('word', { limit: 20 })))
    const status = await port.status('aborted')
    expect(await port.maintain('aborted', { signal: AbortSignal.abort(new Error('enough')) })).toBe(true)
    expect(await port.status('aborted')).toEqual(status)
    expect(answerOf(await port.search('aborted', ask('word', { limit: 20 })))).toEqual(before)
  },
}

function weighing(apple: number, pear: number): SearchQuery {
  return ask('', {
    texts: [
      { text: 'apple', weight: apple },
      { text: 'pear', weight: pear },
    ],
  })
}
