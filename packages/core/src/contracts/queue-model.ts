import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job, Lane, Outcome } from '../ports/queue.ts'
import type { ContractOptions, Subject } from './contract.ts'
import { type Bench, bench, type Delivery, type QueueSubject, sendAll } from './queue-bench.ts'
import { jobOf } from './samples.ts'
import { pass, quiet, until } from './settling.ts'
import type { ModelOptions } from './state-store-model.ts'

/** The two clocks may differ by so much, which is how early a delivery may be. */
const slack = 1_000
const lanes: readonly Lane[] = ['high', 'normal', 'low']

/** What the test knows of a job. */
interface Known {
  readonly job: Job
  /** Not to be delivered before. */
  notBefore: number
  over: boolean
  /** Its deliveries so far, and those of them whose handler failed while it had the lease. */
  readonly deliveries: Delivery[]
  readonly failed: Set<Delivery>
}

class Model {
  readonly known = new Map<string, Known>()
  readonly running: Delivery[] = []
  concurrency = 1
}

interface Real {
  readonly subject: Subject<QueueSubject>
  readonly queue: string
  readonly duplicates: boolean
  worker: Bench
  /** How many of the worker's deliveries were looked at. */
  looked: number
}

type Command = fc.AsyncCommand<Model, Real>

export interface QueueModelOptions extends ModelOptions {
  /** The adapter repeats deliveries that it needn't, which is legal: then a job may come again after it was done. */
  readonly duplicates?: boolean
}

/**
 * Random sending, answers, extensions, lost leases, drains and passing time. Nothing is lost, nothing comes early or after
 * it was done, cut-offs are counted, and never do more handlers run than may. Needs an adapter on a fake clock.
 */
export function describeQueueModel(adapter: string, options: ContractOptions<QueueSubject> & QueueModelOptions): void {
  describe(`Queue model: ${adapter}`, () => {
    let subject: Subject<QueueSubject>
    let runs = 0
    beforeAll(async () => {
      subject = await options.create()
    })
    afterAll(() => subject?.dispose())

    it('loses nothing, and delivers nothing early or after it was done', async () => {
      const property = fc.asyncProperty(fc.commands(commandArbitraries(), { maxCommands: 30 }), async (commands) => {
        // A queue of its own, so that what a failed run leaves behind doesn't fail the next.
        const queue = `contract.model-${++runs}`
        const real: Real = {
          subject,
          queue,
          duplicates: options.duplicates ?? false,
          worker: bench(subject, queue, 1),
          looked: 0,
        }
        const model = new Model()
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands)
          await finish(model, real)
        } finally {
          await real.worker.close()
        }
      })
      await fc.assert(property, {
        numRuns: options.runs ?? 100,
        interruptAfterTimeLimit: options.milliseconds ?? 8_000,
        ...(options.seed === undefined ? {} : { seed: options.seed }),
      })
    })
  })
}

function commandArbitraries(): fc.Arbitrary<Command>[] {
  const sent = fc.record({
    lane: fc.constantFrom(...lanes),
    tenant: fc.constantFrom('a', 'b', 'c'),
    delay: fc.option(fc.integer({ min: -5_000, max: 20_000 })),
  })
  const answer = fc.constantFrom<Answer>('done', 'done', 'dead', 'fail', 'retry soon', 'retry later')
  return [
    fc
      .array(sent, { minLength: 1, maxLength: 5 })
      .map((jobs) => step(`send(${fc.stringify(jobs)})`, (model, real) => send(model, real, jobs))),
    fc
      .tuple(fc.nat(), answer)
      .map(([index, how]) => step(`end(${index}, ${how})`, (model, real) => end(model, real, index, how))),
    fc
      .tuple(fc.nat(), fc.integer({ min: 1_000, max: 90_000 }))
      .map(([index, milliseconds]) => step(`extend(${index}, ${milliseconds})`, (model) => extend(model, index, milliseconds))),
    fc
      .integer({ min: 1, max: 40_000 })
      .map((milliseconds) => step(`pass(${milliseconds})`, (_, real) => pass(real.subject, milliseconds))),
    fc
      .integer({ min: 1, max: 4 })
      .map((concurrency) => step(`drain, consume(${concurrency})`, (model, real) => restart(model, real, concurrency))),
  ]
}

/** A command that looks at what was delivered after it did its work. */
function step(words: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await run(model, real)
      await quiet(real.subject)
      look(model, real)
    },
    toString: () => words,
  }
}

