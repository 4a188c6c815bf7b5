import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listWindows, type WindowQuery } from '../../../src/analytics/windows/list-windows.ts'
import type { WindowResult } from '../../../src/analytics/windows/window.ts'
import { readWindowRows, windowRows, windowWrites } from '../../../src/analytics/windows/window-rows.ts'
import { collect, rejection } from '../../../src/contracts/index.ts'
import { toCursor } from '../../../src/define/forms.ts'
import { InvalidInputError } from '../../../src/index.ts'
import type { Uses } from '../../../src/scope/scope.ts'
import { StateBench } from '../../state-bench.ts'

const begin = 1_700_000_040_000
const minute = 60_000

function resultOf(key: string, at: number, window = '1m'): WindowResult {
  return {
    ...{ window, key, start: begin + at * minute, end: begin + (at + 1) * minute, count: 2, rate: 2 / 60 },
    numbers: { value: { count: 2, sum: 3, min: 1, max: 2, mean: 1.5, variance: 0.25, p50: 1, p95: 1, p99: 1 } },
    categories: { state: { count: 2, distinct: 1 } },
  }
}

/** Results as a shard writes them, some at a time. */
class Bench {
  readonly bench = new StateBench()
  readonly scope = this.bench as unknown as Uses<'state'>
  #written = 0

  async write(
    results: readonly WindowResult[],
    { stream = 's', shard = 0, expires = this.bench.clock.now() + 1e9 } = {},
  ): Promise<number> {
    const place = String(++this.#written).padStart(12, '0')
    const writes = windowWrites({ stream, shard, place, expires }, results)
    for (let from = 0; from < writes.length; from += 60) await this.bench.state.commit({ writes: writes.slice(from, from + 60) })
    return writes.length
  }

  /** The scope, and how many rows were listed by it. */
  counting(): { readonly scope: Uses<'state'>; rows: number } {
    const { state } = this.bench
    const list = async (...given: Parameters<typeof state.list>): Promise<object> => {
      const page = await state.list(...given)
      counting.rows += page.items.length
      return page
    }
    const counting = { scope: { state: { list } } as unknown as Uses<'state'>, rows: 0 }
    return counting
  }

  async listed(query: Omit<WindowQuery, 'stream' | 'limit'>, limit = 1_000, stream = 's'): Promise<WindowResult[]> {
    const found: WindowResult[] = []
    for (let after: string | undefined = query.after; ; ) {
      const page = await listWindows(this.scope, { stream, ...query, limit, after })
      expect(page.items.length).toBeLessThanOrEqual(limit)
      found.push(...page.items)
      if (page.next_cursor === null) return found
      after = page.next_cursor
    }
  }
}

describe('results of windows', () => {
  it('are read as they were written, in their order, from behind a place', async () => {
    const bench = new Bench()
    const lone = resultOf(' lone \ud800, ünï ', 0)
    await bench.write([resultOf('b', 1), lone])
    await bench.write([resultOf('a', 5)])
    await bench.write([resultOf('c', 2)], { shard: 1 })
    await bench.write([resultOf('d', 2)], { stream: 'other' })
    const rows = await collect(readWindowRows(bench.scope, 's', 0))
    expect(rows.map(({ results }) => results)).toEqual([[lone, resultOf('b', 1)], [resultOf('a', 5)]])
    expect(await collect(readWindowRows(bench.scope, 's', 0, rows[0]?.place))).toEqual(rows.slice(1))
  })

  it('are listed newest first, page by page, by key, window and time', async () => {
    const bench = new Bench()
    for (let at = 0; at < 30; at++) {
      for (const shard of [0, 1]) {
        const keys = ['a', 'b', 'c'].map((key) => `${key}${shard}`)
        await bench.write(
          keys.flatMap((key) => [resultOf(key, at), ...(at % 5 === 4 ? [resultOf(key, at, '5m')] : [])]),
          { shard },
        )
      }
    }
    await bench.write([resultOf('a0', 3)], { stream: 'other' })
    const all = await bench.listed({}, 7)
    expect(all).toHaveLength(30 * 6 + 6 * 6)
    expect(all.map(({ end }) => end)).toEqual(all.map(({ end }) => end).toSorted((one, other) => other - one))
    expect(await bench.listed({})).toEqual(all)
    const where = (wanted: (result: WindowResult) => boolean): WindowResult[] => all.filter(wanted)
    expect(await bench.listed({ key: 'b1' }, 4)).toEqual(where(({ key }) => key === 'b1'))
    expect(await bench.listed({ window: '5m' }, 5)).toEqual(where(({ window }) => window === '5m'))
    const [from, to] = [begin + 3 * minute, begin + 8 * minute]
    expect(await bench.listed({ from, to, key: 'a0' }, 1)).toEqual(
      where(({ key, start }) => key === 'a0' && start >= from && start < to),
    )
    expect(await bench.listed({ key: 'nobody' })).toEqual([])
  })

  it('of one key are newest first also where many lie in a row', async () => {
    const bench = new Bench()
    await bench.write([3, 0, 2, 1].map((at) => resultOf('a', at)))
    expect((await bench.listed({ key: 'a' }, 3)).map(({ start }) => (start - begin) / minute)).toEqual([3, 2, 1, 0])
  })

  it('are listed from where the page before ended, without reading all that is newer', async () => {
    const bench = new Bench()
    for (let at = 0; at < 200; at++) await bench.write([resultOf('a', at)])
    const first = await listWindows(bench.scope, { stream: 's', limit: 150 })
    const counting = bench.counting()
    const rest = await listWindows(counting.scope, { stream: 's', limit: 1_000, after: first.next_cursor ?? '' })
    expect(rest.items).toHaveLength(50)
    expect(counting.rows).toBeLessThan(80)
  })

  it('keep a page’s place while others are written', async () => {
    const bench = new Bench()
    for (let at = 0; at < 50; at++) await bench.write([resultOf('a', at)])
    const first = await listWindows(bench.scope, { stream: 's', limit: 25 })
    for (let at = 50; at < 80; at++) await bench.write([resultOf('a', at)])
    const rest = await bench.listed({ after: first.next_cursor ?? '' }, 25)
    expect([...first.items, ...rest].map(({ start }) => (start - begin) / minute)).toEqual(
      Array.from({ length: 50 }, (_, at) => 49 - at),
    )
  })

  it('of a great many keys lie in few rows of at most 30 KB, in which a key is found without reading all', async () => {
    const bench = new Bench()
    const keys = Array.from({ length: 20_000 }, (_, at) => `sensor-${at}`)
    const rows = await bench.write(keys.map((key) => resultOf(key, 0)))
    expect(rows).toBeLessThan(300)
    await bench.write([resultOf('sensor-7', 1)])
    await bench.write(keys.slice(0, 3_000).map((key) => resultOf(key, 2)))
    let opened = 0
    for await (const row of bench.bench.state.read(windowRows, 's/0')) {
      const text = (await row.open('results')) ?? ''
      expect(text.length).toBeLessThanOrEqual(30_000)
      opened++
    }
    const counting = bench.counting()
    const { items } = await listWindows(counting.scope, { stream: 's', key: 'sensor-7', limit: 10 })
    expect(items.map(({ start }) => (start - begin) / minute)).toEqual([2, 1, 0])
    expect(counting.rows).toBeLessThan(opened / 10)
  })

  it('lie sealed: neither keys nor values are readable where they are stored', async () => {
    const bench = new Bench()
    await bench.write([resultOf('patient-4711', 0)])
    const rows = await collect(bench.bench.adapters.state.read('alpha', windowRows.name, 's/0'))
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows[0]?.index)).not.toContain('4711')
    expect(new TextDecoder().decode(rows[0]?.sealed.results)).not.toContain('4711')
  })

