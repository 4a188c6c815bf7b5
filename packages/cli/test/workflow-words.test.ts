import { describe, expect, it } from 'vitest'
import type { ShownStep, ShownWorkflow } from '../src/workflows/answers.ts'
import { approvalCommands, stepLine } from '../src/workflows/workflow-words.ts'

const usage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 }
const shown = (more: Partial<ShownStep>): ShownStep => ({
  ...{ step_id: 'a', agent_type: 'research', status: 'pending', attempts: 1, started_at: null, ended_at: null, usage },
  ...more,
})

describe('a step that was started and is pending', () => {
  it('goes on when nothing failed, as after an approval', () => {
    expect(stepLine(shown({ attempts: 2 }))).toBe('  a: goes on')
  })

  it('comes again when it failed', () => {
    const error = { code: 'broken', message: 'It broke.' }
    expect(stepLine(shown({ attempts: 3, error }))).toBe('  a: failed at start 3, comes again: It broke.')
  })
})

describe('the commands for what waits', () => {
  const workflow: ShownWorkflow = {
    ...{
      workflow_id: 'w',
      status: 'awaiting_approval',
      created_at: '',
      usage,
      request: 'Report.',
      synthesis: null,
      result: null,
    },
    waits_for: 'steps',
    plan: { source: 'model', revision: 2, steps: [] },
    steps: {
      a: shown({
        status: 'awaiting_approval',
        pending_calls: [
          { call_id: 'c1', tool: 't.write', input: {} },
          { call_id: "it's; ls", tool: 't.write', input: {} },
        ],
      }),
      b: shown({ step_id: 'b', status: 'awaiting_approval' }),
    },
  }

  it('name the calls, quoted for a shell', () => {
    expect(approvalCommands(workflow)).toEqual([
      "  plinth workflows approve w --step a --call c1 --call 'it'\\''s; ls'",
      "  plinth workflows reject w --step a --call c1 --call 'it'\\''s; ls' --reason \"…\"",
      '  plinth workflows approve w --step b',
      '  plinth workflows reject w --step b --reason "…"',
    ])
  })

  it('name a plan that was made anew', () => {
    expect(approvalCommands({ ...workflow, waits_for: 'plan' })[0]).toBe('  plinth workflows approve w --revision 2')
    const first = { source: 'model', revision: 1, steps: [] }
    expect(approvalCommands({ ...workflow, waits_for: 'plan', plan: first })[0]).toBe('  plinth workflows approve w')
  })
})
