import assert from 'node:assert'
import { processStreamingData } from '@plinth/core'
import { openDemo } from '../open-demo.ts'

const { scope, close } = await openDemo()
const begin = Date.now() - 3_600_000
const records = Array.from({ length: 300 }, (_, second) => ({
  key: 'boiler-1',
  timestamp: begin + second * 1_000,
  data: { temperature: second === 250 ? 180 : 60 + Math.sin(second / 10) },
}))
const { accepted, insights } = await processStreamingData(scope, records, { stream: 'boilers' })
assert.equal(accepted, 300)
const [insight] = insights
assert.equal(insight?.data_point.temperature, 180)
console.log(insight?.analysis, insight?.evidence.finding.reason)

await close()
