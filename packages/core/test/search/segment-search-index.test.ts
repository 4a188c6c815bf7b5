import { describe, expect, it } from 'vitest'
import { ask, documentOf, maintainAll, placesOf, versionOf } from '../../src/contracts/index.ts'
import type { IndexedDocument, SearchQuery } from '../../src/ports/search-index.ts'
import { SearchSubject } from './support/search-subject.ts'

const reader = { user: 'u', groups: new Set<string>() }

/** Vectors around so many centres, the same for the same seed. */
function clustered(count: number, dimensions: number, seed: number): Float32Array[] {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  const centres = Array.from({ length: 40 }, () => Float32Array.from({ length: dimensions }, next))
  return Array.from({ length: count }, (_, index) => {
    const centre = centres[index % centres.length] ?? new Float32Array(dimensions)
    return centre.map((value) => value + next() * 0.6)
  })
}

describe('SegmentSearchIndex', () => {
  it('finds all but a few of the nearest above exactBelow, and measures how many', async () => {
    const subject = new SearchSubject()
    const scanning = subject.open({ exactBelow: 100 })
    const exact = subject.open({ exactBelow: 100_000 })
    const vectors = clustered(3_000, 96, 7)
    const documents = Array.from({ length: 30 }, (_, index) =>
      documentOf(
        `d${index}`,
        Array.from({ length: 100 }, () => 'word'),
      ),
    )
    const space = { name: 's', dimensions: 96 }
    for (const [index, document] of documents.entries()) {
      await scanning.put('t', [document])
      await scanning.putVectors('t', space, [{ ...document, vectors: vectors.slice(index * 100, index * 100 + 100) }])
    }
    await maintainAll(scanning, 't')
    const recall = (await scanning.status('t')).spaces[0]?.recall ?? 0
    expect(recall).toBeGreaterThan(0.95)
    expect((await exact.status('t')).spaces[0]).not.toHaveProperty('recall')
    let found = 0
    for (const values of clustered(20, 96, 7)) {
      const query: SearchQuery = { texts: [], vector: { space: 's', values }, reader, limit: 10 }
      const nearest = placesOf((await exact.search('t', query)).dense)
      const scanned = placesOf((await scanning.search('t', query)).dense)
      expect(scanned).toHaveLength(10)
      found += scanned.filter((place) => nearest.includes(place)).length
    }
    expect(found).toBeGreaterThanOrEqual(190)
  })

  it('keeps a document in several segments, with its offsets, and merges it', async () => {
    const subject = new SearchSubject()
    const index = subject.open({ exactBelow: 100_000 })
    const chunks = Array.from({ length: 20_000 }, (_, ordinal) => ({
      start: ordinal * 10,
      end: ordinal * 10 + 9,
      text: `number ${ordinal}`,
      context: '',
    }))
    const whole: IndexedDocument = { ...versionOf('whole'), attributes: { kind: 'book' }, chunks }
    await index.put('t', [whole])
    await index.putVectors('t', { name: 's', dimensions: 2 }, [
      { ...versionOf('whole'), vectors: chunks.map((_, ordinal) => Float32Array.of(Math.cos(ordinal), Math.sin(ordinal))) },
    ])
    expect((await index.status('t')).segments).toBeGreaterThan(4)
    const query = ask('number 15000', {
      vector: { space: 's', values: Float32Array.of(Math.cos(3), Math.sin(3)) },
      filter: { kind: 'book' },
      limit: 1,
    })
    for (const look of ['as it was put', 'maintained']) {
      const { lexical, dense } = await index.search('t', query)
      expect(lexical[0], look).toMatchObject({ document: 'whole', ordinal: 15_000, start: 150_000, end: 150_009 })
      expect(dense[0]?.score, look).toBeGreaterThan(0.99)
      // The union: each stands on both sides.
      expect(placesOf(dense), look).toContain('whole/15000')
      expect(placesOf(lexical), look).toEqual(['whole/15000', ...placesOf(dense.slice(0, 1))])
      await maintainAll(index, 't')
    }
    await index.remove('t', [versionOf('whole')])
    expect((await index.search('t', query)).lexical).toEqual([])
    expect((await index.search('t', query)).dense).toEqual([])
    await maintainAll(index, 't')
    expect(await index.status('t')).toMatchObject({ segments: 0, bytes: 0 })
    expect(await subject.objects('t')).toEqual([])
  })

  it('removes what a removed document held from storage, once there is nothing left to maintain', async () => {
    const subject = new SearchSubject()
    const index = subject.open()
    await index.put('t', [documentOf('kept', ['keep']), documentOf('gone', ['secret'], { attributes: { name: 'hidden' } })])
    const before = await subject.objects('t')
    await index.remove('t', [versionOf('gone')])
    await maintainAll(index, 't')
    const after = await subject.objects('t')
    expect(after).toHaveLength(1)
    expect(before.some((name) => after.includes(name))).toBe(false)
    const opened = await subject.memory.platform
      .operate()
      .objectsOf('t')
      .get((after[0] ?? '').replace('objects/', ''))
    const text = new TextDecoder('latin1').decode(opened)
    expect(text).toContain('kept')
    expect(text).not.toMatch(/gone|hidden/)
  })

  it('merges so that a hundred puts leave few segments', async () => {
    const index = new SearchSubject().open()
    for (let number = 0; number < 100; number++) await index.put('t', [documentOf(`d${number}`, ['word'])])
    expect((await index.status('t')).segments).toBe(100)
    await maintainAll(index, 't')
    expect((await index.status('t')).segments).toBeLessThan(8)
    expect((await index.search('t', ask('word', { limit: 200 }))).lexical).toHaveLength(100)
  })

  it('lets go of the segments of tenants that were searched longest ago, and loads them again', async () => {
    const subject = new SearchSubject()
    const texts = Array.from({ length: 50 }, (_, index) => `some words ${index}`)
    for (const tenant of ['a', 'b', 'c']) await subject.open().put(tenant, [documentOf(`of-${tenant}`, texts)])
    const { index, steps } = subject.openStepping()
    await index.search('a', ask('words'))
    const one = index.bytesInMemory
    const limited = subject.openStepping({ memory: one * 2.5 })
    for (const tenant of ['a', 'b', 'c', 'a']) {
      expect((await limited.index.search(tenant, ask('words'))).lexical[0]?.document).toBe(`of-${tenant}`)
      expect(limited.index.bytesInMemory).toBeLessThanOrEqual(one * 2.5)
    }
    const loads: string[] = []
    limited.steps.watch({ before: (_, what) => void loads.push(what) })
    await limited.index.search('a', ask('words'))
    await limited.index.search('c', ask('words'))
    // One look at the head each.
    expect(loads).toEqual(['get', 'get'])
    await limited.index.search('b', ask('words'))
    expect(loads).toContain('get object')
    expect(steps.count).toBeGreaterThan(0)
  })

  it('opens at most four files at once, however many segments are loaded', async () => {
    const subject = new SearchSubject()
    const tenants = ['a', 'b', 'c']
    for (const tenant of tenants) {
      const index = subject.open()
      for (let number = 0; number < 8; number++) await index.put(tenant, [documentOf(`d${number}`, ['word'])])
    }
    const { index, steps } = subject.openStepping()
    let open = 0
    let most = 0
    let all = 0
    steps.watch({
      before: async (_, what) => {
        if (what !== 'get object') return
        all++
        most = Math.max(most, ++open)
        // The disk takes its time.
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
      },
      after: (_, what) => {
        if (what === 'get object') open--
      },
    })
    const found = await Promise.all(tenants.map((tenant) => index.search(tenant, ask('word', { limit: 50 }))))
    expect(found.map(({ lexical }) => lexical.length)).toEqual([8, 8, 8])
    expect([all, open, most]).toEqual([24, 0, 4])
  })

  it('lets go of the segments of tenants that nobody used for a while', async () => {
    const subject = new SearchSubject()
    const { index, steps } = subject.openStepping({ idleTime: 60_000 })
    const texts = Array.from({ length: 50 }, (_, number) => `some words ${number}`)
    for (const tenant of ['idle', 'busy', 'late']) await index.put(tenant, [documentOf(`of-${tenant}`, texts)])
    await index.search('idle', ask('words'))
    const one = index.bytesInMemory
    await subject.clock.advance(60_000)
    await index.search('busy', ask('words'))
    expect(index.bytesInMemory).toBeGreaterThan(one)
    await subject.clock.advance(1)
    await index.search('busy', ask('words'))
    expect(index.bytesInMemory).toBeLessThanOrEqual(one + texts.length)
    const loads: string[] = []
    steps.watch({ before: (_, what) => void loads.push(what) })
    expect(placesOf((await index.search('idle', ask('words', { limit: 1 }))).lexical)).toEqual(['of-idle/0'])
    expect(loads).toContain('get object')
  })

  it('searches while its segments are let go of and others put', async () => {
    const subject = new SearchSubject()
    const index = subject.open({ memory: 1 })
    for (const tenant of ['a', 'b']) await index.put(tenant, [documentOf('d', ['word'])])
    const searches = Array.from({ length: 40 }, (_, turn) => index.search(turn % 2 === 0 ? 'a' : 'b', ask('word')))
    const puts = Array.from({ length: 5 }, (_, turn) => index.put('a', [documentOf(`d${turn}`, ['other'])]))
    for (const { lexical } of await Promise.all(searches)) expect(placesOf(lexical)).toEqual(['d/0'])
    await Promise.all(puts)
  })

  it('answers a question of many words, and of none', async () => {
    const index = new SearchSubject().open()
    await index.put('t', [documentOf('d', ['needle in a haystack'])])
    const long = `needle ${Array.from({ length: 20_000 }, (_, number) => `w${number}`).join(' ')}`
    expect(placesOf((await index.search('t', ask(long))).lexical)).toEqual(['d/0'])
    expect(await index.search('t', ask(''))).toMatchObject({ lexical: [], lexicalBound: 0 })
  })
})
