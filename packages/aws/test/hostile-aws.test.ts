import {
  Authenticator,
  jobNames,
  LocalIssuer,
  patterns,
  processGenaiRequest,
  Relay,
  type Scope,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '@plinth/core'
import { scriptedModels } from '@plinth/core/testing'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { awsPlatform, readAwsEnvironment } from '../src/index.ts'
import { type Fault, type ProxiedAnswer, refusal, useFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, motoRegion } from './support/moto.ts'

const requests = 24
/** One request in so many meets a fault. */
const rare = 8
const seed = 20_261_126

describeWithMoto('[X3] [X7] [X9] the event-driven pattern on an AWS that has a bad day', (moto) => {
  const proxy = useFaultProxy(moto)

  it('loses nothing, ends each request once, and tells of it once', { timeout: 240_000 }, async () => {
    const faults = badDay(seed)
    const environment = readAwsEnvironment({ AWS_REGION: motoRegion, AWS_ENDPOINT_URL: moto.endpoint, PLINTH_AWS_CREATE: 'on' })
    const calls = new Map<string, number>()
    const models = scriptedModels(({ idempotencyKey }) => {
      calls.set(idempotencyKey ?? '', (calls.get(idempotencyKey ?? '') ?? 0) + 1)
      return 'Done.'
    })
    const platform = await awsPlatform({
      environment,
      models,
      clock: systemClock,
      outbound: new GuardedHttp({ clock: systemClock }),
      jobs: jobNames,
      clients: proxy.clients({ maxAttempts: 4 }),
    })
    const scope = await scopeOf(platform)
    proxy.inject(() => true, faults.fault, Number.POSITIVE_INFINITY)
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    const host = new WorkerHost({ platform, patterns, log: silentLog })

    const ids = Array.from({ length: requests }, (_, index) => `request-${index}`)
    await Promise.all(ids.map((id) => submit(scope, id)))
    await until('all to end', async () => (await closed(scope)).length >= requests, { within: 200_000, every: 500 })
    await host.drain()
    await relay.stop()

    expect(faults.met()).toBeGreaterThan(20)
    expect((await closed(scope)).toSorted()).toEqual(ids.toSorted())
    const events = await scope.state.events({ after: 0, limit: 1_000 })
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    for (const id of ids) {
      expect(events.filter(({ subject }) => subject === id).map(({ type }) => type)).toEqual([
        'genai.request.received',
        'genai.request.completed',
      ])
      expect(calls.get(`demo:${id}:1`)).toBeGreaterThanOrEqual(1)
    }
    await platform.close()
  })
})

/** Sends as a client does: what has no answer is sent again, under the same key. */
async function submit(scope: Scope, id: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await processGenaiRequest(scope, { prompt: `Prompt of ${id}`, request_id: id }, { idempotencyKey: id })
      return
    } catch (error) {
      if (attempt === 20) throw error
    }
  }
}

/** The requests that were told to have ended, each as often as it was. */
async function closed(scope: Scope): Promise<readonly string[]> {
  const events = await scope.state.events({ after: 0, limit: 1_000 }).catch(() => [])
  return events.filter(({ type }) => type !== 'genai.request.received').map(({ subject }) => subject)
}

async function scopeOf(platform: Awaited<ReturnType<typeof awsPlatform>>): Promise<Scope> {
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  await registry.ensure('demo', 'Demo')
  const issuer = await LocalIssuer.open(operator)
  const token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 3_600 })
  const caller = await new Authenticator({ registry, issuer, clock: systemClock }).authenticate(`Bearer ${token}`, 'test')
  return platform.scope(caller)
}

/**
 * Throttles, faults inside, connections that break before and after the effect, parts of batches that aren't taken, messages that
 * are delivered twice and the other way round; by a seed. DynamoDB is asked one request at a time, since moto can't isolate
 * transactions.
 */
function badDay(from: number): { readonly fault: Fault; met(): number } {
  let state = from
  let met = 0
  let last: Promise<unknown> = Promise.resolve()
  const chance = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const fault: Fault = async (asked, forward) => {
    const effect = (): Promise<ProxiedAnswer> => {
      if (!String(asked.headers['x-amz-target']).startsWith('DynamoDB')) return forward()
      const turn = last.then(forward)
      last = turn.catch(() => undefined)
      return turn
    }
    if (asked.operation === 'ReceiveMessage') return deliveredOddly(await effect(), chance)
    if (chance(rare) !== 0) return effect()
    met++
    switch (chance(5)) {
      case 0:
        return refusal(asked, 400, 'ThrottlingException', 'too fast')
      case 1:
        return refusal(asked, 500, 'InternalServerError', 'a fault inside')
      case 2:
        return 'reset'
      case 3:
        await effect()
        return 'reset'
      default:
        return asked.operation === 'PutEvents' ? withoutFirst(await effect()) : effect()
    }
  }
  return { fault, met: () => met }
}

function deliveredOddly(answer: ProxiedAnswer, chance: (below: number) => number): ProxiedAnswer {
  const body = JSON.parse(answer.body.toString()) as { Messages?: object[] }
  const { Messages = [] } = body
  if (Messages.length === 0) return answer
  const odd = chance(3) === 0 ? [...Messages, ...Messages] : Messages.toReversed()
  return { ...answer, body: Buffer.from(JSON.stringify({ ...body, Messages: odd })) }
}

/** EventBridge took all entries but the first, though it says so itself. */
function withoutFirst(answer: ProxiedAnswer): ProxiedAnswer {
  const { Entries = [] } = JSON.parse(answer.body.toString()) as { Entries?: object[] }
  const failed = Entries.map((entry, index) =>
    index === 0 ? { ErrorCode: 'InternalFailure', ErrorMessage: 'not this one' } : entry,
  )
  return { ...answer, body: Buffer.from(JSON.stringify({ FailedEntryCount: Math.min(1, Entries.length), Entries: failed })) }
}
