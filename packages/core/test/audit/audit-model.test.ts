import fc from 'fast-check'
import { expect, it } from 'vitest'
import { UnavailableError } from '../../src/errors.ts'
import type { JsonObject, JsonValue } from '../../src/json.ts'
import type { Row } from '../../src/ports/state-store.ts'
import { assertUntilMet } from '../support/assert-until-met.ts'
import { AuditBench, type AuditProcess } from './audit-bench.ts'

type Step =
  | { readonly act: number; readonly times: number }
  | { readonly seal: number }
  | { readonly sealTwice: readonly [number, number] }
  /** Dies while it seals, after so many calls of the ObjectStore; another process takes its place. */
  | { readonly crash: number; readonly after: number }
  /** Of what is committed meanwhile, one fails. */
  | { readonly conflict: number }
  | { readonly verify: number }

const processes = 3
const process = fc.nat(processes - 1)
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ act: process, times: fc.integer({ min: 1, max: 70 }) }) },
    { weight: 4, arbitrary: fc.record({ seal: process }) },
    { weight: 2, arbitrary: fc.record({ sealTwice: fc.tuple(process, process) }) },
    { weight: 3, arbitrary: fc.record({ crash: process, after: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ conflict: process }) },
    { weight: 1, arbitrary: fc.record({ verify: process }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 14 },
)

class Run {
  readonly bench: AuditBench
  readonly committed: string[] = []
  readonly #processes: AuditProcess[]

  private constructor(bench: AuditBench) {
    this.bench = bench
    this.#processes = Array.from({ length: processes }, () => bench.process())
  }

  static async of(all: readonly Step[]): Promise<Run> {
    const run = new Run(await AuditBench.open())
    for (const step of all) await run.#take(step)
    return run
  }

  at(index: number): AuditProcess {
    const found = this.#processes[index]
    if (!found) throw new Error('There is no such process.')
    return found
  }

  async #take(step: Step): Promise<void> {
    if ('act' in step) for (let time = 0; time < step.times; time++) await this.#act(step.act)
    else if ('seal' in step) await this.at(step.seal).sealer.seal('alpha')
    else if ('sealTwice' in step) await Promise.all(step.sealTwice.map((index) => this.at(index).sealer.seal('alpha')))
    else if ('crash' in step) await this.#crash(step.crash, step.after)
    else if ('conflict' in step) {
      this.bench.memory.hostile.conflictNext()
      await this.#act(step.conflict)
      await this.at(step.conflict).sealer.seal('alpha')
    } else expect(await this.at(step.verify).verify()).toMatchObject({ valid: true })
  }

  async #act(index: number): Promise<void> {
    const id = await this.at(index)
      .act()
      .catch(() => undefined)
    if (id !== undefined) this.committed.push(id)
  }

  async #crash(index: number, after: number): Promise<void> {
    let calls = 0
    this.bench.failObjects = () => (calls++ >= after ? new UnavailableError('crash', 'Crashed.') : undefined)
    await this.at(index)
      .sealer.seal('alpha')
      .catch(() => 0)
    this.bench.failObjects = undefined
    this.#processes[index] = this.bench.process()
  }
}

it('[X69] whatever happens, the trail is valid, and every entry that was committed waits or is sealed, once', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const run = await Run.of(all)
      expect((await run.bench.ids()).toSorted()).toEqual(run.committed.toSorted())
      const waiting = (await run.bench.pending()).length
      const sealed = run.committed.length - waiting
      expect(await run.at(0).verify()).toMatchObject({ valid: true, entries: sealed, pending: waiting, faults: [] })
      await run.at(1).sealer.seal('alpha')
      const blocks = (await run.bench.blocks()).length
      expect(await run.at(2).verify()).toMatchObject({ valid: true, entries: run.committed.length, pending: 0, anchored: blocks })
      expect((await run.bench.ids()).toSorted()).toEqual(run.committed.toSorted())
    }),
    { numRuns: 40 },
  )
})

/** Where each value is that isn't an object, or an empty one. */
function leaves(value: JsonValue, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [path]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner as JsonValue, [...path, key]))
}

function changedAt(
  value: JsonValue,
  [key, ...rest]: readonly string[],
  change: (value: JsonValue) => JsonValue | undefined,
): JsonValue {
  if (key === undefined) return change(value) ?? null
  const inner = (value as JsonObject)[key] as JsonValue
  const changed = rest.length === 0 ? change(inner) : changedAt(inner, rest, change)
  if (Array.isArray(value)) return value.with(Number(key), changed ?? null)
  const { [key]: _, ...others } = value as JsonObject
  return changed === undefined ? others : { ...others, [key]: changed }
}

/** Another value, of the same kind or none. */
function other(value: JsonValue, by: number): JsonValue | undefined {
  if (by % 5 === 0) return undefined
  if (typeof value === 'number') return value + 1 + (by % 7)
  if (typeof value !== 'string' || value === '') return 'x'
  const place = by % value.length
  const character = value.charAt(place)
  return value.slice(0, place) + (character === '0' ? '1' : '0') + value.slice(place + 1)
}

