import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Adapters, ConflictError, createPlatform, type Scope, writtenKey } from '../../../src/index.ts'
import { advanceWorkflow } from '../../../src/multi-agent/advance-workflow.ts'
import { getWorkflow } from '../../../src/multi-agent/manage-workflow.ts'
import type { Step } from '../../../src/multi-agent/plan/plan.ts'
import { journals } from '../../../src/multi-agent/workflows.ts'
import { type Clock, sleep } from '../../../src/ports/clock.ts'
import type { Lease } from '../../../src/ports/queue.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { assertUntilMet } from '../../support/assert-until-met.ts'
import { anotherClock, committingBy } from '../../support/wrapped.ts'
import { graphs, step } from '../support.ts'
import { ask, journalOf, openBench, SlowModel } from './workflow-bench.ts'

const second = 1_000
const minute = 60_000

/** A process stands still at one of its commits, before it or behind it, for so long: what others do meanwhile it doesn't see. */
interface Stall {
  readonly at: number
  readonly before: boolean
  readonly milliseconds: number
}

const stalls: fc.Arbitrary<readonly Stall[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 1, max: 25 }),
    before: fc.boolean(),
    milliseconds: fc.integer({ min: 0, max: 90 * second }),
  }),
  { maxLength: 4 },
)

/** As a table far away; longer than a run waits between two looks. */
const readingTime = fc.constantFrom(0, 30, 800)

class StallingProcess {
  readonly #clock: Clock
  readonly #stalls: readonly Stall[]
  readonly #reading: number
  readonly #met: Map<string, number>
  readonly platform: ReturnType<typeof createPlatform>
  #commits = 0
  done = false

  /** @param reading how long a look at a journal takes, milliseconds: what is written meanwhile it sees. */
  constructor(bench: EventBench, { own, reading, met }: { own: readonly Stall[]; reading: number; met: Map<string, number> }) {
    const { adapters } = bench.memory
    this.#stalls = own
    this.#reading = reading
    this.#met = met
    this.#clock = anotherClock(adapters.clock)
    this.platform = createPlatform(
      'memory',
      { ...adapters, clock: this.#clock, state: this.#state(adapters.state) },
      bench.models,
    )
  }

  /** Works on the run as the worker host does, without a lease on the job that could be lost: its right to the run is all it has. */
  async work(scope: Scope, id: string, name: string): Promise<void> {
    const lease: Lease = { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} }
    const body = { workflow_id: id }
    const job = { queue: '', tenant: 'alpha', id: name, lane: 'normal', version: 1, correlationId: '', body } as const
    while (!this.done) {
      const outcome = await advanceWorkflow(scope, body, { job, lease })
      if ('retryAt' in outcome) await sleep(this.#clock, outcome.retryAt - this.#clock.now())
      else this.done = true
    }
  }

  #state(inner: Adapters['state']): Adapters['state'] {
    const wait = async (collection: string): Promise<void> => {
      if (collection === journals.name && this.#reading > 0) await sleep(this.#clock, this.#reading)
    }
    const read: typeof inner.read = async function* (tenant, collection, ...place) {
      await wait(collection)
      yield* inner.read(tenant, collection, ...place)
    }
    return { ...this.#committing(inner), read }
  }

  #committing(inner: Adapters['state']): Adapters['state'] {
    return committingBy(inner, async (change, durability) => {
      const number = ++this.#commits
      const writesJournal = change.writes.some((write) => writtenKey(write).collection === journals.name)
      const stand = async (before: boolean): Promise<void> => {
        for (const stall of this.#stalls)
          if (stall.at === number && stall.before === before) await sleep(this.#clock, stall.milliseconds)
      }
      await stand(true)
      try {
        return await inner.commit(change, durability)
      } catch (error) {
        if (error instanceof ConflictError && writesJournal) this.#meet('a write that came too late')
        throw error
      } finally {
        await stand(false)
      }
    })
  }

  #meet(kind: string): void {
    this.#met.set(kind, (this.#met.get(kind) ?? 0) + 1)
  }
}

describe('two processes that go on with the same run', () => {
  it('have it one at a time; what one does that has lost it does not count, and nothing is done twice that had finished [R68]', async () => {
    const met = new Map<string, number>()
    const readings = fc.tuple(readingTime, readingTime)
    const property = fc.asyncProperty(
      graphs,
      stalls,
      stalls,
      fc.nat(20),
      readings,
      async (steps, first, other, offset, reading) => {
        const model = new SlowModel((what) => `Found by ${what}.`, 4 * second)
        const bench = await openBench(model, { worker: false })
        const id = await ask(await bench.scope(), { request: 'Report.', plan: { steps } })
        const processes = [first, other].map(
          (own, index) => new StallingProcess(bench, { own, reading: reading[index] ?? 0, met }),
        )
        const working = processes.map(async (process, index) => {
          await sleep(bench.memory.clock, index * offset * second)
          await process.work(process.platform.scope(await bench.caller()), id, `job-${index}`)
        })
        for (let passed = 0; passed < 30 && !processes.every(({ done }) => done); passed++) await bench.pass(minute, second)
        await Promise.all(working)

        const scope = await bench.scope()
        const { state } = await getWorkflow(scope, id)
        expect(state.status).toBe('completed')
        // The rows that owners wrote have ever later epochs: nothing of an owner stands behind the entry of a later one.
        const epochs: number[] = []
        const rows: number[] = []
        for await (const { fields, sort } of scope.state.read(journals, id)) {
          rows.push(Number(sort))
          if (fields.epoch !== undefined) epochs.push(fields.epoch)
        }
        expect(rows).toEqual(rows.map((_, index) => index))
        expect(epochs).toEqual(epochs.toSorted((one, other) => one - other))
        if ((epochs.at(-1) ?? 0) > 1) met.set('a run that was taken over', 1)

        const entries = await journalOf(scope, id)
        const finished = entries.flatMap((entry) => (entry.kind === 'finished' ? [entry.step] : []))
        expect(finished.toSorted()).toEqual([...new Set(finished)].toSorted())
        const over = new Set<string>()
        for (const entry of entries) {
          if (entry.kind === 'started') expect(over.has(entry.step)).toBe(false)
          if (entry.kind === 'finished') over.add(entry.step)
        }
        expect(entries.filter(({ kind }) => kind === 'ended')).toHaveLength(1)
        const ends = (await bench.events()).filter(({ type }) => type === 'genai.workflow.finished')
        expect(ends).toHaveLength(1)
        // Each result is paid for once: what was asked for twice, at the same time, counts once.
        const spent = entries.reduce((sum, entry) => sum + (entry.kind === 'finished' ? entry.usage.output_tokens : 0), 0)
        expect(state.usage.output_tokens).toBe(spent)
      },
    )
    const kinds = ['a write that came too late', 'a run that was taken over']
    // One that has the run, and stands still before it says so in the journal.
    const late: Stall = { at: 1, before: false, milliseconds: 36 * second }
    const examples: [readonly Step[], readonly Stall[], readonly Stall[], number, [number, number]][] = [
      [[step('a'), step('b', ['a'])], [late], [], 6, [0, 0]],
    ]
    await assertUntilMet(property, { numRuns: 50, examples, endOnFailure: true }, kinds, met)
  }, 240_000)
})
