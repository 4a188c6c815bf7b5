import { beforeEach, expect, it } from 'vitest'
import { TelemetryBench } from '../../telemetry-bench.ts'
import { finding, minute, noon } from '../support-findings.ts'
import { TriageBench } from '../tick/triage-bench.ts'

const telemetry = new TelemetryBench().register()
const grave = {
  patterns: ['bearing worn'],
  risk_level: 'high',
  recommended_actions: [],
  confidence: 1,
  alert_priority: 5,
}

beforeEach(() => telemetry.clear())

/** What was counted, and that it was by nothing. */
function counted(): number {
  const found = telemetry.measurements.filter(({ instrument }) => instrument === 'plinth.alerts.opened')
  for (const { attributes } of found) expect(attributes).toEqual({})
  return found.reduce((sum, { value }) => sum + value, 0)
}

const opened = async (bench: TriageBench): Promise<number> => (await bench.events('genai.alert.opened')).length

it('alerts are counted as they are opened, once, and by nothing that a tenant has named', async () => {
  const bench = await TriageBench.open()
  bench.memory.clock.jump(noon)
  bench.tell([finding()])
  await bench.tick()
  expect([counted(), await opened(bench)]).toEqual([3, 3])
  // The same incident goes on, and ends.
  bench.tell([finding({ timestamp: noon + 10_000, value: 94 })])
  await bench.tick()
  await bench.pass(11 * minute)
  expect(await bench.events('genai.alert.recovered')).toHaveLength(3)
  expect([counted(), await opened(bench)]).toEqual([3, 3])
})

it('so are those that a model calls for, beside those of the statistics', async () => {
  const bench = await TriageBench.open(() => JSON.stringify({ incidents: [{ incident: 1, ...grave }] }))
  bench.memory.clock.jump(noon)
  bench.tell([finding({ score: 0.1334, value: 29, data_point: { temperature: 29 } })])
  await bench.tick()
  const before = counted()
  await bench.pass(4_000)
  expect((await bench.insights())[0]?.evidence.by).toBe('model')
  expect([counted() > before, counted()]).toEqual([true, await opened(bench)])
})

it('and one that could not be committed is none', async () => {
  const bench = await TriageBench.open()
  bench.memory.clock.jump(noon)
  bench.tell([finding()])
  const { state } = bench.memory.inner
  const commit = state.commit.bind(state)
  state.commit = () => Promise.reject(new Error('Away.'))
  await bench.tick().catch(() => {})
  expect(counted()).toBe(0)
  state.commit = commit
  await bench.tick()
  expect([counted(), await opened(bench)]).toEqual([3, 3])
})
