import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import type { JsonObject } from '../../src/json.ts'
import { type AuditItem, listAudit } from '../../src/tenancy/audit/list-audit.ts'
import { AuditBench, type AuditProcess } from './audit-bench.ts'

interface Listed {
  readonly items: readonly AuditItem[]
  readonly pages: number
}

async function listAll(
  { keys, operator: { store } }: AuditProcess,
  limit: number,
  options: { readonly tenant?: string; readonly between?: () => Promise<unknown> } = {},
): Promise<Listed> {
  const items: AuditItem[] = []
  let after: string | undefined
  for (let pages = 1; ; pages++) {
    const page = await listAudit({ store, keys, tenant: options.tenant ?? 'alpha' }, { limit, after })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    after = page.after
    if (after === undefined) return { items, pages }
    await options.between?.()
  }
}

const idsOf = (items: readonly AuditItem[]): string[] => items.map(({ entry }) => entry.entry_id)

describe('the list', () => {
  it('shows all entries, newest first, with the block that each is sealed in [R102]', async () => {
    const bench = await AuditBench.open()
    const process = bench.process()
    await process.acts(130)
    await process.sealer.seal('alpha')
    await process.acts(5)
    await process.act({}, 'beta')
    for (const limit of [1, 7, 60, 135, 1_000]) {
      const { items, pages } = await listAll(process, limit)
      expect(idsOf(items)).toEqual((await bench.ids()).toReversed())
      expect(pages).toBe(Math.ceil(135 / limit))
      expect(items.map(({ sequence }) => sequence).slice(0, 6)).toEqual([...new Array(5).fill(undefined), 3])
      expect(items.at(-1)?.sequence).toBe(1)
    }
    const [waiting] = await bench.pending('beta')
    expect((await listAll(process, 10, { tenant: 'beta' })).items).toEqual([{ entry: waiting?.index }])
    expect(await listAll(process, 10, { tenant: 'gamma' })).toEqual({ items: [], pages: 1 })
  })

  it('shows each entry once, also when it is sealed between two pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.constantFrom('seal', 'act', 'nothing'), { maxLength: 12 }),
        async (sealed, waiting, limit, between) => {
          const bench = await AuditBench.open()
          const process = bench.process()
          await process.acts(sealed)
          await process.sealer.seal('alpha')
          await process.acts(waiting)
          const before = await bench.ids()
          const steps = [...between]
          const { items } = await listAll(process, limit, {
            between: async () => {
              const step = steps.shift()
              if (step === 'seal') await process.sealer.seal('alpha')
              if (step === 'act') await process.act()
            },
          })
          expect(idsOf(items)).toEqual(before.toReversed())
        },
      ),
      { numRuns: 60 },
    )
  })

  it('shows each entry once, also when it is sealed while a page is made', async () => {
    const bench = await AuditBench.open()
    const [process, other] = [bench.process(), bench.process()]
    let sealing = true
    const state = new Proxy(bench.memory.adapters.state, {
      get: (inner, name) => {
        if (name !== 'read') return (Reflect.get(inner, name) as (() => unknown) | undefined)?.bind(inner)
        return async function* (...given: Parameters<typeof bench.store.read>) {
          if (given[1] === 'audit-entries' && sealing) {
            sealing = false
            await other.sealer.seal('alpha')
          }
          yield* bench.store.read(...given)
        }
      },
    }) as typeof bench.memory.adapters.state
    for (let round = 0; round < 3; round++) {
      await process.acts(4)
      sealing = true
      expect(idsOf((await listAll(bench.process({ state }), 3)).items)).toEqual((await bench.ids()).toReversed())
      expect(await bench.pending()).toEqual([])
    }
  })

  it('leaves out what is no entry, and goes on where a block is gone', async () => {
    const bench = await AuditBench.open()
    const process = bench.process()
    for (let block = 0; block < 40; block++) {
      await process.act()
      await process.sealer.seal('alpha')
    }
    await process.act()
    const [first, second] = await bench.blocks()
    const [waiting] = await bench.pending()
    if (!first || !second || !waiting) throw new Error('They are there.')
    await bench.write({ delete: first }, { ...second, index: { ...second.index, entries: [{ entry_id: 'x' }] as JsonObject[] } })
    await bench.write({ ...waiting, sort: 'odd' })
    const { items } = await listAll(process, 9)
    expect(items.map(({ sequence }) => sequence)).toEqual([undefined, ...Array.from({ length: 38 }, (_, index) => 40 - index)])
  })

  it('ends a page when it has looked through a thousand blocks, and goes on there', async () => {
    const bench = await AuditBench.open()
    const process = bench.process()
    for (let block = 0; block < 1_100; block++) {
      await process.act()
      await process.sealer.seal('alpha')
    }
    for (const row of (await bench.blocks()).slice(1, -1)) await bench.write({ delete: row })
    const { items, pages } = await listAll(process, 5)
    expect(items.map(({ sequence }) => sequence)).toEqual([1_100, 1])
    expect(pages).toBe(2)
  })

  it('refuses a place that no page gave', async () => {
    const { keys, operator } = (await AuditBench.open()).process()
    for (const after of ['', 'x', '1', '1.2', '1.2.', '.1.1.', '1.1.x.', '99999999999999999..']) {
      const listing = listAudit({ store: operator.store, keys, tenant: 'alpha' }, { limit: 5, after })
      expect(await rejection(listing), after).toMatchObject({ code: 'invalid_input', field: 'after' })
    }
  })
})
