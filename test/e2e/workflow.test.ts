import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call, listAll, type ShownEvent } from './support/api.ts'
import { seededRandom } from './support/crash-clients.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { SlowModel } from './support/slow-model.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

/** Fewer than make a step that is cut off each time be given up. */
const kills = 5
const everything = { tenant: 'demo', user: 'planner', permissions: ['*'], lifetime: 3_600 }
/** What the model says it used, a call. */
const tokens = { input: 19, output: 10 }

interface Shown {
  readonly workflow_id: string
  readonly status: string
  readonly steps: Readonly<Record<string, { readonly status: string; readonly attempts: number; readonly result: string | null }>>
  readonly result: { readonly text: string } | null
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
}

const ids = ['a', 'b1', 'b2', 'b3', 'c', 'd1', 'd2', 'end'] as const

/** Steps that fan out and join twice; the model knows by the prompt which one of which workflow it is asked for. */
function planOf(name: string): object {
  const step = (id: (typeof ids)[number], dependencies: readonly string[] = [], agent_type = 'research'): object => ({
    ...{ id, agent_type, dependencies },
    prompt: `Do ${id} of ${name}.`,
  })
  const fan = ['b1', 'b2', 'b3'] as const
  return {
    steps: [
      step('a'),
      ...fan.map((id) => step(id, ['a'])),
      step('c', fan),
      step('d1', ['c']),
      step('d2', ['c', 'a']),
      step('end', ['d1', 'd2'], 'report'),
    ],
  }
}

describe('kill -9 while workflows run', () => {
  it('five times: they go on by themselves, and no step that had finished is ever asked for again [R68, X43]', async () => {
    const seed = Number(process.env.PLINTH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`workflow.test.ts: PLINTH_TEST_SEED=${seed}`)
    const random = seededRandom(seed)
    const model = await SlowModel.start(() => 100 + random() * 600)
    const folder = temporaryFolder()
    let server: RunningPlinth = await startPlinth(folder, model.environment)
    const token = await mintToken(everything, { PLINTH_DATA_DIR: folder })
    const names: string[] = []
    const started = new Map<string, string>()
    const start = async (): Promise<void> => {
      const name = `flow-${names.length}`
      names.push(name)
      const body = { request: `Do all of ${name}.`, plan: planOf(name) }
      const headers = { 'idempotency-key': name }
      const answer = await call<Shown>(server.url, '/api/workflows', { token, body, headers })
      expect(answer.status, answer.text).toBe(202)
      started.set(name, answer.body.workflow_id)
    }
    const show = async (name: string): Promise<Shown> =>
      (await call<Shown>(server.url, `/api/workflows/${started.get(name)}`, { token })).body
    const askedFor = (name: string, id: string): number =>
      model.asked.filter((prompt) => prompt.includes(`Do ${id} of ${name}.`)).length

    /** Until the model was asked once more. An answer that was paid for is found again: a run may end without another call. */
    const asking = (calls: number): Promise<unknown> =>
      until(
        'a call of the model',
        async () => {
          if (model.asked.length > calls) return true
          if ((await Promise.all(names.map(show))).every(({ status }) => status === 'completed')) await start()
          return model.asked.length > calls
        },
        { within: 60_000, every: 5 },
      )

    /** What a client saw finished after a kill, with how often it had been asked for by then. */
    const finished = new Map<string, { readonly asked: number; readonly result: string | null }>()
    let slowest = 0
    for (let kill = 1; kill <= kills; kill++) {
      if (kill % 3 === 1) await start()
      const before = model.asked.length
      await asking(before + Math.floor(random() * 3))
      await new Promise((resolve) => setTimeout(resolve, random() * 400))
      await server.process.kill()
      // What the dead process had asked for is still on its way to the model's log.
      await new Promise((resolve) => setTimeout(resolve, 50))
      const asked = new Map(names.flatMap((name) => ids.map((id) => [`${name} ${id}`, askedFor(name, id)])))
      server = await startPlinth(folder, model.environment)
      const up = { at: Date.now(), asked: model.asked.length }
      for (const name of names)
        for (const [id, { status, result }] of Object.entries((await show(name)).steps)) {
          const key = `${name} ${id}`
          if (status === 'completed' && !finished.has(key)) finished.set(key, { asked: asked.get(key) ?? 0, result })
        }
      await asking(up.asked)
      // A dead process's hold on a run doesn't have to run out first.
      expect(Date.now() - up.at).toBeLessThan(15_000)
      slowest = Math.max(slowest, Date.now() - up.at)
    }
    for (const name of names)
      await until(`the end of ${name}`, async () => (await show(name)).status === 'completed', { within: 60_000, every: 50 })
    expect(finished.size).toBeGreaterThan(kills / 2)
    let again = 0
    for (const name of names) {
      const ended = await show(name)
      expect(Object.keys(ended.steps)).toEqual([...ids])
      for (const id of ids) {
        const { status, attempts, result } = ended.steps[id] ?? {}
        const times = askedFor(name, id)
        const known = finished.get(`${name} ${id}`)
        if (known) expect({ name, id, asked: times, result }).toEqual({ name, id, ...known })
        expect({ name, id, status }).toMatchObject({ status: 'completed' })
        // A start may have died before its call, never the other way round.
        expect(times).toBeGreaterThan(0)
        expect(times).toBeLessThanOrEqual(attempts ?? 0)
        again += times - 1
      }
      expect(ended.result?.text).toBe(ended.steps.end?.result)
      expect(ended.usage).toMatchObject({ input_tokens: tokens.input * ids.length, output_tokens: tokens.output * ids.length })
    }
    const events = (await listAll<ShownEvent>(server.url, '/api/events?type=genai.workflow.finished', token)).map(
      ({ subject }) => subject,
    )
    expect(events.toSorted()).toEqual([...started.values()].toSorted())
    console.log(
      `workflow.test.ts: ${names.length} workflows, ${kills} kills, ${finished.size} steps seen finished, ${again} asked again; they went on within ${slowest} ms`,
    )
    expect((await server.process.stop()).code).toBe(0)
    await model.close()
  }, 300_000)
})
