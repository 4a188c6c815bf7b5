import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { createWorkflow, getWorkflow, jobNames, patterns, Relay, type Scope, silentLog, sleep, WorkerHost } from '@plinth/core'
import { type Script, type ScriptedModels, scriptedModels } from '@plinth/core/testing'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { afterEach, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { resumeWorkflow } from '../../core/src/multi-agent/manage-workflow.ts'
import { type AwsPlatform, awsPlatform, readAwsEnvironment } from '../src/index.ts'
import { badDay } from './support/bad-day.ts'
import { type FaultProxy, useFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, motoRegion } from './support/moto.ts'
import { scopeOf } from './support/scope-of.ts'

/** A process of Plinth, in this one: its own platform, relay and worker. */
interface Engine {
  readonly scope: Scope
  readonly models: ScriptedModels
  stop(): Promise<void>
}

const seed = 20_261_127
/** DynamoDB takes an item up to this, in bytes. */
const itemLimit = 400 * 1_024

describeWithMoto('workflows by the journal and the scheduler, on DynamoDB and SQS [R68]', (moto) => {
  const proxy = useFaultProxy(moto)
  const running: Engine[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((engine) => engine.stop()))
  })

  it('two workers are given each run at the same time: one has it, and no step runs twice [X43]', async () => {
    proxy.isolateTransactions()
    const calls: { readonly prompt: string; readonly worker: string }[] = []
    const script =
      (worker: string): Script =>
      async ({ prompt, signal }) => {
        calls.push({ prompt, worker })
        await sleep(systemClock, 30, signal)
        return 'done'
      }
    const [one, other] = await Promise.all([open('shared', script('one')), open('shared', script('other'))])
    const runs = await Promise.all(
      Array.from({ length: 4 }, async (_, index) => {
        const scope = index % 2 === 0 ? one.scope : other.scope
        const { workflow_id: id } = await createWorkflow(scope, {
          request: `Run ${index}.`,
          plan: { steps: diamondOf(`run-${index}`) },
        })
        // Another job for the same run, in another lane.
        await resumeWorkflow(other.scope, id)
        return id
      }),
    )
    await ended(one.scope, runs, proxy)
    for (const [index, id] of runs.entries()) {
      const { state } = await getWorkflow(one.scope, id)
      expect(state.ending).toMatchObject({ status: 'completed' })
      expect([...state.steps.values()].map(({ attempts }) => attempts)).toEqual(Array(7).fill(1))
      // The run had one owner from its beginning to its end.
      expect(state.epoch).toBe(1)
      const workers = calls.filter(({ prompt }) => prompt.includes(`run-${index}.`)).map(({ worker }) => worker)
      expect([workers.length >= 6, new Set(workers).size]).toEqual([true, 1])
    }
  })

  it('a run keeps what no item and no transaction of DynamoDB holds: rows of 100,000 characters, results of a megabyte, a plan of 500 KB', async () => {
    proxy.isolateTransactions()
    const large = 'ü'.repeat(500_000)
    const { scope } = await open('large', ({ prompt }) =>
      prompt.trim().endsWith('large') ? large : `${'é'.repeat(30_000)} ${prompt.length}`,
    )
    const many = Array.from({ length: 12 }, (_, index) => step(`many-${index}`, [], 'much '.repeat(8_000)))
    const plan = {
      steps: [...many, step('large', [], 'large'), step('end', ['large', ...many.map(({ id }) => id)], 'end', 'report')],
    }
    expect(JSON.stringify(plan).length).toBeGreaterThan(480_000)
    const { workflow_id: id } = await createWorkflow(scope, { request: 'Much.', plan })
    await ended(scope, [id], proxy)
    const { state } = await getWorkflow(scope, id)
    expect(state.ending).toMatchObject({ status: 'completed' })
    const isWhole = (name: string, text: string): boolean => state.steps.get(name)?.result?.text.startsWith(text) === true
    expect(isWhole('large', large)).toBe(true)
    for (const { id: name } of many) expect(isWhole(name, 'é'.repeat(30_000)), name).toBe(true)

    const { Items = [] } = await moto.clients.dynamodb.send(new ScanCommand({ TableName: 'large' }))
    const sizes = Items.filter(({ pk }) => pk?.S?.includes(id)).map((item) => ({ pk: item.pk?.S, bytes: bytesOf(item) }))
    expect(sizes.filter(({ pk }) => pk?.includes('workflow-journal')).length).toBeGreaterThan(3)
    expect(Math.max(...sizes.map(({ bytes }) => bytes))).toBeLessThan(itemLimit / 4)
    const { Contents = [] } = await moto.clients.s3.send(new ListObjectsV2Command({ Bucket: 'large' }))
    const objects = Contents.filter(({ Key }) => Key?.includes(id)).map(({ Size = 0 }) => Size)
    expect(Math.max(...objects)).toBeGreaterThan(1_000_000)
  })

  it('on a bad day each run ends once, is told of once, and does again only what it was about when it was cut off [X43]', {
    timeout: 240_000,
  }, async () => {
    const faults = badDay(seed)
    const { scope } = await open('bad-day', () => 'done')
    proxy.inject(() => true, faults.fault, Number.POSITIVE_INFINITY)
    const runs = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        untilDone(() => createWorkflow(scope, { request: name, plan: { steps: diamondOf(name) } }, { idempotencyKey: name })),
      ),
    )
    await ended(
      scope,
      runs.map(({ workflow_id }) => workflow_id),
      proxy,
    )
    expect(faults.met()).toBeGreaterThan(20)
    for (const { workflow_id: id } of runs) {
      const { state } = await untilDone(() => getWorkflow(scope, id))
      expect(state.ending).toMatchObject({ status: 'completed' })
      // A step is started again only where its run was: finished, it stays so.
      for (const { attempts } of state.steps.values()) expect(attempts).toBeLessThanOrEqual(state.epoch)
    }
    const events = await untilDone(() => scope.state.events({ after: 0, limit: 1_000 }))
    for (const { workflow_id: id } of runs)
      expect(events.filter(({ subject }) => subject === id).map(({ type }) => type)).toEqual([
        'genai.workflow.started',
        'genai.workflow.finished',
      ])
  })

  /** @param name of its table, its bucket and the beginning of its queues: an emulator goes on handing messages to who listened before. */
  async function open(name: string, script: Script): Promise<Engine> {
    const models = scriptedModels(script)
    const platform: AwsPlatform = await awsPlatform({
      environment: readAwsEnvironment({
        ...{ AWS_REGION: motoRegion, AWS_ENDPOINT_URL: moto.endpoint, PLINTH_AWS_CREATE: 'on' },
        ...{ PLINTH_TABLE: name, PLINTH_BUCKET: name, PLINTH_QUEUE_PREFIX: name, PLINTH_BUS: name },
      }),
      models,
      clock: systemClock,
      outbound: new GuardedHttp({ clock: systemClock }),
      jobs: jobNames,
      clients: proxy.clients({ maxAttempts: 4 }),
    })
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    const host = new WorkerHost({ platform, patterns: patterns.filter((each) => each.name === 'multi-agent'), log: silentLog })
    const stop = async (): Promise<void> => {
      await host.drain()
      await relay.stop()
      await platform.close()
    }
    const engine = { scope: await scopeOf(platform), models, stop }
    running.push(engine)
    return engine
  }
})