type Tampering = (run: Run, by: number) => Promise<boolean>

const pick = <Item>(items: readonly Item[], by: number): Item | undefined => items[by % Math.max(1, items.length)]

const changeRow =
  (rows: (bench: AuditBench) => Promise<readonly Row[]>): Tampering =>
  async ({ bench }, by) => {
    const row = pick(await rows(bench), by)
    const path = row && pick(leaves(row.index), by >> 3)
    if (!row || !path) return false
    await bench.write({ ...row, index: changedAt(row.index, path, (value) => other(value, by >> 5)) as JsonObject })
    return true
  }

const heads = async (bench: AuditBench): Promise<Row[]> => [await bench.head()].filter((row) => row !== undefined)

/** Each does one thing to what is stored, when there is something to do it to. */
const tamperings: Readonly<Record<string, Tampering>> = {
  'changes a value of an entry that waits': changeRow((bench) => bench.pending()),
  'changes a value of a block': changeRow((bench) => bench.blocks()),
  'changes a value of the head': changeRow(heads),
  'removes the head': async ({ bench }) => {
    const [row] = await heads(bench)
    if (row) await bench.write({ delete: row })
    return row !== undefined
  },
  'removes a block': async ({ bench }, by) => {
    const row = pick(await bench.blocks(), by)
    if (row) await bench.write({ delete: row })
    return row !== undefined
  },
  'removes an entry that waits, and not the last of its process': async ({ bench }, by) => {
    const waiting = await bench.pending()
    const lasts = new Map(waiting.map(({ sort, index }) => [index.writer, sort]))
    const row = pick(
      waiting.filter(({ sort, index }) => lasts.get(index.writer) !== sort),
      by,
    )
    if (row) await bench.write({ delete: row })
    return row !== undefined
  },
  'lets two blocks change places': async ({ bench }, by) => {
    const blocks = await bench.blocks()
    const [one, two] = [pick(blocks, by), pick(blocks, by + 1 + (by % Math.max(1, blocks.length - 1)))]
    if (!one || !two || one.sort === two.sort) return false
    await bench.write({ ...one, index: two.index }, { ...two, index: one.index })
    return true
  },
  'hangs on a copy of a block': async ({ bench }, by) => {
    const blocks = await bench.blocks()
    const row = pick(blocks, by)
    if (row) await bench.write({ ...row, sort: (blocks.length + 1).toString().padStart(12, '0') })
    return row !== undefined
  },
  'lets a sealed entry wait once more': async ({ bench }, by) => {
    const row = pick(await bench.blocks(), by)
    const entry = row && pick(row.index.entries as JsonObject[], by >> 3)
    if (!entry) return false
    const place = { tenant: 'alpha', collection: 'audit-entries', partition: 'pending', sort: String(entry.entry_id) }
    await bench.write({ ...place, schema: 1, version: 1, index: entry, sealed: {}, lists: [] })
    return true
  },
  'changes an anchor': async ({ bench }, by) => {
    const name = pick(await bench.anchors(), by)
    if (name === undefined) return false
    const key = { tenant: '_system', name }
    const content = new Uint8Array((await bench.objects.get(key)) ?? [])
    const place = by % content.length
    content[place] = (content[place] ?? 0) ^ 1
    await bench.objects.put(key, content)
    return true
  },
  'removes all there is, the anchors included': async ({ bench }) => {
    const blocks = await bench.blocks()
    for (const row of [...blocks, ...(await bench.pending()), ...(await heads(bench))]) await bench.write({ delete: row })
    for (const name of await bench.anchors()) await bench.objects.delete({ tenant: '_system', name })
    return blocks.length > 0
  },
  'removes anchors': async ({ bench }, by) => {
    const anchors = await bench.anchors()
    // One that is missing is what a crash leaves.
    const missing = (await bench.blocks()).length - anchorOf(anchors[0] ?? '')
    const removed = anchors.slice(0, Math.max(2 - missing, 1) + (by % 4))
    for (const name of removed) await bench.objects.delete({ tenant: '_system', name })
    return missing + removed.length >= 2
  },
}

const anchorOf = (name: string): number => 999_999_999_999 - Number(name.split('/').at(-1))

it('[X69] whatever one thing is changed, removed, moved or added in what is stored, it is found', async () => {
  const done = new Map<string, number>()
  const kinds = Object.keys(tamperings)
  const property = fc.asyncProperty(steps, fc.tuple(fc.constantFrom(...kinds), fc.nat()), async (all, [name, by]) => {
    const run = await Run.of(all)
    if (!(await tamperings[name]?.(run, by))) return
    done.set(name, (done.get(name) ?? 0) + 1)
    const verdict = await run.at(0).verify()
    expect(verdict, `${name} ${by}`).toMatchObject({ valid: false, fault: verdict.faults[0] })
    expect(await run.bench.process().verify()).toEqual(verdict)
  })
  await assertUntilMet(property, { numRuns: 150 }, kinds, done)
})
