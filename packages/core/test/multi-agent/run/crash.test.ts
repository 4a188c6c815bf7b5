import { describe, expect, it } from 'vitest'
import type { NewWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { cancelWorkflow, getWorkflow, type Workflow } from '../../../src/multi-agent/manage-workflow.ts'
import type { JournalEntry } from '../../../src/multi-agent/run/journal.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { type Death, MortalProcess } from '../../support/mortal-process.ts'
import { step } from '../support.ts'
import { approveAll, ask, journalOf, openBench, outcomeOf, SlowModel } from './workflow-bench.ts'

interface Course {
  readonly workflow: NewWorkflow
  /** What the model says; it must say the same whoever asks, and however often. */
  answer(what: string, prompt: string): string
  readonly status: string
  /** Somebody cancels it while this step runs. */
  readonly cancelledIn?: string
}

const tail = JSON.stringify({
  goal: 'g',
  success_criteria: ['c'],
  steps: [step('other', ['a'], { expected_output: 'words' }), step('end', ['other'], { expected_output: 'words' })],
})
const planned = JSON.stringify({
  goal: 'g',
  success_criteria: ['c'],
  steps: [step('one'), step('two'), step('both', ['one', 'two'])].map((each) => ({ ...each, expected_output: 'words' })),
})
const report = { agent_type: 'report' } as const

const courses: Readonly<Record<string, Course>> = {
  'steps that fan out and join': {
    workflow: {
      request: 'Report.',
      plan: {
        steps: [
          step('a'),
          ...['b1', 'b2', 'b3'].map((id) => step(id, ['a'])),
          step('c', ['b1', 'b2', 'b3']),
          step('d', ['c', 'a'], report),
        ],
      },
    },
    answer: (what) => `Found by ${what}.`,
    status: 'completed',
  },
  "the orchestrator's plan, and a synthesis": {
    workflow: { request: 'Research the numbers and write a report.' },
    answer: (what) => (what === 'plan' ? planned : `Found by ${what}.`),
    status: 'completed',
  },
  'a step that is tried again, and one that fails, which a join does without': {
    workflow: {
      request: 'Report.',
      plan: {
        steps: [
          step('a', [], { expected_output: { type: 'object' } }),
          step('b', [], { expected_output: { type: 'object' }, on_failure: 'skip', retry: { attempts: 2, wait_seconds: 1 } }),
          step('c', ['a', 'b'], report),
        ],
      },
    },
    answer: (what, prompt) => (what === 'a' && prompt.includes('did not do') ? '{"n": 1}' : `No JSON from ${what}.`),
    status: 'completed',
  },
  'a rest that is planned anew': {
    workflow: {
      request: 'Report on the numbers.',
      plan: {
        steps: [
          step('a'),
          step('b', ['a'], {
            expected_output: { type: 'object' },
            on_failure: 'replan',
            retry: { attempts: 1, wait_seconds: 0 },
          }),
          step('c', ['b']),
        ],
      },
    },
    answer: (what) => (what === 'plan' ? tail : `Found by ${what}.`),
    status: 'completed',
  },
  'a plan and a step that somebody agrees to': {
    workflow: {
      request: 'Report.',
      approval: 'plan',
      plan: { steps: [step('a'), step('b', ['a'], { approval: true }), step('c', ['b'], report)] },
    },
    answer: (what) => `Found by ${what}.`,
    status: 'completed',
  },
  'a step that fails for good': {
    workflow: {
      request: 'Report.',
      plan: {
        steps: [
          step('a'),
          step('b', ['a'], { expected_output: { type: 'object' }, retry: { attempts: 1, wait_seconds: 0 } }),
          step('c', ['b'], report),
        ],
      },
    },
    answer: (what) => `Found by ${what}.`,
    status: 'failed',
  },
  'steps that somebody cancels': {
    workflow: { request: 'Report.', plan: { steps: [step('a'), step('b', ['a']), step('c', ['b'], report)] } },
    answer: (what) => `Found by ${what}.`,
    status: 'cancelled',
    cancelledIn: 'b',
  },
}

/** Asks for the run, and lets time pass until it has ended and nothing is left to do, or the process dies. */
async function go(bench: EventBench, process: MortalProcess, { workflow, cancelledIn }: Course): Promise<string | undefined> {
  const alive = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> =>
    work().catch((error: unknown) => {
      if (!process.isDead) throw error
      return undefined
    })
  let id: string | undefined
  for (let turn = 0; turn < 120 && !process.isDead; turn++) {
    id ??= await alive(async () => ask(await process.scope(), workflow))
    await bench.pass(500, 250)
    if (id === undefined || process.isDead) continue
    const known = id
    await alive(async () => approveAll(await process.scope(), known))
    const run = await alive(async () => getWorkflow(await process.scope(), known))
    if (cancelledIn && run?.state.steps.get(cancelledIn)?.status === 'running')
      await alive(async () => cancelWorkflow(await process.scope(), known, 'Never mind.'))
    if (run?.state.ending) {
      await bench.pass(2_000)
      return id
    }
  }
  return id
}

interface Lived {
  readonly writes: readonly string[]
  readonly run: Workflow
  readonly model: SlowModel
}

/** Lives a course with a death, and looks at all that must hold whenever it comes. */
async function live(course: Course, death?: Death): Promise<Lived> {
  // Slow enough to be cancelled before it has answered.
  const model = new SlowModel(course.answer, course.cancelledIn ? 3_000 : 300)
  const bench = await openBench(model, { worker: false })
  const mortal = new MortalProcess(bench, { worker: true, ...(death ? { death } : {}) })
  await go(bench, mortal, course)
  expect(mortal.isDead).toBe(death !== undefined)
  await mortal.stop()
  const looking = await new MortalProcess(bench, { worker: false }).scope()
  const id = await ask(looking, course.workflow)
  const before = await journalOf(looking, id)
  const asked = model.asked.length
  const next = new MortalProcess(bench, { worker: true })
  await go(bench, next, course)
  await next.stop()
  const run = await getWorkflow(await bench.scope(), id)
  expect(run.state.status).toBe(course.status)
  // What had finished is never asked for again.
  const finished = new Set(before.flatMap((entry) => (isCompleted(entry) ? [entry.step.replace('@', '')] : [])))
  expect(model.asked.slice(asked).filter((what) => finished.has(what))).toEqual([])
  await expectEvents(bench, id, course)
  return { writes: mortal.writes, run, model }
}

function isCompleted(entry: JournalEntry): entry is JournalEntry & { readonly kind: 'finished' } {
  return entry.kind === 'finished' && entry.outcome.status === 'completed'
}

/** Each event is there once, and is published at least once, under its id. */
async function expectEvents(bench: EventBench, id: string, { workflow, status }: Course): Promise<void> {
  const types = (await bench.events()).flatMap((event) => (event.subject === id ? [event.type] : []))
  const waits = workflow.approval === 'plan' ? 2 : 0
  expect([types.at(0), types.at(-1)]).toEqual(['genai.workflow.started', 'genai.workflow.finished'])
  // Where somebody agreed before anybody was told, nobody is.
  const told = types.slice(1, -1)
  expect(told.every((type) => type === 'genai.workflow.awaiting_approval')).toBe(true)
  expect(told.length).toBeLessThanOrEqual(waits)
  const published = bench.memory.bus.published.filter((event) => event.subject === id)
  expect(new Set(published.map((event) => event.id)).size).toBe(types.length)
  const ends = published.filter(({ type }) => type === 'genai.workflow.finished')
  expect(new Set(ends.map(({ detail }) => detail.status))).toEqual(new Set([status]))
}

describe('a process that dies at any durable write of', () => {
  for (const [words, course] of Object.entries(courses)) {
    it(`${words}: another goes on, only what was in flight starts again, and all ends the same [R68, X43]`, async () => {
      const undisturbed = await live(course)
      const expected = outcomeOf(undisturbed.run)
      for (const [index, what] of undisturbed.writes.entries()) {
        // What is there before a write is what was there after the last one: that needn't be tried at each.
        for (const when of index % 8 === 0 ? (['before', 'after'] as const) : (['after'] as const)) {
          const { run, model } = await live(course, { at: index + 1, when })
          const where = `${when} write ${index + 1}, ${what}`
          expect({ where, ...outcomeOf(run) }).toEqual({ where, ...expected })
          for (const [id, { attempts }] of run.state.steps)
            expect(attempts, `starts of ${id}, ${where}`).toBeLessThanOrEqual(
              (undisturbed.run.state.steps.get(id)?.attempts ?? 0) + 1,
            )
          for (const each of new Set(model.asked)) {
            // One call may have been in flight.
            const most = undisturbed.model.times(each) + 1
            expect(model.times(each), `calls for ${each}, ${where}`).toBeLessThanOrEqual(most)
          }
        }
      }
    }, 300_000)
  }
})
