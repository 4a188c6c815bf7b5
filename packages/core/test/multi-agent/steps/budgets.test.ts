import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { RunBudget } from '../../../src/multi-agent/run/run-budget.ts'
import type { Script } from '../../../src/testing/index.ts'
import { MortalProcess } from '../../support/mortal-process.ts'
import { step } from '../support.ts'
import { AgentBench, calling, MemoryTools, toldBy } from './agent-bench.ts'

let bench: AgentBench | undefined
afterEach(async () => {
  await bench?.plinth.stop()
  bench = undefined
})

/** An answer that used so many tokens. */
function using(input: number, output: number): ReturnType<Script> {
  return {
    content: [{ type: 'text', text: 'Found.' }],
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: output, text: output, reasoning: 0 },
    },
  }
}

function slowly(answer: ReturnType<Script>): Script {
  return async () => {
    await new Promise<void>((resolve) => bench?.plinth.memory.clock.setTimer(500, resolve))
    return answer
  }
}

const side = (count: number): readonly ReturnType<typeof step>[] =>
  Array.from({ length: count }, (_, index) => step(`s${index}`, [], { on_failure: 'skip' }))

describe('the budget of a run [X43]', () => {
  it('is not passed by steps side by side, each of which would fit', async () => {
    bench = await AgentBench.open(slowly(using(500, 500)))
    const ended = await bench.run({ request: 'All at once.', plan: { steps: side(10) }, budget: { tokens: 5_000 } }, 60_000)
    const { input_tokens: input, output_tokens: output } = ended.usage
    expect(input + output).toBeLessThanOrEqual(5_000)
    const statuses = Object.values(ended.steps).map(({ status, error }) => error?.code ?? status)
    // What one doesn't use is there for the next: four calls of 1,000, then what is left is too little.
    expect(statuses.filter((status) => status === 'completed').length).toBeGreaterThanOrEqual(3)
    expect(statuses.filter((status) => status === 'workflow_budget_exhausted').length).toBeGreaterThanOrEqual(5)
    expect(bench.plinth.models.calls.length).toBeLessThanOrEqual(5)
  })

  it('lets all steps run that fit one after the other, though not all at once', async () => {
    bench = await AgentBench.open(slowly(using(20, 20)))
    const ended = await bench.run({ request: 'All at once.', plan: { steps: side(6) }, budget: { tokens: 5_000 } }, 60_000)
    expect(Object.values(ended.steps).map(({ status }) => status)).toEqual(new Array(6).fill('completed'))
    expect(ended.status).toBe('completed')
  })

  it('in USD asks for shorter answers when it comes to its end', async () => {
    bench = await AgentBench.open(() => using(10, 10))
    // At 1 and 2 USD per million tokens: 600 tokens of answer, and a prompt.
    await bench.run({ request: 'One.', plan: { steps: side(1) }, budget: { usd: 0.0012 } })
    const [call] = bench.plinth.models.calls
    expect(call?.options.maxOutputTokens).toBeGreaterThan(256)
    expect(call?.options.maxOutputTokens).toBeLessThan(600)
  })

  it('in USD is used up by what calls cost', async () => {
    bench = await AgentBench.open(() => using(500, 500))
    const steps = ['a', 'b', 'c'].map((id, index, all) => step(id, index === 0 ? [] : [all[index - 1] ?? '']))
    const ended = await bench.run({ request: 'In a row.', plan: { steps }, budget: { usd: 0.0034 } })
    // 0.0015 USD each.
    expect(Object.values(ended.steps).map(({ status }) => status)).toEqual(['completed', 'completed', 'failed'])
    expect(bench.plinth.models.calls).toHaveLength(2)
  })

  it.each([{ tokens: 100 }, { usd: 0.0001 }])('that is too small for a call refuses it before it is made: %j', async (budget) => {
    bench = await AgentBench.open(() => 'x')
    const ended = await bench.run({ request: 'One.', plan: { steps: [step('s')] }, budget })
    expect(ended).toMatchObject({ status: 'failed', steps: { s: { attempts: 1, error: { code: 'workflow_budget_exhausted' } } } })
    expect(bench.plinth.models.calls).toHaveLength(0)
  })

  it('holds over the death of the process, whenever it comes: what was used before counts', async () => {
    const finished = new Set<number>()
    for (let at = 4; at <= 24; at += 2) {
      const mortal = await AgentBench.open(slowly(using(900, 600)), { worker: false })
      bench = mortal
      const steps = Array.from({ length: 4 }, (_, index) => step(`s${index}`, index === 0 ? [] : [`s${index - 1}`]))
      const id = await mortal.ask({ request: 'In a row.', plan: { steps }, budget: { tokens: 3_200 } })
      const first = new MortalProcess(mortal.plinth, { worker: true, death: { at, when: 'after' } })
      for (let turn = 0; turn < 100 && !first.isDead; turn++) await mortal.plinth.pass(250, 250)
      await first.stop()
      const before = await mortal.shown(id)
      finished.add(Object.values(before.steps).filter(({ status }) => status === 'completed').length)
      const next = new MortalProcess(mortal.plinth, { worker: true })
      await mortal.plinth.pass(120_000, 1_000)
      await next.stop()
      const ended = await mortal.shown(id)
      expect(ended, `write ${at}`).toMatchObject({ status: 'failed', error: { code: 'step_failed' } })
      expect(ended.usage.input_tokens + ended.usage.output_tokens, `write ${at}`).toBe(3_000)
      const statuses = Object.values(ended.steps).map(({ status }) => status)
      expect(statuses, `write ${at}`).toEqual(['completed', 'completed', 'failed', 'skipped'])
    }
    expect([...finished].sort()).toEqual(expect.arrayContaining([1, 2]))
  })

  it('counts the planner, too', async () => {
    bench = await AgentBench.open(() => 'No plan.')
    const ended = await bench.run({ request: 'Research the numbers and write a report.', budget: { tokens: 500 } })
    expect(ended).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('budget') } })
    expect(bench.plinth.models.calls).toHaveLength(0)
  })

  it('of tool calls is shared by steps side by side', async () => {
    const tools = new MemoryTools({ 'files.read': { changes: false } })
    bench = await AgentBench.open(
      (call) =>
        toldBy(call).length > 0 || !call.options.tools?.length
          ? toldBy(call).join(', ') || 'Done.'
          : calling(['files__read', { what: 'a' }]),
      { tools, agent: { tools: ['files.read'] } },
    )
    const steps = ['a', 'b', 'c'].map((id) => step(id, [], { agent_type: 'worker' }))
    const ended = await bench.run({ request: 'Read.', plan: { steps }, budget: { tool_calls: 2 } })
    expect(tools.calls).toHaveLength(2)
    const results = Object.values(ended.steps).map(({ result }) => result)
    expect(results.filter((result) => result === 'done')).toHaveLength(2)
    expect(results.filter((result) => result?.startsWith('No more tools'))).toHaveLength(1)
  })
})

