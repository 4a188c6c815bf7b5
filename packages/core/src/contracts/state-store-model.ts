import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyText, type StateStore } from '../ports/state-store.ts'
import type { ContractOptions, Subject } from './contract.ts'
import { collect } from './samples.ts'
import { eventually } from './settling.ts'
import {
  type ChangeSketch,
  changeOf,
  changeSketch,
  collection,
  event,
  group,
  keys,
  type ModelState,
  modelKey,
  partitions,
  run,
} from './state-store-sketches.ts'

interface Real {
  readonly subject: Subject<StateStore>
  readonly tenant: string
}
interface Model {
  state: ModelState
}
type Command = fc.AsyncCommand<Model, Real>

/** How much a model is tried: runs, and the time after which no further run starts. */
export interface ModelOptions {
  readonly runs?: number
  readonly milliseconds?: number
  /** Repeats a run that failed. */
  readonly seed?: number
}

/**
 * Random changes, readings and passing time, compared after each step with a model that is a map. Changes also run at the
 * same time; then what comes out must be what some order of them gives.
 */
export function describeStateStoreModel(adapter: string, options: ContractOptions<StateStore> & ModelOptions): void {
  describe(`StateStore model: ${adapter}`, () => {
    let subject: Subject<StateStore>
    let tenants = 0
    beforeAll(async () => {
      subject = await options.create()
    })
    afterAll(() => subject?.dispose())

    it('does what the model does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(commandArbitraries(subject.clock !== undefined), { maxCommands: 40 }), async (commands) => {
          const tenant = `model-${++tenants}`
          await fc.asyncModelRun(
            () => ({ model: { state: { rows: new Map(), events: [] } }, real: { subject, tenant } }),
            commands,
          )
        }),
        {
          numRuns: options.runs ?? 150,
          interruptAfterTimeLimit: options.milliseconds ?? 8_000,
          ...(options.seed === undefined ? {} : { seed: options.seed }),
        },
      )
    })
  })
}

function commandArbitraries(movesTime: boolean): fc.Arbitrary<Command>[] {
  const changes = fc.array(changeSketch, { minLength: 1, maxLength: 3 })
  const list = fc.record({ descending: fc.boolean(), limit: fc.integer({ min: 1, max: 5 }) })
  return [
    fc.array(changeSketch, { minLength: 1, maxLength: 1 }).map((sketches) => new CommitCommand(sketches)),
    changes.map((sketches) => new CommitCommand(sketches)),
    fc
      .record({
        key: fc.nat(keys.length - 1),
        amount: fc.integer({ min: -3, max: 5 }),
        max: fc.option(fc.integer({ min: 0, max: 9 })),
      })
      .map((parts) => new AddCommand(parts)),
    fc
      .record({ key: fc.nat(keys.length - 1), amount: fc.integer({ min: -3, max: 5 }), lasts: fc.integer({ min: 0, max: 100 }) })
      .map((parts) => new ExpiringAddCommand(parts)),
    list.map((query) => new ListCommand(query)),
    fc.constant(new ReadCommand()),
    ...(movesTime ? [fc.integer({ min: 1, max: 60 }).map((milliseconds) => new TimeCommand(milliseconds))] : []),
  ]
}

