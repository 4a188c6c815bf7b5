import { describe, expect, it } from 'vitest'
import { RecentRows } from '../src/recent-rows.ts'
import type { StoredRow } from '../src/row-codec.ts'

const row = (key: string, version: number, size = 10): StoredRow => ({
  key,
  version,
  schema: 1,
  expires: null,
  plain: 'x'.repeat(size),
  sealed: null,
  list0: null,
  list1: null,
  list2: null,
})

describe('recent rows', () => {
  it('know nothing of a row while it is being changed, also when it was read from the file meanwhile', () => {
    const rows = new RecentRows()
    rows.add(row('a', 1))
    rows.begin('a')
    expect(rows.get('a')).toBeUndefined()
    rows.add(row('a', 2))
    expect(rows.get('a')).toBeUndefined()
    rows.end('a', row('a', 2))
    expect(rows.get('a')?.version).toBe(2)
  })

  it('show no older version after a newer one: of several changes on their way only the last one counts', () => {
    const rows = new RecentRows()
    rows.begin('a')
    rows.begin('a')
    rows.end('a', row('a', 2))
    expect(rows.get('a')).toBeUndefined()
    rows.end('a', row('a', 3))
    expect(rows.get('a')?.version).toBe(3)
  })

  it('forget a row whose change came out nobody knows how', () => {
    const rows = new RecentRows()
    rows.add(row('a', 1))
    rows.begin('a')
    rows.end('a', undefined)
    expect(rows.get('a')).toBeUndefined()
  })

  it('know nothing of a tenant while it is being removed, and nothing older afterwards; of others they do', () => {
    const rows = new RecentRows()
    const [own, other] = ['a\x1fc\x1fp\x1fs', 'a-2\x1fc\x1fp\x1fs']
    for (const key of [own, other]) rows.add(row(key, 1))
    rows.beginTenant('a')
    rows.beginTenant('a')
    expect(rows.get(own)).toBeUndefined()
    rows.add(row(own, 1))
    rows.begin(own)
    rows.end(own, row(own, 2))
    rows.endTenant('a')
    rows.add(row(own, 2))
    expect(rows.get(own)).toBeUndefined()
    expect(rows.get(other)?.version).toBe(1)
    rows.endTenant('a')
    rows.add(row(own, 1))
    expect(rows.get(own)?.version).toBe(1)
  })

  it('keep what is used, and little', () => {
    const rows = new RecentRows()
    rows.add(row('used', 1))
    for (let index = 0; index < 10_000; index++) {
      rows.add(row(`row-${index}`, 1, 1_000))
      expect(rows.get('used')).toBeDefined()
    }
    const kept = Array.from({ length: 10_000 }, (_, index) => rows.get(`row-${index}`)).filter(Boolean)
    expect(kept.length).toBeLessThan(2_000)
  })
})