async function send(
  model: Model,
  real: Real,
  jobs: readonly { readonly lane: Lane; readonly tenant: string; readonly delay: number | null }[],
): Promise<void> {
  const now = nowOf(real)
  const made = jobs.map(({ lane, tenant, delay }, index) => {
    const id = `${model.known.size + index}`
    return jobOf(tenant, id, { queue: real.queue, lane, ...(delay === null ? {} : { notBefore: now + delay }) })
  })
  for (const job of made)
    model.known.set(job.id, { job, notBefore: job.notBefore ?? 0, over: false, deliveries: [], failed: new Set() })
  await sendAll(real.subject.port.queue, made)
}

type Answer = 'done' | 'dead' | 'fail' | 'retry soon' | 'retry later'

async function end(model: Model, real: Real, index: number, how: Answer): Promise<void> {
  const delivery = model.running[index % model.running.length]
  if (!delivery) return
  model.running.splice(model.running.indexOf(delivery), 1)
  const known = model.known.get(delivery.job.id)
  // Who lost the lease says nothing that counts; a repetition doesn't undo what was said before.
  const counts = known !== undefined && !delivery.lease.signal.aborted && !known.over
  const now = nowOf(real)
  const retryAt = now + (how === 'retry later' ? 45_000 : how === 'retry soon' ? 1_500 : 0)
  const outcomes: Record<Answer, Outcome | undefined> = {
    done: { done: true },
    dead: { dead: 'no use' },
    fail: undefined,
    'retry soon': { retryAt },
    'retry later': { retryAt },
  }
  if (counts && (how === 'done' || how === 'dead')) known.over = true
  if (counts && !real.duplicates) known.notBefore = how === 'fail' ? now : retryAt
  const outcome = outcomes[how]
  if (how === 'fail' && !delivery.lease.signal.aborted) known?.failed.add(delivery)
  if (outcome) delivery.end(outcome)
  else delivery.fail()
}

async function extend(model: Model, index: number, milliseconds: number): Promise<void> {
  const delivery = model.running[index % model.running.length]
  if (!delivery) return
  if (delivery.lease.signal.aborted) await expect(delivery.lease.extend(milliseconds)).rejects.toThrow()
  else await delivery.lease.extend(milliseconds)
}

async function restart(model: Model, real: Real, concurrency: number): Promise<void> {
  const before = real.worker.deliveries.length
  let drained = false
  const draining = real.worker.consumption.drain().then(() => {
    drained = true
  })
  await quiet(real.subject)
  if (model.running.length > 0) expect(drained).toBe(false)
  while (model.running.length > 0) await end(model, real, 0, 'done')
  await until(real.subject, () => drained, 'drained')
  await draining
  expect(real.worker.deliveries).toHaveLength(before)
  model.concurrency = concurrency
  real.worker = bench(real.subject, real.queue, concurrency)
  real.looked = 0
}

/** Holds what was delivered since the last look to the promises. */
function look(model: Model, real: Real): void {
  expect(real.worker.most()).toBeLessThanOrEqual(model.concurrency)
  for (const delivery of real.worker.deliveries.slice(real.looked)) {
    const known = model.known.get(delivery.job.id)
    expect(delivery.job).toEqual(known?.job)
    expect(delivery.at).toBeGreaterThanOrEqual((known?.notBefore ?? 0) - slack)
    if (!real.duplicates) {
      expect(known?.over, `${delivery.job.id} came again after it was done`).toBe(false)
      const rivals = model.running.filter((other) => other.job.id === delivery.job.id && !other.lease.signal.aborted)
      expect(rivals, `${delivery.job.id} is held twice`).toEqual([])
      const cutOff = known?.deliveries.filter((other) => known.failed.has(other) || other.lease.signal.aborted)
      expect(delivery.lease.cutOffs, `the cut-offs of ${delivery.job.id}`).toBe(cutOff?.length)
    }
    known?.deliveries.push(delivery)
    model.running.push(delivery)
  }
  real.looked = real.worker.deliveries.length
}

/** From now on everything succeeds: then everything that was sent must end. */
async function finish(model: Model, real: Real): Promise<void> {
  for (let round = 0; round < 200; round++) {
    look(model, real)
    while (model.running.length > 0) await end(model, real, 0, 'done')
    if ([...model.known.values()].every((known) => known.over)) return
    await pass(real.subject, 1_000)
  }
  expect(
    [...model.known.values()].filter((known) => !known.over),
    'jobs that were lost',
  ).toEqual([])
}

function nowOf(real: Real): number {
  const { clock } = real.subject
  if (!clock) throw new Error('The model of a queue needs a fake clock.')
  return clock.now()
}