  it('go when their time is over', async () => {
    const bench = new Bench()
    await bench.write([resultOf('a', 0)], { expires: bench.bench.clock.now() + 1_000.5 })
    expect(await bench.listed({})).toHaveLength(1)
    await bench.bench.clock.advance(1_002)
    expect(await bench.listed({})).toEqual([])
  })

  it('have cursors of their own: any other is refused', async () => {
    const bench = new Bench()
    await bench.write([resultOf('a', 0), resultOf('b', 0)])
    const { next_cursor } = await listWindows(bench.scope, { stream: 's', limit: 1 })
    const texts = ['', 'x', '{}', '[]', '["a"]', '["a",-1,null]', '["a",0.5,null]', '[1,0,null]', '["a",0]', '["a",0,1]']
    for (const after of [...texts.map((text) => toCursor(text) ?? ''), '%%%'])
      expect(await rejection(listWindows(bench.scope, { stream: 's', limit: 1, after })), after).toBeInstanceOf(InvalidInputError)
    const ofKey = listWindows(bench.scope, { stream: 's', limit: 1, key: 'a', after: next_cursor ?? '' })
    expect(await rejection(ofKey)).toMatchObject({ field: 'after' })
  })

  it('are all found, whatever is written and however long pages are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.record({ key: fc.nat(5), at: fc.nat(40) }), { minLength: 1, maxLength: 12 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(5),
        async (batches, limit, key) => {
          const bench = new Bench()
          for (const [at, batch] of batches.entries())
            await bench.write(
              batch.map((some) => resultOf(`k${some.key}`, some.at)),
              { shard: at % 2 },
            )
          const texts = (some: readonly WindowResult[]): string[] => some.map(({ key, end }) => `${key} ${end}`).toSorted()
          const all = batches.flat().map((some) => resultOf(`k${some.key}`, some.at))
          expect(texts(await bench.listed({}, limit))).toEqual(texts(all))
          expect(texts(await bench.listed({ key: `k${key}` }, limit))).toEqual(
            texts(all.filter((some) => some.key === `k${key}`)),
          )
        },
      ),
      { numRuns: 40 },
    )
  })
})
