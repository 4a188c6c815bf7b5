import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentDefinition } from '../../../src/multi-agent/agents/agent.ts'
import { builtInAgents } from '../../../src/multi-agent/agents/built-in.ts'
import { circleIn, orderOf, remainingPaths, sinksOf } from '../../../src/multi-agent/plan/graph.ts'
import { planLimits } from '../../../src/multi-agent/plan/plan.ts'
import { rulePlan, singleStepPlan } from '../../../src/multi-agent/plan/rule-plan.ts'
import { readPlan, requirePlan } from '../../../src/multi-agent/plan/validate-plan.ts'
import { graphs, step } from '../support.ts'

const rules = { agents: new Map(builtInAgents.map((agent) => [agent.type, agent])) }
type Drawn = { readonly id: string; readonly dependencies: readonly string[] }

/** Any links between a few steps, sound or not. */
const links: fc.Arbitrary<readonly Drawn[]> = fc
  .array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 3 }), { minLength: 1, maxLength: 7 })
  .map((all) => all.map((dependencies, index) => ({ id: 'abcdefg'.charAt(index), dependencies })))

/** By trying: whether a step can be reached from itself, over as many steps as one likes. */
function naive(steps: readonly Drawn[]): { readonly dangling: boolean; readonly circular: boolean; readonly longest: number } {
  const needs = new Map(steps.map(({ id, dependencies }) => [id, dependencies]))
  const dangling = steps.some(({ dependencies }) => dependencies.some((needed) => !needs.has(needed)))
  const reach = (id: string, depth: number): number =>
    depth > steps.length
      ? Number.POSITIVE_INFINITY
      : 1 + Math.max(0, ...(needs.get(id) ?? []).map((needed) => (needs.has(needed) ? reach(needed, depth + 1) : 0)))
  const longest = Math.max(...steps.map(({ id }) => reach(id, 0)))
  return { dangling, circular: !Number.isFinite(longest), longest }
}

describe('the graph of a plan', () => {
  it('is judged as trying every way judges it [X40]', () => {
    fc.assert(
      fc.property(links, (steps) => {
        const { dangling, circular, longest } = naive(steps)
        const read = readPlan({ steps: steps.map(({ id, dependencies }) => step(id, dependencies)) }, rules)
        expect('plan' in read).toBe(!dangling && !circular)
        const { order, levels, circular: left } = orderOf(steps)
        expect(left.length > 0).toBe(circular)
        expect(circleIn(steps).length > 0).toBe(circular)
        if (circular) return
        expect(Math.max(...levels.values()) + 1).toBe(longest)
        expect(Math.max(...remainingPaths(steps).values())).toBe(longest)
        for (const { id, dependencies } of steps)
          for (const needed of dependencies.filter((one) => steps.some((other) => other.id === one)))
            expect(order.indexOf(needed)).toBeLessThan(order.indexOf(id))
      }),
      { numRuns: 500 },
    )
  })

  it('names the steps of a circle, each behind one that it needs, and none that only waits for it', () => {
    fc.assert(
      fc.property(links, (steps) => {
        const circle = circleIn(steps)
        for (const [index, id] of circle.entries()) {
          const before = circle.at(index - 1) ?? ''
          expect(steps.find((one) => one.id === id)?.dependencies).toContain(before)
        }
        expect(new Set(circle).size).toBe(circle.length)
      }),
    )
    const read = readPlan({ steps: [step('z', ['a']), step('a', ['c']), step('b', ['a']), step('c', ['b'])] }, rules)
    expect(read).toMatchObject({
      faults: [{ code: 'cycle', field: 'steps.1.dependencies', message: 'These steps wait for each other: a → b → c → a.' }],
    })
  })

  it('leads from every step to an end, where the answer is put together', () => {
    fc.assert(
      fc.property(graphs, (steps) => {
        const ends = new Set(sinksOf(steps).map(({ id }) => id))
        expect(ends.size).toBeGreaterThan(0)
        const reaches = new Set(ends)
        for (const { id, dependencies } of steps.toReversed())
          if (reaches.has(id)) for (const needed of dependencies) reaches.add(needed)
        expect(reaches.size).toBe(steps.length)
      }),
    )
  })
})

