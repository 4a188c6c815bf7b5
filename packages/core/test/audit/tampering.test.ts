import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import type { ObjectKey } from '../../src/ports/object-store.ts'
import type { Key, Row } from '../../src/ports/state-store.ts'
import type { AuditFault } from '../../src/tenancy/audit/audit-verdict.ts'
import { signHead } from '../../src/tenancy/audit/block.ts'
import { AuditBench } from './audit-bench.ts'
import { at, block, entriesOf, openTrail, rehashed, removeAnchors, type Trail, truncate, withEntries } from './trail-bench.ts'

function changedValue(value: unknown): JsonObject[string] {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'string') return value.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))
  return { tokens: 99 }
}

const fields = [
  'entry_id',
  'at',
  'who',
  'key_id',
  'what',
  'resource',
  'decision',
  'region',
  'correlation_id',
  'detail',
  'writer',
  'written',
  'mac',
]

const markOf = (tenant: string): Key => ({ tenant: '_system', collection: 'trail-marks', partition: 'begun', sort: tenant })

async function removeAll(trail: Trail): Promise<void> {
  const head = await trail.bench.head()
  for (const row of [...(await trail.bench.blocks()), ...(await trail.bench.pending()), ...(head ? [head] : [])])
    await trail.bench.write({ delete: row })
  await removeAnchors(trail, 0)
}

