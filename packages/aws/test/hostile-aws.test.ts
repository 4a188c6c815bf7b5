import { jobNames, patterns, processGenaiRequest, Relay, type Scope, silentLog, WorkerHost } from '@plinth/core'
import { scriptedModels } from '@plinth/core/testing'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { awsPlatform, readAwsEnvironment } from '../src/index.ts'
import { badDay } from './support/bad-day.ts'
import { useFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, motoRegion } from './support/moto.ts'
import { scopeOf } from './support/scope-of.ts'

const requests = 24
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