describe("a caller's plan", () => {
  it('is refused with the field of what is wrong, and nothing of it is mended [X40]', () => {
    const refused = (plan: unknown): unknown => {
      try {
        requirePlan(plan, rules)
        return 'taken'
      } catch (error) {
        const { code, field } = error as { code: string; field: string }
        return `${code} ${field}`
      }
    }
    expect(refused(undefined)).toBe('invalid_plan plan')
    expect(refused({ steps: [] })).toBe('invalid_plan plan.steps')
    expect(refused({ steps: [step('a'), step('a')] })).toBe('invalid_plan plan.steps.1.id')
    expect(refused({ steps: [step('a', ['b'])] })).toBe('invalid_plan plan.steps.0.dependencies.0')
    expect(refused({ steps: [step('a', [], { agent_type: 'wizard' })] })).toBe('invalid_plan plan.steps.0.agent_type')
    expect(refused({ steps: [step('a', [], { agent_type: 'orchestrator' })] })).toBe('invalid_plan plan.steps.0.agent_type')
    expect(refused({ steps: [step('a', [], { tools: ['shell'] })] })).toBe('invalid_plan plan.steps.0.tools.0')
    expect(refused({ steps: [{ ...step('a'), colour: 'red' }] })).toBe('invalid_plan plan.steps.0.colour')
    expect(refused({ steps: [step('a', [], { expected_output: { type: 'no such type' } })] })).toBe(
      'invalid_plan plan.steps.0.expected_output',
    )
    expect(refused({ steps: [step('a')], budget: 3 })).toBe('invalid_plan plan.budget')
    expect(refused({ steps: [step('a')] })).toBe('taken')
  })

  it.each<[string, unknown, string, string]>([
    [
      'an agent that nobody knows: those that there are',
      { steps: [step('a', [], { agent_type: 'wizard' })] },
      'plan.steps.0.agent_type',
      'There is no agent wizard. There are: analysis, report, research.',
    ],
    [
      'a key that stands for one that is missing',
      { steps: [{ id: 'a', agent: 'research', prompt: 'x' }] },
      'plan.steps.0.agent_type',
      'Is missing; "agent" is no key of a step, did you mean "agent_type"?',
    ],
    [
      'a key like none that is missing',
      { steps: [{ id: 'a', who: 'research', prompt: 'x' }] },
      'plan.steps.0.agent_type',
      'Is missing; "who" is no key of a step.',
    ],
    [
      'nothing but what is missing',
      { steps: [{ id: 'a', prompt: 'x', dependencies: [] }] },
      'plan.steps.0.agent_type',
      'Is missing.',
    ],
    [
      'a key that is mistyped',
      { steps: [{ ...step('a'), dependencies: undefined, depends_on: ['b'] }] },
      'plan.steps.0.depends_on',
      'There is no field "depends_on" here.',
    ],
    [
      'a key that is mistyped, and which is meant',
      { steps: [{ id: 'a', agent_type: 'research', prompt: 'x', depends_on: ['b'] }] },
      'plan.steps.0.depends_on',
      'There is no field "depends_on" here. Did you mean "dependencies"?',
    ],
    [
      'a plan that is wrapped',
      { plan: { steps: [step('a')] } },
      'plan.steps',
      'A plan is {"steps": [{"id": "find", "agent_type": "research", "prompt": "…"}]}, without "plan" around it.',
    ],
    [
      'a plan of one step',
      { step: [step('a')] },
      'plan.steps',
      'A plan is {"steps": [{"id": "find", "agent_type": "research", "prompt": "…"}]}; "step" is no key of it.',
    ],
    [
      'a plan of nothing',
      { goal: 'x' },
      'plan.steps',
      'A plan is {"steps": [{"id": "find", "agent_type": "research", "prompt": "…"}]}.',
    ],
  ])('is refused in words that say what is meant: %s', (_, plan, field, message) => {
    expect(() => requirePlan(plan, rules)).toThrow(expect.objectContaining({ code: 'invalid_plan', field, message }))
  })

  it('names ten of many agents', () => {
    const many = Array.from({ length: 12 }, (_, at) => ({ ...builtInAgents[0], type: `own-${at + 10}` }) as AgentDefinition)
    const plan = { steps: [step('a', [], { agent_type: 'wizard' })] }
    expect(() => requirePlan(plan, { agents: new Map(many.map((agent) => [agent.type, agent])) })).toThrow(
      /own-10, .*own-19, …\.$/,
    )
  })

  it('is judged at once, whatever its size', () => {
    const began = performance.now()
    const wide = Array.from({ length: 10_000 }, (_, index) =>
      step(`s${index}`, index === 0 ? [] : [`s${Math.floor((index - 1) / 15)}`]),
    )
    expect('plan' in readPlan({ steps: wide }, rules)).toBe(false)
    const square = Array.from({ length: 10_000 }, (_, index) => step(`s${index}`, index < 1_000 ? [] : [`s${index - 1_000}`]))
    expect('plan' in readPlan({ steps: square }, rules)).toBe(true)
    const round = square.map((one, index) => (index === 0 ? { ...one, dependencies: ['s9000'] } : one))
    expect(readPlan({ steps: round }, rules)).toMatchObject({ faults: [{ code: 'cycle' }] })
    const linked = square.map((one, index) => ({
      ...one,
      dependencies:
        index < 1_000
          ? []
          : Array.from(
              { length: 6 },
              (_, other) => `s${((index + other * 7) % 1_000) + (Math.floor(index / 1_000) - 1) * 1_000}`,
            ),
    }))
    expect(readPlan({ steps: linked }, rules)).toMatchObject({ faults: [{ code: 'too_many_dependencies' }] })
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('can be what a run shows of its plan [R60]', () => {
    const shown = (plan: ReturnType<typeof requirePlan>, source: string): unknown =>
      JSON.parse(
        JSON.stringify({
          ...plan,
          source,
          faults: ['cycle steps.0.dependencies'],
          steps: plan.steps.map((one) => ({ expected_output: null, ...one })),
        }),
      )
    const full = step('all', ['s0'], {
      ...{
        expected_output: { type: 'object', properties: { n: { type: 'number' } } },
        success_criteria: ['It adds up.'],
        tools: ['search_knowledge'],
      },
      ...{
        budget: { tokens: 10 },
        timeout: 5,
        retry: { attempts: 2, wait_seconds: 1 },
        approval: true,
        on_failure: 'replan' as const,
      },
    })
    fc.assert(
      fc.property(graphs, (steps) => {
        const plan = requirePlan({ goal: 'g', success_criteria: ['c'], steps: [...steps, full] }, rules)
        expect(JSON.stringify(requirePlan(shown(plan, 'caller'), rules))).toBe(JSON.stringify(plan))
      }),
    )
    const requests = fc
      .oneof(fc.string({ minLength: 1, maxLength: 300 }), fc.string({ minLength: 3_000, maxLength: 5_000 }))
      .filter((text) => text.trim() !== '')
    fc.assert(
      fc.property(requests, (request) => {
        for (const plan of [rulePlan(request), singleStepPlan(request, 'research')])
          expect(JSON.stringify(requirePlan(shown(plan, 'rules'), rules))).toBe(JSON.stringify(plan))
      }),
    )
  })

  it('has limits that are said', () => {
    expect(planLimits).toEqual({ steps: 10_000, depth: 1_000, width: 1_000, dependencies: 50_000, prompt: 100_000 })
  })
})