function step(id: string, dependencies: readonly string[], prompt = `Do ${id}.`, agent = 'research') {
  return { id, agent_type: agent, prompt, dependencies }
}

/** A fan-out of four between two steps; the synthesis comes on top. */
function diamondOf(run: string) {
  const named = (id: string, needs: readonly string[]) => step(id, needs, `Do ${id} of ${run}.`)
  return [named('begin', []), ...['a', 'b', 'c', 'd'].map((id) => named(id, ['begin'])), named('join', ['a', 'b', 'c', 'd'])]
}

/** @param proxy whose requests are told of where a run doesn't end. */
async function ended(scope: Scope, ids: readonly string[], proxy: FaultProxy): Promise<void> {
  const seen = new Map<string, string>()
  const hasEnded = async (id: string): Promise<boolean> => {
    const found = await getWorkflow(scope, id).catch((error: unknown) => void seen.set(id, String(error)))
    if (!found) return false
    const steps = [...found.state.steps].map(([name, { status, attempts }]) => `${name} ${status} ${attempts}`)
    seen.set(id, `epoch ${found.state.epoch}: ${steps.join(', ')}`)
    return found.record.fields.ended !== undefined
  }
  const look = async (): Promise<boolean> => (await Promise.all(ids.map(hasEnded))).every(Boolean)
  await until('all runs to end', look, { within: 200_000, every: 300 }).catch((error: Error) => {
    throw new Error([error.message, ...seen.values(), 'moto was asked:', ...proxy.unanswered].join('\n'))
  })
}

/** As a client does that has no answer. */
async function untilDone<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === 20) throw error
    }
  }
}

/** About as DynamoDB counts an item. */
function bytesOf(item: Readonly<Record<string, object>>): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    const [content] = Object.values(value) as unknown[]
    return sum + name.length + (content instanceof Uint8Array ? content.byteLength : Buffer.byteLength(JSON.stringify(content)))
  }, 0)
}