/** One change, or several at the same time. */
class CommitCommand implements Command {
  readonly #sketches: readonly ChangeSketch[]
  constructor(sketches: readonly ChangeSketch[]) {
    this.#sketches = sketches
  }
  check(): boolean {
    return true
  }
  async run(model: Model, real: Real): Promise<void> {
    const { port, clock } = real.subject
    const now = clock?.now() ?? 0
    const changes = this.#sketches.map((sketch, index) =>
      changeOf(sketch, { tenant: real.tenant, state: model.state, now, id: `${model.state.events.length}-${index}` }),
    )
    const results = await Promise.allSettled(
      changes.map((change, index) => port.commit(change, this.#sketches[index]?.durability)),
    )
    const said = results.map((result) => (result.status === 'fulfilled' ? 'done' : `${result.reason.code} ${result.reason.key}`))
    const actual = await everything(real)
    for (const order of permutations(changes.map((_, index) => index))) {
      let state = model.state
      let fits = true
      for (const index of order) {
        const change = changes[index]
        const next = change ? run(state, change, now) : { state, refusals: [] }
        state = next.state
        fits &&= next.refusals.length === 0 ? said[index] === 'done' : next.refusals.includes(said[index] ?? '')
      }
      if (fits && same(visible(state, now), actual)) {
        model.state = state
        return
      }
    }
    // No order explains it: show the difference to the order in which they were called.
    const inOrder = changes.reduce((state, change) => run(state, change, now).state, model.state)
    expect({ said, ...actual }).toEqual({
      said: changes.map((change) => run(model.state, change, now).refusals),
      ...visible(inOrder, now),
    })
    throw new Error(`No order of the changes gives ${said.join(', ')}.`)
  }
  toString(): string {
    return `commit(${fc.stringify(this.#sketches)})`
  }
}

class AddCommand implements Command {
  readonly #parts: { readonly key: number; readonly amount: number; readonly max: number | null }
  constructor(parts: { readonly key: number; readonly amount: number; readonly max: number | null }) {
    this.#parts = parts
  }
  check(): boolean {
    return true
  }
  async run(model: Model, real: Real): Promise<void> {
    const { port, clock } = real.subject
    const key = modelKey(real.tenant, this.#parts.key)
    const { amount, max } = this.#parts
    const write = { add: key, amounts: { count: amount }, ...(max === null ? {} : { max: { count: max } }) }
    const { state, refusals } = run(model.state, { writes: [write] }, clock?.now() ?? 0)
    const said = await port.add(key, 'count', amount, max ?? undefined).catch((error) => `${error.code} ${error.key}`)
    if (refusals.length > 0) expect(refusals).toContain(said)
    else expect(said).toBe(state.rows.get(`${key.partition}/${key.sort}`)?.index.count)
    model.state = state
  }
  toString(): string {
    return `add(${fc.stringify(this.#parts)})`
  }
}

/** An addition that gives its row an expiry, so many milliseconds from now, where it has none. */
class ExpiringAddCommand implements Command {
  readonly #parts: { readonly key: number; readonly amount: number; readonly lasts: number }
  constructor(parts: { readonly key: number; readonly amount: number; readonly lasts: number }) {
    this.#parts = parts
  }
  check(): boolean {
    return true
  }
  async run(model: Model, real: Real): Promise<void> {
    const { port, clock } = real.subject
    const now = clock?.now() ?? 0
    const key = modelKey(real.tenant, this.#parts.key)
    const write = { add: key, amounts: { count: this.#parts.amount }, expires: now + this.#parts.lasts }
    await port.commit({ writes: [write] })
    const { state } = run(model.state, { writes: [write] }, now)
    const rows = new Map(state.rows)
    const place = `${key.partition}/${key.sort}`
    const row = rows.get(place)
    if (row) rows.set(place, { ...row, expires: row.expires ?? write.expires })
    model.state = { ...state, rows }
    expect(await port.get(key)).toEqual(visible(model.state, now).rows.find((each) => keyText(each) === keyText(key)))
  }
  toString(): string {
    return `add(${fc.stringify(this.#parts)})`
  }
}

class ReadCommand implements Command {
  check(): boolean {
    return true
  }
  async run(model: Model, real: Real): Promise<void> {
    const { port, clock } = real.subject
    const now = clock?.now() ?? 0
    const expected = visible(model.state, now)
    expect(await everything(real)).toEqual(expected)
    for (const [index] of keys.entries()) {
      const key = modelKey(real.tenant, index)
      expect(await port.get(key)).toEqual(expected.rows.find((row) => row.partition === key.partition && row.sort === key.sort))
      const behind = await collect(port.read(real.tenant, collection, key.partition, key.sort))
      expect(behind).toEqual(expected.rows.filter((row) => row.partition === key.partition && row.sort > key.sort))
    }
    const half = Math.floor(expected.events.length / 2)
    const events = await port.events(real.tenant, { after: half, limit: 3, type: event })
    expect(events).toEqual(expected.events.filter((each) => each.sequence > half && each.type === event).slice(0, 3))
  }
  toString(): string {
    return 'read()'
  }
}

class ListCommand implements Command {
  readonly #query: { readonly descending: boolean; readonly limit: number }
  constructor(query: { readonly descending: boolean; readonly limit: number }) {
    this.#query = query
  }
  check(): boolean {
    return true
  }
  async run(model: Model, real: Real): Promise<void> {
    const { port, clock } = real.subject
    const query = { tenant: real.tenant, collection, list: 0, group, ...this.#query }
    await eventually(real.subject, async () => {
      const items = []
      let after: string | undefined
      do {
        const page = await port.list({ ...query, ...(after === undefined ? {} : { after }) })
        items.push(...page.items)
        after = page.after
      } while (after !== undefined)
      const rows = visible(model.state, clock?.now() ?? 0).rows.filter((row) => row.lists[0]?.group === group)
      const order = (row: (typeof rows)[number]): string => row.lists[0]?.order ?? ''
      expect(items.map(order)).toEqual(
        this.#query.descending ? rows.map(order).toSorted().toReversed() : rows.map(order).toSorted(),
      )
      expect(items).toHaveLength(rows.length)
      expect(items).toEqual(expect.arrayContaining(rows))
    })
  }
  toString(): string {
    return `list(${fc.stringify(this.#query)})`
  }
}

class TimeCommand implements Command {
  readonly #milliseconds: number
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }
  check(): boolean {
    return true
  }
  async run(_model: Model, real: Real): Promise<void> {
    await real.subject.clock?.advance(this.#milliseconds)
  }
  toString(): string {
    return `advance(${this.#milliseconds})`
  }
}

interface Everything {
  readonly rows: ModelState['rows'] extends ReadonlyMap<string, infer Each> ? readonly Each[] : never
  readonly events: ModelState['events']
}

async function everything(real: Real): Promise<Everything> {
  const rows = []
  for (const partition of partitions) rows.push(...(await collect(real.subject.port.read(real.tenant, collection, partition))))
  return { rows, events: await real.subject.port.events(real.tenant, { after: 0, limit: 1_000 }) }
}

/** What readers should see of the model, in the order of keys. */
function visible(state: ModelState, now: number): Everything {
  const rows = [...state.rows.values()].filter((row) => row.expires === undefined || row.expires > now)
  const text = (row: (typeof rows)[number]): string => `${row.partition}\x1f${row.sort}`
  return { rows: rows.toSorted((left, right) => (text(left) < text(right) ? -1 : 1)), events: state.events }
}

function same(left: Everything, right: Everything): boolean {
  try {
    expect(left).toEqual(right)
    return true
  } catch {
    return false
  }
}

function permutations(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((first) => permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}
