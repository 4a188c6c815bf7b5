/** As the seed does it: each record is a call of a model, one after the other within a shard. Nothing is kept. @module */
import { countTokens } from '@plinth/models'
import { analysisText } from '../load/analysis.mjs'

const shards = 4

export function open({ latency }) {
  const lanes = Array.from({ length: shards }, () => Promise.resolve())
  const found = []
  const spent = { calls: 0, input: 0, output: 0 }
  let tell = () => {}
  let done = 0
  let isClosed = false
  const judge = async (record) => {
    if (isClosed) return
    const prompt = promptOf(record)
    await new Promise((resolve) => setTimeout(resolve, latency))
    const answer = analysisText(record.data.value > 500)
    spent.calls++
    spent.input += countTokens(prompt)
    spent.output += countTokens(answer)
    done++
    found.push({ key: record.key, at: Date.now() })
    if (JSON.parse(answer).alert_priority >= 4) tell(record.key)
  }
  return {
    append: async (records) => {
      for (const record of records) {
        const lane = Number(record.key.slice(1)) % shards
        lanes[lane] = lanes[lane].then(() => judge(record))
      }
    },
    settled: async () => {
      await Promise.all(lanes)
    },
    onAlert: (listener) => {
      tell = listener
    },
    insights: async () => found,
    spent: async () => spent,
    /** Records that were judged so far. */
    done: () => done,
    close: async () => {
      isClosed = true
      await Promise.all(lanes)
    },
  }
}

/** The seed's own prompt, R75. */
function promptOf({ data, timestamp }) {
  return `Analyze this real-time data point and provide insights:

Data: ${JSON.stringify({ ...data, timestamp })}

Provide analysis in JSON format with:
- patterns: Detected patterns or anomalies
- risk_level: low/medium/high
- recommended_actions: List of suggested actions
- confidence: 0-1 confidence score
- alert_priority: 1-5 (5 being highest)`
}
