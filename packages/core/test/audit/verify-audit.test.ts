import { describe, expect, it } from 'vitest'
import { collect } from '../../src/contracts/index.ts'
import { UnavailableError } from '../../src/errors.ts'
import { type JsonObject, jsonBytes } from '../../src/json.ts'
import { verifyAudit } from '../../src/tenancy/audit/verify-audit.ts'
import { AuditBench, type AuditProcess, patiently } from './audit-bench.ts'
import { at, block, entriesOf, openTrail, readWith, rehashed, truncate } from './trail-bench.ts'

describe('sealing goes on', () => {
  it('behind the anchor when blocks were removed: the gap stays to be seen, until they are brought back [X69]', async () => {
    const trail = await openTrail()
    const [three, four, head] = [await block(trail, 3), await block(trail, 4), await trail.bench.head()]
    await truncate(trail, 2, head && { ...head, index: {} })
    for (const process of [trail, trail.bench.process()]) {
      await process.act()
      await process.sealer.seal('alpha')
      expect(await process.verify()).toMatchObject({ valid: false, faults: [{ kind: 'deleted', sequence: 3 }] })
    }
    expect(trail.log).toMatchObject([{ level: 'error', fields: { tenant: 'alpha', sequence: 4 } }])
    expect((await trail.bench.blocks()).map(({ index }) => index.sequence)).toEqual([1, 2, 5, 6])
    await trail.bench.write(three, four)
    expect(await trail.verify()).toMatchObject({ valid: true, entries: 17, anchored: 6 })
  })

  it('behind the last block when only the head was set back, and nothing is lost [X69]', async () => {
    const bench = await AuditBench.open()
    const { act, sealer } = bench.process()
    await act()
    await sealer.seal('alpha')
    const old = await bench.head()
    await act()
    await sealer.seal('alpha')
    if (!old) throw new Error('It is there.')
    // Also with the anchor one behind, as after a crash.
    await bench.write(old)
    for (const name of (await bench.anchors()).slice(0, 1)) await bench.objects.delete({ tenant: '_system', name })
    const other = bench.process()
    await act()
    await other.sealer.seal('alpha')
    expect(await other.verify()).toMatchObject({ valid: true, entries: 3, pending: 0, anchored: 3 })
  })

  it.each(['something', 'a forged block'])(
    'when %s stands in the way of the next block, which stays to be seen [X69]',
    async (what) => {
      const trail = await openTrail()
      const [four, sort] = [await block(trail, 4), '000000000005']
      const { hash = '', total = 0 } = four.index
      const forged = rehashed(four, { sequence: 5, previous: hash, total: Number(total) + 3 })
      await trail.bench.write({ ...(what === 'something' ? { ...four, index: { planted: true } } : forged), sort })
      const { sealer, verify, act, log } = { ...trail.bench.process(), act: trail.act }
      expect(await sealer.seal('alpha')).toBe(3)
      expect(log).toMatchObject([{ level: 'error', fields: { tenant: 'alpha', sequence: 5 } }])
      const fault = { kind: what === 'something' ? 'edited' : 'forged', sequence: 5 }
      expect(await verify()).toMatchObject({ valid: false, pending: 0, fault })
      expect((await block(trail, 6)).index).toMatchObject({ sequence: 6, previous: hash, total: 15 })
      await act()
      await sealer.seal('alpha')
      expect(await verify()).toMatchObject({ valid: false, fault })
    },
  )

  it('with what nobody could have written: it leaves its mark, and holds up nothing [X69]', async () => {
    const trail = await openTrail()
    const waiting = at(await trail.bench.pending(), 0)
    let deep: unknown = 'x'
    for (let level = 0; level < 2_000; level++) deep = { deep }
    const odd: [string, unknown][] = [
      ['a-huge', { entry_id: 'a-huge', text: 'x'.repeat(300_000) }],
      ['b-deep', { entry_id: 'b-deep', deep }],
      ['c-list', [1, 2]],
      ['d-other', { entry_id: 'e' }],
      ['e-null', null],
    ]
    for (const [sort, index] of odd) await trail.bench.write({ ...waiting, sort, index: index as JsonObject })
    const edited = odd.map(([entry_id]) => ({ kind: 'pending_edited', entry_id }))
    expect(await trail.verify()).toMatchObject({ valid: false, pending: 8, faults: edited })
    expect(await trail.sealer.seal('alpha')).toBe(8)
    expect(jsonBytes((await block(trail, 5)).index)).toBeLessThan(20_000)
    expect(await trail.verify()).toMatchObject({
      entries: 20,
      pending: 0,
      faults: edited.map((fault) => ({ ...fault, sequence: 5 })),
    })
  })
})

