import { APICallError } from '@ai-sdk/provider'
import { metrics } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { classifyFailure, recordAlertsOpened, recordModelCall, recordStreamBatch } from '@plinth/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { FunctionMetrics } from '../src/handlers/function-metrics.ts'

const at = 1_700_000_000_000
const lines: string[] = []
const reader = new FunctionMetrics({ pattern: 'rag', write: (line) => lines.push(line), now: () => at })
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

beforeEach(async () => {
  await reader.forceFlush()
  lines.length = 0
})

/** What a flush writes, as CloudWatch reads it. */
async function written(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  await reader.forceFlush()
  return lines.map((line) => JSON.parse(line))
}

function answered(latency: number, parts: { readonly model?: string; readonly usd?: number } = {}): void {
  const usage = { input_tokens: 11, output_tokens: 7, usd: parts.usd ?? 0.25, latency_ms: latency }
  recordModelCall({ tenant: 'demo' }, parts.model ?? 'bedrock/nova', usage)
}

const failed = (status: number): void => {
  const error = new APICallError({ message: 'CANARY', url: 'http://models', requestBodyValues: {}, statusCode: status })
  recordModelCall({ tenant: 'demo' }, 'bedrock/nova', { errorCode: classifyFailure(error).code, milliseconds: 20 })
}

const batch = { records: 40, bytes: 9_000, anomalies: 3, findings: 2, lag: 1_500 }

describe('[R123] [R126] metrics of functions', () => {
  it('are lines in the embedded metric format, with the pattern as their one dimension', async () => {
    answered(1_234)
    const [line] = await written()
    expect(line).toEqual({
      _aws: {
        Timestamp: at,
        CloudWatchMetrics: [
          {
            Namespace: 'Plinth',
            Dimensions: [['Pattern']],
            Metrics: [
              { Name: 'InputTokens', Unit: 'Count' },
              { Name: 'OutputTokens', Unit: 'Count' },
              { Name: 'ModelCost', Unit: 'None' },
              { Name: 'ModelDuration', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Pattern: 'rag',
      InputTokens: [11],
      OutputTokens: [7],
      ModelCost: [0.25],
      ModelDuration: [1_234],
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.endsWith('}\n')).toBe(true)
  })

  it('are written once, and not at all where nothing happened', async () => {
    expect(await written()).toEqual([])
    answered(10)
    await written()
    expect(await written()).toHaveLength(1)
  })

  it('add up over models, whose names they do not tell', async () => {
    answered(100, { model: 'tenant-beta/own-model', usd: 0.5 })
    answered(400, { usd: 0.25 })
    const [line] = await written()
    expect(line).toMatchObject({ InputTokens: [22], OutputTokens: [14], ModelCost: [0.75], ModelDuration: [100, 400] })
    expect(lines.join()).not.toMatch(/beta|nova/)
  })

  it('tell throttles, as a provider of models says them, from other failures, and how long neither took', async () => {
    for (const status of [429, 529, 429, 500, 400]) failed(status)
    const [line] = await written()
    expect(line).toMatchObject({ ModelThrottles: [3], ModelFailures: [2] })
    expect(Object.keys(line ?? {})).toEqual(['_aws', 'Pattern', 'ModelThrottles', 'ModelFailures'])
  })

  it('count vectors as calls without tokens that went out', async () => {
    recordModelCall(
      { tenant: 'demo' },
      'bedrock/titan',
      { input_tokens: 900, output_tokens: 0, usd: 0.001, latency_ms: 50 },
      'embeddings',
    )
    const [line] = await written()
    expect(line).toMatchObject({ InputTokens: [900], ModelCost: [0.001], ModelDuration: [50] })
    expect(line).not.toHaveProperty('OutputTokens')
  })

  it('tell of streams and alerts by the same names as ever', async () => {
    recordStreamBatch(batch, 320)
    recordStreamBatch({ ...batch, lag: 4_500 }, 80)
    recordAlertsOpened(0)
    recordAlertsOpened(2)
    const [line] = await written()
    expect(line).toMatchObject({
      AlertsOpened: [2],
      StreamRecords: [80],
      StreamBytes: [18_000],
      StreamAnomalies: [6],
      StreamFindings: [4],
      StreamLag: [1_500, 4_500],
      StreamBatchDuration: [80, 320],
    })
    expect(lines[0]).toContain('{"Name":"StreamBytes","Unit":"Bytes"}')
  })

  it('are at most 100 values of one in a line; all of them, and close enough for percentiles', async () => {
    // From 5 ms to some five minutes.
    const given = Array.from({ length: 250 }, (_, index) => 5 * 1.045 ** index)
    for (const latency of given.toReversed()) answered(latency)
    const told = (await written()).map(({ ModelDuration }) => ModelDuration as number[])
    expect(told.map(({ length }) => length)).toEqual([100, 100, 50])
    const values = told.flat()
    for (const [index, value] of given.entries())
      expect(Math.abs((values[index] ?? 0) / value - 1), `${value}`).toBeLessThan(0.05)
    expect(values[0]).toBeCloseTo(given[0] ?? 0, 2)
    expect(values.at(-1)).toBeCloseTo(given.at(-1) ?? 0, 2)
    // What there is one of stands in the first line alone.
    expect(lines.map((line) => 'InputTokens' in JSON.parse(line))).toEqual([true, false, false])
  })
})
