import { describe, expect, it } from 'vitest'
import { ask, documentOf, maintainAll, placesOf, pointing, versionOf } from '../../src/contracts/index.ts'
import { searchRemovals } from '../../src/search/collections.ts'
import { SearchSubject } from './support/search-subject.ts'

const tenant = 't'
const day = 24 * 3_600_000
const space = { name: 'circle', dimensions: 2 }

/** A hundred documents, in one segment of 5,000 chunks and one of their vectors. */
async function large(subject: SearchSubject, options: Parameters<SearchSubject['open']>[0] = {}) {
  const index = subject.open(options)
  const names = Array.from({ length: 50 }, (_, number) => `document-${number}`)
  await index.put(
    tenant,
    names.map((name) =>
      documentOf(
        name,
        Array.from({ length: 100 }, (_, ordinal) => `common ${ordinal}`),
      ),
    ),
  )
  const vectors = names.map((name, number) => ({
    ...versionOf(name),
    vectors: Array.from({ length: 100 }, (_, ordinal) => pointing(number * 7 + ordinal / 10)),
  }))
  await index.putVectors(tenant, space, vectors)
  return index
}

async function removals(subject: SearchSubject): Promise<number> {
  let count = 0
  for await (const _ of subject.memory.platform.operate().state(tenant).read(searchRemovals, 'index')) count++
  return count
}

/** All bytes of a tenant's segments, opened. */
async function stored(subject: SearchSubject): Promise<string> {
  const objects = subject.memory.platform.operate().objectsOf(tenant)
  let text = ''
  for (const name of await subject.objects(tenant))
    text += new TextDecoder('latin1').decode(await objects.get(name.replace('objects/', '')))
  return text
}

describe('removals from a large segment [X25]', () => {
  it('count at once, and leave storage together, within a day', async () => {
    const subject = new SearchSubject()
    const index = await large(subject)
    const before = await subject.objects(tenant)
    const removed = subject.clock.now()
    await index.remove(tenant, [versionOf('document-7')])
    await maintainAll(index, tenant)
    expect(await subject.objects(tenant)).toEqual(before)
    expect(await index.status(tenant)).toMatchObject({ documents: 49, chunks: 4_900, removalsDue: removed + day })
    const query = ask('common', { limit: 200, vector: { space: space.name, values: pointing(49) } })
    for (const each of [index, subject.open()]) {
      const { lexical, dense } = await each.search(tenant, query)
      expect([...placesOf(lexical), ...placesOf(dense)].filter((place) => place.startsWith('document-7/'))).toEqual([])
      expect(dense.length).toBeGreaterThanOrEqual(200)
    }
    await subject.clock.advance(day / 2)
    await index.remove(tenant, [versionOf('document-8')])
    await index.put(tenant, [documentOf('document-8', ['common returned'])])
    await subject.clock.advance(day / 2)
    await maintainAll(index, tenant)
    expect(await stored(subject)).not.toContain('document-7\0')
    // The later one went with it.
    expect(await index.status(tenant)).not.toHaveProperty('removalsDue')
    expect(await removals(subject)).toBe(0)
    const after = await subject.open().search(tenant, ask('returned'))
    expect(placesOf(after.lexical)).toEqual(['document-8/0'])
  })

  it('are forgotten also while one follows another, and there is always one to take out', async () => {
    const subject = new SearchSubject()
    const index = subject.open()
    const most: number[] = []
    for (let version = 0; version < 40; version++) {
      await index.put(tenant, [documentOf(`document-${version % 3}`, [`common ${version}`], { version: `v${version}` })])
      if (version >= 3) await index.remove(tenant, [versionOf(`document-${version % 3}`, `v${version - 3}`)])
      await index.maintain(tenant)
      most.push(await removals(subject))
    }
    expect(Math.max(...most)).toBeLessThan(12)
    expect((await index.status(tenant)).documents).toBe(3)
  })

  it('wait no longer when a fifth was removed', async () => {
    const subject = new SearchSubject()
    const index = await large(subject)
    const [before] = await subject.objects(tenant)
    const remove = (from: number, to: number) =>
      index.remove(
        tenant,
        Array.from({ length: to - from }, (_, number) => versionOf(`document-${from + number}`)),
      )
    await remove(0, 9)
    await maintainAll(index, tenant)
    expect(await subject.objects(tenant)).toContain(before)
    await remove(9, 10)
    await maintainAll(index, tenant)
    expect(await subject.objects(tenant)).not.toContain(before)
    expect(await stored(subject)).not.toMatch(/document-[0-9]\0/)
    expect(await index.status(tenant)).not.toHaveProperty('removalsDue')
  })

  it('wait as long as is set', async () => {
    const subject = new SearchSubject()
    const index = await large(subject, { removalTime: 60_000 })
    await index.remove(tenant, [versionOf('document-7')])
    await subject.clock.advance(59_999)
    await maintainAll(index, tenant)
    expect(await stored(subject)).toContain('document-7\0')
    await subject.clock.advance(1)
    await maintainAll(index, tenant)
    expect(await stored(subject)).not.toContain('document-7\0')
  })

  it('are forgotten as soon as no segment holds anything of them, while others wait', async () => {
    const subject = new SearchSubject()
    const index = await large(subject)
    await index.put(tenant, [documentOf('small', ['tiny'])])
    await index.remove(tenant, [versionOf('document-7')])
    const due = (await index.status(tenant)).removalsDue
    await subject.clock.advance(1_000)
    await index.remove(tenant, [versionOf('small')])
    expect(await removals(subject)).toBe(2)
    await maintainAll(index, tenant)
    expect(await removals(subject)).toBe(1)
    expect((await index.status(tenant)).removalsDue).toBe(due)
    expect(await stored(subject)).not.toContain('small\0')
  })
})
