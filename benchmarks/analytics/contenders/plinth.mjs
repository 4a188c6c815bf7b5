/**
 * Ours with everything on, over the embedded platform: records are appended as HTTP's route does it, sealed and durable; windows, detector,
 * incidents, insights and alerts are made by the worker; incidents go to a model through the gateway.
 * @module
 */
import { analytics, appendRecords, patterns, Relay, StreamDeliveries, silentLog, WorkerHost } from '@plinth/core'
import { scriptedModels } from '@plinth/core/testing'
import { listInsights } from '../../../packages/core/dist/analytics/insights.js'
import { getStream } from '../../../packages/core/dist/analytics/set-up-stream.js'
import { readHeads } from '../../../packages/core/dist/analytics/shards/shard-head.js'
import { readTriageFigures } from '../../../packages/core/dist/analytics/stream-triage.js'
import { openScope } from '../../multi-agent/contenders/plinth-scope.mjs'
import { triageText } from '../load/analysis.mjs'

const stream = 'bench'
const look = 5
const busy = 50

export async function open({ directory, latency }) {
  const models = scriptedModels(async ({ prompt }) => {
    await pause(latency)
    return triageText(prompt)
  })
  const { platform, operator, scope } = await openScope({ directory, models })
  let tell = () => {}
  operator.bus.subscribe(({ type, detail }) => {
    if (type === 'genai.alert.opened') tell(detail.key)
  })
  const own = patterns.filter(({ name }) => name === analytics.name)
  const relay = new Relay({ operator, log: silentLog })
  const host = new WorkerHost({ platform, patterns: own, log: silentLog })
  const deliveries = new StreamDeliveries({ platform, patterns: own, log: silentLog })
  const fields = async () => (await getStream(scope, stream)).fields
  return {
    append: (records) => send(scope, records),
    settled: async (count) => {
      while (sum(await readHeads(scope, await fields()), 'records') < count) await pause(look)
    },
    onAlert: (listener) => {
      tell = listener
    },
    insights: async () => {
      const found = []
      let after
      do {
        const page = await listInsights(scope, { stream, limit: 1_000, after })
        for (const { key, evidence, processing_time } of page.items)
          found.push({ key, at: evidence.finding.accepted + processing_time * 1_000 })
        after = page.after
      } while (after !== undefined)
      return found
    },
    spent: async () => {
      const { model_calls, input_tokens, output_tokens } = await readTriageFigures(scope, stream)
      return { calls: model_calls, input: input_tokens, output: output_tokens }
    },
    counts: async () => {
      const heads = await readHeads(scope, await fields())
      return { late: sum(heads, 'late'), windows: sum(heads, 'windows'), anomalies: sum(heads, 'anomalies') }
    },
    close: async () => {
      await deliveries.drain()
      await host.drain()
      await relay.stop()
      await platform.close()
    },
  }
}

/** As a producer does it: what there is no room for now comes again, in its order. */
async function send(scope, records) {
  for (let left = records; left.length > 0; ) {
    const { rejected } = await appendRecords(scope, stream, left).catch((error) => {
      if (error.code !== 'stream_busy') throw error
      return { rejected: left.map((_, index) => ({ index, error })) }
    })
    const lasting = rejected.find(({ error }) => !error.retryable)
    if (lasting) throw new Error(`A record was rejected: ${JSON.stringify(lasting)}`)
    left = rejected.map(({ index }) => left[index])
    if (left.length > 0) await pause(busy)
  }
}

function sum(heads, field) {
  return heads.reduce((total, head) => total + head[field], 0)
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
