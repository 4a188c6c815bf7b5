import { afterEach, describe, expect, it } from 'vitest'
import { setUpStream } from '../../../src/analytics/set-up-stream.ts'
import { createWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import { step } from '../support.ts'
import { AgentBench, calling, toldBy } from './agent-bench.ts'

let bench: AgentBench
afterEach(() => bench.plinth.stop())

/** What a run's agent is told of the tenant's streams, when somebody with these permissions asked for it. */
async function toldTo(permissions: readonly string[]): Promise<readonly string[]> {
  bench = await AgentBench.open((call) => (toldBy(call).length === 0 ? calling(['query_streams', {}]) : 'Done.'), {
    agent: { tools: ['query_streams'] },
  })
  const scope = await bench.plinth.scope()
  await setUpStream(scope, 'boilers', {})
  const asker: Scope = { ...scope, caller: { ...scope.caller, permissions: new Set(permissions) } }
  await createWorkflow(asker, { request: 'Look.', plan: { steps: [step('look', [], { agent_type: 'worker' })] } })
  await bench.plinth.pass(20_000, 250)
  return bench.plinth.models.calls.flatMap(toldBy)
}

describe('an agent whose tools read streams', () => {
  it('reads no more than whoever asked for the run may [R96]', async () => {
    const told = await toldTo(['workflows:write', 'alerts:read'])
    expect(told).toContain('Who asked for this may not use it: it takes the permission streams:read.')
    expect(told.join()).not.toContain('boilers')
  })

  it.each([[['streams:read']], [['*']]])('reads them for who holds %j', async (permissions) => {
    expect((await toldTo(permissions)).join()).toContain('boilers')
  })
})