describe('verify finds', () => {
  it.each(fields)('a changed %s of a sealed entry, also under a new hash [X69]', async (field) => {
    const trail = await openTrail()
    const row = await block(trail, 2)
    const entries = entriesOf(row).map((entry, index) =>
      index === 0 ? { ...entry, [field]: changedValue(entry[field]) } : entry,
    )
    expect(entries).not.toEqual(entriesOf(row))
    await trail.bench.write(withEntries(row, entries))
    expect(await trail.verify()).toMatchObject({ valid: false, faults: [{ kind: 'edited', sequence: 2 }] })
    await trail.bench.write(rehashed(row, { entries }))
    expect(await trail.verify()).toMatchObject({ valid: false, faults: [{ kind: 'forged', sequence: 2 }] })
  })

  it.each(fields)('a changed %s of an entry that waits, and still when it is sealed [X69]', async (field) => {
    const trail = await openTrail()
    const row = at(await trail.bench.pending(), 0)
    const [first] = await trail.bench.blocks()
    const value = field === 'key_id' ? 'key_9' : field === 'detail' ? { tokens: 0 } : changedValue(row.index[field])
    await trail.bench.write({ ...row, index: { ...row.index, [field]: value } })
    const fault = { kind: 'pending_edited', entry_id: row.sort }
    expect(await trail.verify()).toMatchObject({ valid: false, pending: 3, fault })
    expect(await trail.sealer.seal('alpha')).toBe(3)
    expect(trail.log).toMatchObject([{ level: 'error', fields: { tenant: 'alpha', entries: 1 } }])
    expect(await trail.verify()).toMatchObject({ valid: false, entries: 15, pending: 0, fault: { ...fault, sequence: 5 } })
    expect(first).toBeDefined()
  })

  it.each([
    ['its tenant', { tenant_id: 'beta' }],
    ['its sequence', { sequence: 3 }],
    ['the hash before it', { previous: '0'.repeat(64) }],
    ['its count', { total: 99 }],
    ['its time', { sealed_at: 0 }],
    ['its mac', { mac: 'A'.repeat(43) }],
    ['its hash', { hash: 'a'.repeat(64) }],
    ['something added', { approved: true }],
    ['nothing left of its form', { entries: 'none' }],
    ['entries that are none', { entries: [1, null, 'x'] }],
    ['entries that are odd', { entries: [{}, { entry_id: { toString: 1 } }, { entry_id: 7, detail: { deep: { deep: 1 } } }] }],
    ['entries without their ids', { entries: [{ entry_id: { toString: 1, valueOf: 1 } }, {}] }],
  ] as const)('a block with %s changed [X69]', async (_, change) => {
    const trail = await openTrail()
    const row = await block(trail, 2)
    await trail.bench.write({ ...row, index: { ...row.index, ...change } })
    expect(await trail.verify()).toMatchObject({ valid: false, fault: { sequence: 2 } })
    expect((await trail.verify()).faults.every(({ sequence }) => sequence === 2)).toBe(true)
  })

  it('an entry that was taken out of a block, or put in [X69]', async () => {
    const trail = await openTrail()
    const row = await block(trail, 3)
    await trail.bench.write(withEntries(row, entriesOf(row).slice(1)))
    expect(await trail.verify()).toMatchObject({ entries: 11, fault: { kind: 'deleted', sequence: 3 } })
    const [foreign = {}] = entriesOf(at(await trail.bench.blocks('beta'), 0))
    await trail.bench.write(withEntries(row, [...entriesOf(row), foreign]))
    expect(await trail.verify()).toMatchObject({ entries: 13, fault: { kind: 'edited', sequence: 3 } })
  })

  it('entries of a block in another order [X69]', async () => {
    const trail = await openTrail()
    const row = await block(trail, 3)
    const [one = {}, two = {}, three = {}] = entriesOf(row)
    await trail.bench.write(withEntries(row, [one, three, two]))
    expect(await trail.verify()).toMatchObject({ fault: { kind: 'reordered', sequence: 3 } })
    await trail.bench.write(rehashed(row, { entries: [one, three, two] }))
    expect(await trail.verify()).toMatchObject({ fault: { kind: 'forged', sequence: 3 } })
  })

  it.each([1, 2, 3])('that block %i is gone [X69]', async (sequence) => {
    const trail = await openTrail()
    await trail.bench.write({ delete: await block(trail, sequence) })
    expect(await trail.verify()).toMatchObject({ valid: false, entries: 9, faults: [{ kind: 'deleted', sequence }] })
  })

  it('that the last block is gone, or the last ones, also with the head set back to fit [X69]', async () => {
    for (const left of [3, 1]) {
      const bench = await AuditBench.open()
      const trail = { ...bench.process(), bench }
      let head: Row | undefined
      for (let sequence = 1; sequence <= 4; sequence++) {
        await trail.acts(3)
        await trail.sealer.seal('alpha')
        if (sequence === left) head = await bench.head()
      }
      expect(head?.index.sequence).toBe(left)
      await truncate(trail, left, undefined)
      const truncated = { kind: 'truncated', sequence: left + 1 }
      expect(await trail.verify()).toMatchObject({ valid: false, entries: left * 3, faults: [truncated] })
      await truncate(trail, left, head)
      expect(await trail.verify()).toMatchObject({ valid: false, entries: left * 3, faults: [truncated] })
    }
  })

  it('that everything is gone [X69]', async () => {
    const trail = await openTrail()
    for (const row of [...(await trail.bench.blocks()), ...(await trail.bench.pending())])
      await trail.bench.write({ delete: row })
    const head = await trail.bench.head()
    if (head) await trail.bench.write({ delete: head })
    expect(await trail.verify()).toMatchObject({
      valid: false,
      entries: 0,
      pending: 0,
      faults: [{ kind: 'truncated', sequence: 1 }],
    })
  })

  it('that everything is gone, the anchors included; a trail that has not begun is another matter [X69]', async () => {
    const trail = await openTrail()
    await removeAll(trail)
    const missing = { valid: false, entries: 0, pending: 0, anchored: 0, faults: [{ kind: 'trail_missing' }] }
    expect(await trail.verify()).toMatchObject(missing)
    expect(await trail.bench.process().verify()).toMatchObject(missing)
    // Nor does a second beginning hide it, by a process that knows nothing of the first.
    const after = trail.bench.process()
    await after.act()
    expect(await after.verify()).toMatchObject({ ...missing, pending: 1 })
    await after.sealer.seal('alpha')
    expect(await after.verify()).toMatchObject({ valid: false, entries: 1, faults: [{ kind: 'forked', sequence: 1 }] })
    expect(await trail.verify('beta')).toMatchObject({ valid: true, entries: 12 })
    const { verify, sealer } = (await AuditBench.open()).process()
    await sealer.sealAll()
    expect(await verify()).toEqual({ valid: true, entries: 0, pending: 0, anchored: 0, faults: [] })
  })

  it('also of a trail that was sealed before trails were marked, once a sealer has looked [X69]', async () => {
    const trail = await openTrail()
    await trail.bench.write({ delete: markOf('alpha') }, { delete: markOf('beta') })
    await trail.sealer.seal('alpha')
    await trail.bench.write({ delete: markOf('alpha') })
    expect(await trail.verify()).toMatchObject({ valid: true, entries: 15 })
    const after = { ...trail.bench.process(), bench: trail.bench }
    await after.sealer.sealAll()
    expect(await after.verify()).toMatchObject({ valid: true, entries: 15 })
    await removeAll(trail)
    expect(await after.verify()).toMatchObject({ valid: false, faults: [{ kind: 'trail_missing' }] })
  })

  it('a mark of its beginning that was changed, or another tenant’s [X69]', async () => {
    const trail = await openTrail()
    const [mark, theirs] = [await trail.bench.store.get(markOf('alpha')), await trail.bench.store.get(markOf('beta'))]
    if (!mark || !theirs) throw new Error('They are there.')
    for (const index of [theirs.index, { ...mark.index, hash: 'a'.repeat(64) }, {}]) {
      await trail.bench.write({ ...mark, index })
      expect(await trail.verify()).toMatchObject({ valid: false, faults: [{ kind: 'head_edited' }] })
    }
  })

  it('blocks that changed places [X69]', async () => {
    const trail = await openTrail()
    const [two, three] = [await block(trail, 2), await block(trail, 3)]
    await trail.bench.write({ ...two, index: three.index }, { ...three, index: two.index })
    const reordered = [2, 3].map((sequence) => ({ kind: 'reordered', sequence }))
    expect(await trail.verify()).toMatchObject({ valid: false, entries: 12, faults: reordered })
  })

  it('a block that is there twice [X69]', async () => {
    const trail = await openTrail()
    const two = await block(trail, 2)
    await trail.bench.write({ ...two, sort: '000000000005' })
    const { faults } = await trail.verify()
    expect(faults[0]).toEqual({ kind: 'reordered', sequence: 5 })
  })

  it("another tenant's block, in place of one or behind the last [X69, X67]", async () => {
    const trail = await openTrail()
    const [own, foreign] = [await block(trail, 2), at(await trail.bench.blocks('beta'), 1)]
    await trail.bench.write({ ...own, index: foreign.index })
    expect(await trail.verify()).toMatchObject({ fault: { kind: 'foreign', sequence: 2 } })
    await trail.bench.write(rehashed(own, { ...foreign.index, tenant_id: 'alpha' }))
    expect(await trail.verify()).toMatchObject({ fault: { kind: 'forged', sequence: 2 } })
    await trail.bench.write(own, { ...own, sort: '000000000005', index: foreign.index })
    expect(await trail.verify()).toMatchObject({ fault: { kind: 'foreign', sequence: 5 } })
  })

  it('a block that was forged and hung on, with the hash that anyone can compute [X69]', async () => {
    const trail = await openTrail()
    const four = await block(trail, 4)
    const forged = rehashed({ ...four, sort: '000000000005' }, { sequence: 5, previous: four.index.hash ?? '', total: 15 })
    await trail.bench.write(forged)
    expect(await trail.verify()).toMatchObject({ valid: false, fault: { kind: 'forged', sequence: 5 } })
  })

  it('what lies among the blocks and is none [X69]', async () => {
    for (const sort of ['@', '000000000000', 'zzz', '5']) {
      const trail = await openTrail()
      await trail.bench.write({ ...(await block(trail, 4)), sort })
      expect(await trail.verify()).toMatchObject({ valid: false, entries: 12, faults: [{ kind: 'forged' }] })
    }
    const trail = await openTrail()
    await trail.bench.write({ ...(await block(trail, 4)), sort: '999999999999', index: { x: 1 } })
    expect((await trail.verify()).faults.map(({ kind }) => kind)).toEqual(['deleted', 'edited', 'head_edited'])
  })

  it('blocks and entries that are to expire [X69]', async () => {
    const trail = await openTrail()
    const [row, waiting] = [await block(trail, 2), at(await trail.bench.pending(), 0)]
    await trail.bench.write({ ...row, expires: trail.bench.clock.now() + 1_000 })
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'edited', sequence: 2 }] })
    await trail.bench.write(row, { ...waiting, expires: trail.bench.clock.now() + 1_000 })
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'pending_edited', entry_id: waiting.sort }] })
  })

  it('a head that is gone, changed, forged, or set back [X69]', async () => {
    const bench = await AuditBench.open()
    const trail = { ...bench.process(), bench }
    await trail.act()
    await trail.sealer.seal('alpha')
    const old = await bench.head()
    await trail.act({}, 'beta')
    await trail.sealer.seal('beta')
    const foreign = await bench.head('beta')
    await trail.act()
    await trail.sealer.seal('alpha')
    const head = await bench.head()
    if (!head || !old || !foreign) throw new Error('They are there.')
    const bad: (Row | { delete: Key })[] = [
      { delete: head },
      old,
      { ...head, index: foreign.index },
      { ...head, index: { ...head.index, total: 1 } },
      { ...head, index: { ...head.index, sequence: 3 } },
      { ...head, index: { ...head.index, hash: 'a'.repeat(64) } },
      { ...head, index: { ...head.index, mac: '' } },
      { ...head, index: {} },
      { ...head, expires: bench.clock.now() + 1_000 },
    ]
    for (const row of bad) {
      await bench.write(row)
      expect(await trail.verify(), JSON.stringify(row)).toMatchObject({
        valid: false,
        entries: 2,
        faults: [{ kind: 'head_edited' }],
      })
      await bench.write(head)
      expect(await trail.verify()).toMatchObject({ valid: true })
    }
  })

  it("a head that is another block's, or one where there is no block [X69]", async () => {
    const trail = await openTrail()
    const head = await trail.bench.head()
    const other = signHead(await trail.keys.of('alpha'), 'alpha', { sequence: 4, hash: 'a'.repeat(64), total: 12 })
    if (head) await trail.bench.write({ ...head, index: { ...other } })
    expect(await trail.verify()).toMatchObject({ valid: false, faults: [{ kind: 'forked', sequence: 4 }] })
    const { bench, verify } = { ...trail, verify: () => trail.verify('_system') }
    expect(await verify()).toMatchObject({ valid: true, entries: 0 })
    if (head) await bench.write({ ...head, tenant: '_system', index: {} })
    expect(await verify()).toMatchObject({ valid: false, faults: [{ kind: 'head_edited' }] })
  })

  it('anchors that are gone, rolled back, or changed [X69]', async () => {
    const gone = await openTrail()
    await removeAnchors(gone, 0)
    expect(await gone.verify()).toMatchObject({ valid: false, anchored: 0, faults: [{ kind: 'anchor_missing' }] })
    const back = await openTrail()
    await removeAnchors(back, 0, 2)
    expect(await back.verify()).toMatchObject({ valid: false, anchored: 2, faults: [{ kind: 'anchor_missing', sequence: 3 }] })
    const changed = await openTrail()
    const [newest = '', older = ''] = await changed.bench.anchors()
    const content = await changed.bench.objects.get({ tenant: '_system', name: older })
    for (const other of [content, new Uint8Array(2_000), new Uint8Array(0)]) {
      await changed.bench.objects.put({ tenant: '_system', name: newest }, other ?? new Uint8Array(0))
      expect(await changed.verify()).toMatchObject({ valid: false, anchored: 3, faults: [{ kind: 'anchor_edited' }] })
    }
    const [foreign = ''] = await changed.bench.anchors('beta')
    const theirs = await changed.bench.objects.get({ tenant: '_system', name: foreign })
    await changed.bench.objects.put({ tenant: '_system', name: newest }, theirs ?? new Uint8Array(0))
    expect(await changed.verify()).toMatchObject({ valid: false, faults: [{ kind: 'anchor_edited' }] })
  })

  it('a block that is not the one that was anchored [X69]', async () => {
    const trail = await openTrail()
    const [newest = ''] = await trail.bench.anchors()
    const other = signHead(await trail.keys.of('alpha'), 'alpha', { sequence: 4, hash: 'a'.repeat(64), total: 12 })
    await trail.bench.objects.put({ tenant: '_system', name: newest }, new TextEncoder().encode(JSON.stringify(other)))
    const faults = [{ kind: 'forked', sequence: 4 }]
    expect(await trail.verify()).toMatchObject({ valid: false, faults })
    // Nor is the anchor set right by whoever seals next.
    await trail.bench.process().sealer.seal('alpha')
    expect(await trail.verify()).toMatchObject({ valid: false, entries: 15, anchored: 5, faults })
  })

  it('no fault in an old anchor that goes while it looks', async () => {
    const trail = await openTrail()
    const [, old = ''] = await trail.bench.anchors()
    const objects = new Proxy(trail.bench.objects, {
      get: (inner, name) => {
        const method = (Reflect.get(inner, name) as (...given: unknown[]) => unknown).bind(inner)
        if (name !== 'get') return method
        return async (key: ObjectKey) => (key.name === old ? undefined : method(key))
      },
    })
    expect(await trail.bench.process({ objects }).verify()).toMatchObject({ valid: true, anchored: 4, faults: [] })
  })

  it('that entries which waited are gone, once the process has written another [X69]', async () => {
    const trail = await openTrail()
    const [first, , last] = await trail.bench.pending()
    if (!first || !last) throw new Error('They are there.')
    await trail.bench.write({ delete: first })
    expect(await trail.verify()).toMatchObject({ valid: false, pending: 2, faults: [{ kind: 'entry_missing' }] })
    await trail.sealer.seal('alpha')
    expect(await trail.verify()).toMatchObject({ valid: false, entries: 14, faults: [{ kind: 'entry_missing' }] })
    // What it can't see, and says so: the last one of a process, until there is a later one.
    const other = await openTrail()
    await other.bench.write({ delete: at(await other.bench.pending(), -1) })
    expect(await other.verify()).toMatchObject({ valid: true, pending: 2 })
    await other.act()
    expect(await other.verify()).toMatchObject({ valid: false, faults: [{ kind: 'entry_missing' }] })
  })

  it('a sealed entry that was put among those that wait again, and what is left of it when it is sealed [X69]', async () => {
    const trail = await openTrail()
    const waiting = at(await trail.bench.pending(), 0)
    const [entry = {}] = entriesOf(await block(trail, 2))
    const id = String(entry.entry_id)
    await trail.bench.write({ ...waiting, sort: id, index: entry })
    expect(await trail.verify()).toMatchObject({ valid: false, pending: 4, faults: [{ kind: 'duplicated', entry_id: id }] })
    await trail.sealer.seal('alpha')
    expect(await trail.verify()).toMatchObject({
      valid: false,
      entries: 16,
      faults: [{ kind: 'duplicated', entry_id: id, sequence: 5 }],
    })
  })

  it('an entry that waits under a second name, or for another tenant [X69, X67]', async () => {
    const trail = await openTrail()
    const waiting = at(await trail.bench.pending(), 0)
    await trail.bench.write({ ...waiting, sort: `${waiting.sort}x` })
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'pending_edited', entry_id: `${waiting.sort}x` }] })
    await trail.sealer.seal('alpha')
    expect(trail.log).toMatchObject([{ level: 'error', fields: { tenant: 'alpha', entries: 1 } }])
    await trail.bench.write({ ...waiting, tenant: 'beta' })
    expect(await trail.verify('beta')).toMatchObject({ faults: [{ kind: 'pending_edited', entry_id: waiting.sort }] })
  })

  it('several faults, the first first, and no end of them [X69]', async () => {
    const trail = await openTrail()
    const [one, three] = [await block(trail, 1), await block(trail, 3)]
    await trail.bench.write({ delete: one }, withEntries(three, []))
    const kinds: AuditFault[] = [
      { kind: 'deleted', sequence: 1 },
      { kind: 'deleted', sequence: 3 },
    ]
    expect(await trail.verify()).toMatchObject({ fault: kinds[0], faults: kinds })
    const waiting = at(await trail.bench.pending(), 0)
    for (let row = 0; row < 40; row++) await trail.bench.write({ ...waiting, sort: `x${row}` })
    expect((await trail.verify()).faults).toHaveLength(20)
  })
})
