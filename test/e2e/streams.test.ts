import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call, listAll, type ShownEvent } from './support/api.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'
import { WebhookSink } from './support/webhook-sink.ts'

interface ShownWindow {
  readonly key: string
  readonly start: string
  readonly count: number
}

interface ShownAlert {
  readonly alert_id: string
  readonly alert_type: string
  readonly key: string
  readonly severity: string
}

interface ShownInsight {
  readonly insight_id: string
  readonly key: string
  readonly data_point: { readonly temperature: number }
}

const everything = { tenant: 'demo', user: 'sensors', permissions: ['*'], lifetime: 3_600 }
const keys = 8
const seconds = 2_400
const secondsAtATime = 40
const spikeKey = 'sensor-3'
const spikeAt = 1_800

/** A day's wave with noise that is the same each time; one sensor jumps once, for three seconds. */
function temperature(key: number, second: number): number {
  const noise = Math.sin(second * 12.9898 + key * 78.233) * 43758.5453
  const jump = `sensor-${key}` === spikeKey && second >= spikeAt && second < spikeAt + 3 ? 400 : 0
  return Number((20 + Math.sin(second / 300) * 3 + (noise - Math.floor(noise)) + jump).toFixed(3))
}

function recordsOf(begin: number, from: number): object[] {
  return Array.from({ length: secondsAtATime * keys }, (_, index) => {
    const second = from + Math.floor(index / keys)
    const key = index % keys
    return {
      key: `sensor-${key}`,
      timestamp: new Date(begin + second * 1_000).toISOString(),
      id: `${key}-${second}`,
      data: { temperature: temperature(key, second) },
    }
  })
}

describe('a stream on a server that is killed', () => {
  it('loses nothing, counts nothing twice, and tells each alert once [R72, R86, R88, X50, X54]', {
    timeout: 400_000,
  }, async () => {
    const folder = temporaryFolder()
    const sink = await WebhookSink.open()
    const variables = { PLINTH_SELF_METRICS: 'off', PLINTH_OUTBOUND_ALLOW: sink.host }
    let server = await startPlinth(folder, variables)
    const token = await mintToken(everything, { PLINTH_DATA_DIR: folder })
    const target = { type: 'webhook', url: sink.url('/alerts') }
    const pattern = { type: ['genai.alert.opened'] }
    expect((await call(server.url, '/api/subscribers', { token, body: { pattern, target } })).status).toBe(201)
    const begin = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 5 * 3_600_000
    const send = (records: readonly object[]) => call(server.url, '/api/streams/plant/records', { token, body: { records } })

    let restarted: Promise<RunningPlinth> | undefined
    for (let from = 0, batch = 0; from < seconds; from += secondsAtATime, batch++) {
      const records = recordsOf(begin, from)
      if (batch % 9 === 4) {
        // In the middle of whatever it does with this batch and those before.
        const cut = send(records).catch(() => undefined)
        restarted = new Promise((resolve) => setTimeout(resolve, batch * 4)).then(async () => {
          await server.process.kill()
          return startPlinth(folder, variables)
        })
        await cut
        server = await restarted
      }
      const answer = await send(records)
      expect([answer.status, answer.body]).toEqual([202, { accepted: records.length, rejected: [] }])
    }
    expect(restarted).toBeDefined()
    // What ends the last windows: each key's clock goes on.
    const later = new Date(begin + (seconds + 600) * 1_000).toISOString()
    await send(Array.from({ length: keys }, (_, key) => ({ key: `sensor-${key}`, timestamp: later, data: { temperature: 20 } })))

    const windows = (await until(
      'every window to close',
      async () => {
        const all = await listAll<ShownWindow>(server.url, '/api/streams/plant/windows', token)
        const whole = all.filter(({ start }) => Date.parse(start) < begin + seconds * 1_000)
        return whole.length >= (keys * seconds) / 60 && whole
      },
      { within: 60_000, every: 250 },
    )) as readonly ShownWindow[]
    expect(windows).toHaveLength((keys * seconds) / 60)
    expect(windows.every(({ count }) => count === 60)).toBe(true)
    expect(new Set(windows.map(({ key, start }) => `${key} ${start}`)).size).toBe(windows.length)

    const alerts = (await until('the alerts of the jump', async () => {
      const all = await listAll<ShownAlert>(server.url, '/api/alerts?stream=plant', token)
      return all.some(({ key }) => key === spikeKey) && all
    })) as readonly ShownAlert[]
    const ofSpike = alerts.filter(({ key }) => key === spikeKey)
    expect(new Set(ofSpike.map(({ alert_type }) => alert_type)).size).toBe(ofSpike.length)
    const insights = await listAll<ShownInsight>(server.url, '/api/streams/plant/insights', token)
    expect(insights.filter(({ key, data_point }) => key === spikeKey && data_point.temperature > 400).length).toBe(1)
    expect(new Set(insights.map(({ insight_id }) => insight_id)).size).toBe(insights.length)
    const events = await listAll<ShownEvent>(server.url, '/api/events?type=genai.alert.opened', token)
    const opened = events.map(({ subject }) => subject)
    expect(new Set(opened).size).toBe(opened.length)
    expect([...opened].sort()).toEqual(alerts.map(({ alert_id }) => alert_id).sort())
    // Whoever subscribed is told of each, at least once and under one id, and of nothing else.
    const told = () => new Set(sink.at('/alerts').map(({ event }) => event.id))
    await until('every alert to be told', () => told().size >= events.length, { within: 60_000, every: 100 })
    expect([...told()].sort()).toEqual(events.map(({ id }) => id).sort())
    expect((await server.process.stop()).code).toBe(0)
  })
})
