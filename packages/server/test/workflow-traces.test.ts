import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { correlationAttribute, sampleSpans, tenantAttribute } from '@plinth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { putAgent } from '../../core/src/multi-agent/agents/registry.ts'
import { createWorkflow, type NewWorkflow } from '../../core/src/multi-agent/create-workflow.ts'
import { approveWorkflow } from '../../core/src/multi-agent/manage-workflow.ts'
import type { Script } from '../../core/src/testing/index.ts'
import { EventBench } from '../../core/test/event-driven/bench.ts'
import { type ShownSpan, SpanStore } from '../src/telemetry/span-store.ts'
import { startTelemetry } from '../src/telemetry/telemetry.ts'
import { startTestServer } from './support/test-server.ts'

const telemetry = startTelemetry()
let bench: EventBench | undefined
let user = 0

afterEach(async () => {
  await bench?.stop()
  bench = undefined
  sampleSpans(() => true)
})

/** Runs a workflow of a user of its own, so that its trace is its own. @returns its spans, and who asked for it. */
async function run(script: Script, workflow: NewWorkflow): Promise<{ id: string; spans: ShownSpan[]; correlation: string }> {
  bench = await EventBench.open(script)
  const name = `user${++user}`
  const scope = await bench.scope('alpha', name)
  await putAgent(scope, { type: 'scout', model_id: 'test/tools', tools: ['calculate'] })
  const { workflow_id: id } = await createWorkflow(scope, workflow)
  await bench.pass(30_000, 250)
  return { id, spans: spansOf(name), correlation: `correlation-of-${name}` }
}

function spansOf(name: string): ShownSpan[] {
  return telemetry.spans.find('alpha', `correlation-of-${name}`)
}

/** The tree of their names, each line indented below what it lies in. */
function tree(spans: readonly ShownSpan[], within: string | null = null, depth = 0): string[] {
  return spans
    .filter(({ parent_span_id: parent }) => parent === within)
    .flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...tree(spans, span.span_id, depth + 1)])
}

const plan = {
  steps: [
    { id: 'add', agent_type: 'scout', prompt: 'CANARY: add.' },
    { id: 'write', agent_type: 'report', prompt: 'CANARY: write.', dependencies: ['add'] },
  ],
}
/** Adds by its tool, then says so. */
const adding: Script = ({ options, prompt }) => {
  const asked = options.prompt.some(({ role }) => role === 'tool')
  if (!options.tools?.length || asked) return 'CANARY of the answer'
  const input = JSON.stringify({ expression: prompt.includes('badly') ? '1 +' : '40 + 2' })
  const toolName = options.tools[0]?.name ?? ''
  return {
    content: [{ type: 'tool-call', toolCallId: 'call-1', toolName, input }],
    finishReason: { unified: 'tool-calls', raw: undefined },
  }
}

describe('the spans of a workflow', () => {
  it('lie in each other: workflow, agent, chat and tool, in the words of the GenAI conventions [X75]', async () => {
    const { id, spans } = await run(adding, { request: 'CANARY of the request', plan })
    expect(tree(spans)).toEqual([
      'process multi-agent.advance',
      '  invoke_workflow',
      '    invoke_agent scout',
      '      chat test/tools',
      '      execute_tool calculate',
      '      chat test/tools',
      '    invoke_agent report',
      '      chat test/model',
    ])
    expect(new Set(spans.map((span) => span.trace_id)).size).toBe(1)
    const [, workflow, scout, chat, tool, , report] = spans
    expect(workflow?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_workflow',
      'plinth.workflow.id': id,
      'plinth.workflow.status': 'completed',
    })
    expect(scout?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'scout',
      'gen_ai.request.model': 'test/tools',
      'plinth.workflow.id': id,
      'plinth.step.id': 'add',
      'plinth.step.attempt': 1,
      'plinth.step.tool_calls': 1,
    })
    expect(chat?.attributes).toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'test/tools' })
    expect(tool?.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'calculate',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'call-1',
    })
    for (const kind of ['input_tokens', 'output_tokens']) {
      const tokens = (span: ShownSpan | undefined): number => Number(span?.attributes[`gen_ai.usage.${kind}`])
      expect(tokens(scout)).toBe(tokens(spans[3]) + tokens(spans[5]))
      expect(tokens(workflow)).toBe(tokens(scout) + tokens(report))
      expect(tokens(report)).toBeGreaterThan(0)
    }
    expect(JSON.stringify(spans)).not.toContain('CANARY')
  })

  it('tell of each try, what it failed for, and of a tool that failed', async () => {
    const steps = [{ id: 'add', agent_type: 'scout', prompt: 'Add badly.', expected_output: { type: 'object' } }]
    const { spans } = await run(adding, { request: 'x', plan: { steps } })
    const tries = spans.filter(({ name }) => name === 'invoke_agent scout')
    expect(tries.map(({ attributes, status }) => [attributes['plinth.step.attempt'], attributes['error.type'], status])).toEqual(
      [1, 2, 3].map((attempt) => [attempt, 'output_check_failed', 'error']),
    )
    expect(spans.find(({ name }) => name === 'invoke_workflow')).toMatchObject({
      status: 'error',
      attributes: { 'plinth.workflow.status': 'failed', 'error.type': 'step_failed' },
    })
    expect(spans.find(({ name }) => name === 'execute_tool calculate')?.attributes['error.type']).toBe('tool_failed')
  })

  it('tell of planning as of work of the orchestrator', async () => {
    const { spans } = await run(() => 'no plan', { request: 'Research this and report on it.' })
    const planning = spans.find(({ name }) => name === 'invoke_agent orchestrator')
    expect(planning?.attributes).toMatchObject({ 'plinth.plan.source': 'fallback', 'plinth.plan.steps': 1 })
    expect(spans.filter(({ parent_span_id: parent }) => parent === planning?.span_id).map(({ name }) => name)).toEqual(
      Array.from({ length: 3 }, () => 'chat test/model'),
    )
  })

  it('of a run that goes on later are linked to its first, under the correlation id of whoever asked for it [X75]', async () => {
    const first = await run(adding, { request: 'x', plan, approval: 'plan' })
    expect(tree(first.spans)).toEqual(['process multi-agent.advance', '  invoke_workflow'])
    expect(first.spans[1]?.attributes['plinth.workflow.status']).toBe('awaiting_approval')
    await approveWorkflow((await bench?.scope('alpha', 'approver')) as never, first.id, {})
    await bench?.pass(30_000, 250)
    const [, before, after, ...rest] = telemetry.spans.find('alpha', first.correlation)
    expect([after?.name, after?.attributes['plinth.workflow.status']]).toEqual(['invoke_workflow', 'completed'])
    expect(after?.trace_id).not.toBe(before?.trace_id)
    expect(after?.links).toEqual([{ trace_id: before?.trace_id, span_id: before?.span_id }])
    expect(rest.map(({ name }) => name)).toContain('invoke_agent report')
    expect(before?.links).toEqual([])
  })

  it('are left out with all that lies below, where one is passed over in a flood', async () => {
    let asked = 0
    bench = await EventBench.open(adding)
    sampleSpans(() => ++asked !== 2)
    const steps = [{ id: 'write', agent_type: 'report', prompt: 'Write.' }]
    await createWorkflow(await bench.scope('alpha', 'flood'), { request: 'x', plan: { steps } })
    await bench.pass(30_000, 250)
    expect(spansOf('flood').map(({ name }) => name)).toEqual(['process multi-agent.advance'])
    expect(asked).toBe(2)
  })
})