describe('the budget of a step', () => {
  it('counts all its tries', async () => {
    bench = await AgentBench.open(() => ({ ...(using(400, 400) as object), content: [{ type: 'text', text: ' ' }] }))
    const steps = [step('s', [], { budget: { tokens: 3_200 }, retry: { attempts: 9, wait_seconds: 0 } })]
    const ended = await bench.run({ request: 'Try.', plan: { steps } }, 60_000)
    expect(ended.steps.s).toMatchObject({ status: 'failed', error: { code: 'workflow_budget_exhausted' } })
    expect(bench.plinth.models.calls).toHaveLength(4)
  })

  it('of time counts all its tries, and no wait between them', async () => {
    bench = await AgentBench.open(async () => {
      await new Promise<void>((resolve) => bench?.plinth.memory.clock.setTimer(4_000, resolve))
      return ' '
    })
    const steps = [step('s', [], { budget: { seconds: 10 }, retry: { attempts: 9, wait_seconds: 60 } })]
    const ended = await bench.run({ request: 'Try.', plan: { steps } }, 600_000)
    expect(ended.steps.s).toMatchObject({
      status: 'failed',
      attempts: 3,
      error: { code: 'workflow_budget_exhausted', message: expect.stringContaining('budget') },
    })
  })

  it('of no tool calls lets none be made', async () => {
    const tools = new MemoryTools({ 'files.read': { changes: false } })
    bench = await AgentBench.open(
      (call) => toldBy(call)[0] ?? (call.options.tools?.length ? calling(['files__read', { what: 'a' }]) : 'Done.'),
      {
        tools,
        agent: { tools: ['files.read'] },
      },
    )
    const ended = await bench.run({
      request: 'Read.',
      plan: { steps: [step('s', [], { agent_type: 'worker', budget: { tool_calls: 0 } })] },
    })
    expect([tools.calls.length, ended.steps.s?.result]).toEqual([0, expect.stringContaining('No more tools')])
  })
})

describe('taking from a budget', () => {
  it('never passes it, and waits only as long as something may come back', async () => {
    const calls = fc.array(fc.record({ most: fc.integer({ min: 1, max: 60 }), used: fc.nat(60) }), {
      minLength: 1,
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(calls, async (drawn) => {
        const budget = new RunBudget({ limits: { tokens: 100 }, what: 'budget' })
        let [used, held, done] = [0, 0, 0]
        const open: (() => void)[] = []
        const signal = new AbortController().signal
        const taking = drawn.map(async ({ most, used: spent }) => {
          try {
            const settle = await budget.take({ tokens: most }, signal)
            held += most
            expect(used + held).toBeLessThanOrEqual(100)
            await new Promise<void>((resolve) => open.push(resolve))
            held -= most
            used += Math.min(spent, most)
            settle({ tokens: Math.min(spent, most) })
          } catch (error) {
            expect(error).toMatchObject({ code: 'workflow_budget_exhausted' })
            // Nobody is refused while something may still come back.
            expect(used + most).toBeGreaterThan(100)
          }
          done++
        })
        for (let turn = 0; turn < 500 && done < drawn.length; turn++) {
          await Promise.resolve()
          if (turn % 8 === 7) open.shift()?.()
        }
        await Promise.all(taking)
        expect(budget.left('tokens')).toBe(100 - used)
      }),
      { numRuns: 50 },
    )
  })

  it('ends with the signal', async () => {
    const budget = new RunBudget({ limits: { tokens: 10 }, what: 'budget' })
    budget.reserve({ tokens: 10 })
    const leaving = new AbortController()
    const waiting = budget.take({ tokens: 1 }, leaving.signal)
    leaving.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
  })
})