describe('verify', () => {
  it('finds nothing wrong with a trail that has not begun', async () => {
    const bench = await AuditBench.open()
    const { verify } = bench.process()
    expect(await verify()).toEqual({ valid: true, entries: 0, pending: 0, anchored: 0, faults: [] })
  })

  it('finds nothing wrong while entries are written and sealed [X69]', async () => {
    const bench = await AuditBench.open()
    const [one, two] = [bench.process(), bench.process()]
    // What is read may be followed by writing and sealing, row by row.
    let turn = 0
    const state = readWith(bench, async function* (rows) {
      for await (const row of rows()) {
        yield row
        turn++
        if (turn % 3 === 0) await one.act()
        if (turn % 10 === 0) await two.sealer.seal('alpha')
      }
      await one.acts(2)
      if (turn % 2 === 0) await two.sealer.seal('alpha')
    })
    await one.acts(5)
    const watching = bench.process({ state })
    for (let round = 0; round < 12; round++) expect(await watching.verify()).toMatchObject({ valid: true, faults: [] })
    expect((await bench.blocks()).length).toBeGreaterThan(10)
  })

  it('counts what is sealed while it reads what waits once, whether it saw it wait or not [X69]', async () => {
    for (const when of ['before', 'after'] as const) {
      const bench = await AuditBench.open()
      const one = bench.process()
      await one.acts(5)
      let reads = 0
      const state = readWith(bench, async function* (rows, collection) {
        const second = collection === 'audit-entries' && ++reads === 2
        const found = second && when === 'after' ? await collect(rows()) : undefined
        if (second) await one.sealer.seal('alpha')
        yield* found ?? rows()
      })
      const verdict = await bench.process({ state }).verify()
      expect([reads, verdict]).toEqual([2, { valid: true, entries: 5, pending: 0, anchored: 0, faults: [] }])
    }
  })

  it('does not miss an entry that came after it had looked, and was told of by one that was sealed meanwhile [X69]', async () => {
    const bench = await AuditBench.open()
    const one = bench.process()
    await one.acts(1)
    await one.sealer.seal('alpha')
    let reads = 0
    const state = readWith(bench, async function* (rows, collection) {
      yield* rows()
      if (collection !== 'audit-entries' || ++reads !== 2) return
      // The clock is set back, so that the first of these is the last to be sealed, and then the process dies.
      await one.act()
      bench.clock.jump(bench.clock.now() - 500)
      await one.acts(60)
      bench.failObjects = () => new UnavailableError('down', 'Down.')
      await one.sealer.seal('alpha').catch(() => 0)
      bench.failObjects = undefined
    })
    expect(await bench.process({ state }).verify()).toMatchObject({ valid: true, entries: 61, faults: [] })
    expect(await bench.pending()).toHaveLength(1)
  })

  it('finds an old entry again, and nothing wrong with those that came late, when the clock was set back [X69]', async () => {
    const bench = await AuditBench.open()
    const { acts, sealer, verify } = bench.process()
    await acts(4_200)
    await sealer.seal('alpha')
    bench.clock.jump(bench.clock.now() - 3_600_000)
    await acts(70)
    await sealer.seal('alpha')
    await acts(1)
    expect(await verify()).toMatchObject({ valid: true, entries: 4_270, pending: 1 })
    const blocks = await bench.blocks()
    const [entry = {}] = entriesOf(at(blocks, 0))
    const id = String(entry.entry_id)
    const waiting = at(await bench.pending(), 0)
    await bench.write({ ...waiting, sort: id, index: entry })
    const duplicated = { kind: 'duplicated', entry_id: id }
    expect(await verify()).toMatchObject({ valid: false, pending: 2, faults: [duplicated] })
    await sealer.seal('alpha')
    expect(await verify()).toMatchObject({
      valid: false,
      entries: 4_272,
      faults: [{ ...duplicated, sequence: 73 }],
    })
  })

  it('lets others have a turn', async () => {
    const bench = await AuditBench.open()
    const { act, sealer, operator, keys } = bench.process()
    for (let sequence = 0; sequence < 40; sequence++) {
      await act()
      await sealer.seal('alpha')
    }
    let done = false
    const verdict = verifyAudit({ operator, keys, tenant: 'alpha' }).then((found) => {
      done = true
      return found
    })
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve()
    expect(done).toBe(false)
    expect(bench.clock.timers).toBe(1)
    expect(await patiently(bench.clock, verdict)).toMatchObject({ valid: true, entries: 40 })
  })

  it('tells what it could not read, and does not take an answer that is missing for a fault [X69]', async () => {
    const trail = await openTrail()
    const failing = (error: unknown, from: string): AuditProcess => {
      const state = readWith(trail.bench, async function* (rows, collection) {
        for await (const row of rows()) {
          if (collection === from && row.sort > '000000000002') throw error
          yield row
        }
      })
      return trail.bench.process({ state })
    }
    for (const from of ['audit-blocks', 'audit-entries']) {
      expect(await failing(new SyntaxError('Unexpected token'), from).verify()).toMatchObject({
        valid: false,
        fault: { kind: 'unreadable' },
      })
    }
    const down = new UnavailableError('down', 'Down.')
    await expect(failing(down, 'audit-blocks').verify()).rejects.toBe(down)
  })
})