describe('the figures of workflows [X75]', () => {
  it('count by status, agent, tool and outcome, and have no word of a tenant', async () => {
    await run(adding, { request: 'x', plan })
    await run(() => '', { request: 'x', plan: { steps: [{ id: 'add', agent_type: 'report', prompt: 'x' }] } })
    const text = await telemetry.metricsText()
    const labels = (name: string): string[] =>
      [...text.matchAll(new RegExp(`^${name}(?:_seconds)?_count\\{(.*)\\}`, 'gm'))].map(([, found = '']) => found)
    expect(labels('plinth_workflow_duration')).toEqual(
      expect.arrayContaining([expect.stringContaining('status="completed"'), expect.stringContaining('status="failed"')]),
    )
    const steps = labels('plinth_workflow_step_duration')
    expect(steps.some((each) => each.includes('gen_ai_agent_name="custom"') && each.includes('outcome="completed"'))).toBe(true)
    expect(
      steps.some((each) => each.includes('gen_ai_agent_name="report"') && each.includes('outcome="output_check_failed"')),
    ).toBe(true)
    expect(labels('plinth_workflow_tool_duration').some((each) => each.includes('calculate') && each.includes('done'))).toBe(true)
    for (const word of ['scout', 'alpha', 'user1']) expect(text).not.toContain(word)
  })
})

describe('what is kept of a trace', () => {
  it('is its first 200 spans, and those that they lie in, which end last', () => {
    const store = new SpanStore()
    const tracer = new TracerProvider({ spanProcessors: [store] }).getTracer('test')
    const attributes = { [tenantAttribute]: 'alpha', [correlationAttribute]: 'c' }
    const root = tracer.startSpan('root', { attributes })
    const within = trace.setSpan(ROOT_CONTEXT, root)
    for (let number = 0; number < 300; number++) tracer.startSpan(`child ${number}`, { attributes }, within).end()
    root.end()
    tracer.startSpan('after', { attributes }).end()
    const names = store.find('alpha', 'c').map(({ name }) => name)
    expect(names).toHaveLength(201)
    expect(names[0]).toBe('root')
    expect(names).not.toContain('after')
  })
})

describe('GET /api/traces', () => {
  it('shows what each span of a workflow lies in, and searches by rule as calls of their tool', async () => {
    const server = await startTestServer({ PLINTH_MODEL: 'local/extractive' })
    const token = await server.token()
    const headers = { 'x-correlation-id': 'workflow-trace' }
    const steps = [
      { id: 'find', agent_type: 'research', prompt: 'How high is the tower?' },
      { id: 'write', agent_type: 'report', prompt: 'Write.', dependencies: ['find'] },
    ]
    const body = { request: 'Report.', plan: { steps } }
    const { body: made } = await call<{ workflow_id: string }>(server.url, '/api/workflows', { token, headers, body })
    const spans = await until('its end', async () => {
      const shown = await call<{ spans: ShownSpan[] }>(server.url, '/api/traces/workflow-trace', { token })
      return shown.body.spans?.some(({ name }) => name === 'process multi-agent.advance') && shown.body.spans
    })
    const names = tree(spans)
    expect(names.slice(0, 5)).toEqual([
      'POST /api/workflows',
      'process multi-agent.advance',
      '  invoke_workflow',
      '    invoke_agent research',
      '      execute_tool search_knowledge',
    ])
    expect(names.at(-1)).toBe('    invoke_agent report')
    expect(spans[2]?.attributes['plinth.workflow.id']).toBe(made.workflow_id)
    expect(spans.every(({ links }) => links.length === 0)).toBe(true)
  })
})
