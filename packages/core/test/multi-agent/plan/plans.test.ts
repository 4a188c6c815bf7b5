import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtInAgents } from '../../../src/multi-agent/agents/built-in.ts'
import { jsonInText } from '../../../src/multi-agent/plan/json-in-text.ts'
import { mendPlan } from '../../../src/multi-agent/plan/mend-plan.ts'
import { questionsOf } from '../../../src/multi-agent/plan/questions.ts'
import { rulePlan } from '../../../src/multi-agent/plan/rule-plan.ts'
import { faultsOfPlan, readPlan, requirePlan } from '../../../src/multi-agent/plan/validate-plan.ts'
import { graphs, step } from '../support.ts'

const rules = { agents: new Map(builtInAgents.map((agent) => [agent.type, agent])) }

function codes(steps: readonly unknown[], budget = {}): readonly string[] {
  const read = readPlan({ steps }, { ...rules, budget })
  return 'plan' in read ? [] : read.faults.map(({ code, field }) => `${code} ${field}`)
}

describe('a plan', () => {
  it('is taken with id, agent_type and prompt alone, and keeps what its steps depend on [R60]', () => {
    const plan = requirePlan({ steps: [{ id: 'a', agent_type: 'research', prompt: 'Look.' }] }, rules)
    expect(plan).toMatchObject({ goal: '', success_criteria: [], steps: [{ id: 'a', dependencies: [] }] })
    const steps = [...plan.steps, { id: 'b', agent_type: 'report', prompt: 'Write.', dependencies: ['a'] }]
    expect(requirePlan({ steps }, rules).steps).toEqual(steps)
  })

  it.each([
    ['no steps', [], ['malformed steps']],
    ['an id twice', [step('a'), step('a')], ['duplicate_id steps.1.id']],
    ['an agent that nobody knows', [step('a', [], { agent_type: 'wizard' })], ['unknown_agent steps.0.agent_type']],
    ['a step of the orchestrator', [step('a', [], { agent_type: 'orchestrator' })], ['orchestrator_step steps.0.agent_type']],
    ['a step that is not there', [step('a', ['b'])], ['unknown_dependency steps.0.dependencies.0']],
    ['a step that waits for itself', [step('a', ['a'])], ['cycle steps.0.dependencies.0']],
    ['a circle', [step('a', ['c']), step('b', ['a']), step('c', ['b'])], ['cycle steps.0.dependencies']],
    ['a tool that its agent has not', [step('a', [], { tools: ['shell'] })], ['unknown_tool steps.0.tools.0']],
    ['a name that is no id', [step('a/b')], ['malformed steps.0.id']],
    ['a prompt of nothing', [step('a', [], { prompt: ' ' })], ['malformed steps.0.prompt']],
  ])('is refused for %s [X40]', (_, steps, faults) => {
    expect(codes(steps)).toEqual(faults)
  })

  it('is refused where its steps may use more than the run has [X43]', () => {
    const steps = [step('a', [], { budget: { tokens: 600 } }), step('b', [], { budget: { tokens: 600 } })]
    expect(codes(steps, { tokens: 1_000 })).toEqual(['over_budget steps'])
    expect(codes(steps, { tokens: 1_200 })).toEqual([])
  })

  it('is refused with more than 10,000 steps, and when it is too deep or too wide', () => {
    const chain = (length: number): unknown[] =>
      Array.from({ length }, (_, index) => step(`s${index}`, index ? [`s${index - 1}`] : []))
    expect(codes(chain(10_001))).toEqual(['malformed steps'])
    expect(codes(chain(1_001))).toEqual(['too_deep steps'])
    expect(codes(chain(1_000))).toEqual([])
    expect(codes(Array.from({ length: 1_001 }, (_, index) => step(`s${index}`)))).toEqual(['too_wide steps'])
  })

  it('of any sound graph is taken', () => {
    fc.assert(
      fc.property(graphs, (steps) => {
        expect(codes(steps)).toEqual([])
      }),
    )
  })
})

describe('JSON in what a model wrote [X36, X38]', () => {
  it.each([
    ['bare', '{"a":1}'],
    ['in a fence', 'Here:\n```json\n{"a":1}\n```\nDone.'],
    ['with words around it', 'The plan is {"a":1}. Good luck!'],
    ['behind other braces', 'With {care}: {"a":1}'],
  ])('is found %s', (_, text) => {
    expect(jsonInText(text)).toEqual({ value: { a: 1 } })
  })

  it.each([
    ['nothing', 'I can not.', 'no_json'],
    ['a beginning', '{"steps":[{"id":"a"}', 'cut_off'],
    ['a beginning in a fence', '```json\n{"steps":[{"id":"a"},\n', 'cut_off'],
    ['no JSON', '{steps: a}', 'malformed'],
    ['a part of a list', 'Steps: [{"id":"a"},{"id":"b"}]', 'malformed'],
    ['a list that is cut off', '[ {"id":"a"},{"id":"b"', 'cut_off'],
  ])('is not made of %s', (_, text, fault) => {
    expect(jsonInText(text)).toEqual({ fault })
  })

  it('is whole, wherever it is cut off', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 }), fc.nat(), (value, at) => {
        const text = JSON.stringify(value)
        expect(jsonInText(`So: ${text}`)).toEqual({ value: JSON.parse(text) })
        expect('value' in jsonInText(text.slice(0, at % text.length))).toBe(false)
      }),
    )
  })
})

describe('a plan that is mended', () => {
  it('keeps what was meant', () => {
    const wild = {
      goal: 'g',
      steps: [
        { id: 'a', agent_type: 'Research Agent', prompt: 'Look.', dependencies: ['c'] },
        { id: 'a', agent_type: 'analyst', prompt: 'Weigh.', dependencies: ['a', 'zzz'] },
        {
          id: 'c',
          agent_type: 'report',
          prompt: 'Write.',
          approval: 'yes',
          dependencies: ['a', { toString: 0 }],
          tools: ['shell'],
        },
        { agent_type: 'report', prompt: '' },
        'nonsense',
        { agent_type: { toString: 0 }, prompt: 'No.', dependencies: [{ toString: 0 }] },
      ],
    }
    const plan = mendPlan(wild, rules)
    expect(plan?.steps.map(({ id, agent_type, dependencies }) => [id, agent_type, dependencies])).toEqual([
      ['a', 'research', []],
      ['a-2', 'analysis', ['a']],
      ['c', 'report', ['a']],
    ])
    // Somebody was to be asked: nothing that is mended starts without.
    expect(plan?.steps.map(({ approval }) => approval)).toEqual([undefined, undefined, true])
  })

  it('keeps the tools that its agent has, also where it has all of a server', () => {
    const agents = new Map(builtInAgents.map((agent) => [agent.type, { ...agent, tools: ['calculate', 'files.*'] }]))
    const tools = ['files.read_file', 'calculate', 'other.read_file', 'shell', { toString: 0 }]
    const plan = mendPlan({ steps: [{ agent_type: 'research', prompt: 'Look.', tools }] }, { agents })
    expect(plan?.steps[0]?.tools).toEqual(['files.read_file', 'calculate'])
  })

  it('is sound, whatever it was', () => {
    const any = fc.record({
      id: fc.oneof(fc.constantFrom('a', 'b', 'c', '..', 'x y'), fc.string(), fc.integer()),
      agent_type: fc.oneof(fc.constantFrom('research', 'Reporter', 'orchestrator'), fc.string()),
      prompt: fc.oneof(fc.constant('Do.'), fc.jsonValue()),
      dependencies: fc.oneof(fc.array(fc.constantFrom('a', 'b', 'c', 'd')), fc.jsonValue()),
    })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(any, { maxLength: 10 }).map((steps) => ({ steps })),
          fc.jsonValue(),
        ),
        (value) => {
          const plan = mendPlan(value, rules)
          if (plan) expect(faultsOfPlan(plan, rules)).toEqual([])
        },
      ),
    )
  })
})

describe('the questions of a request', () => {
  it.each([
    ['What does A cost? And what does B cost?', 2],
    ['1. Who owns it? 2. When was it built? 3. Where is it? 4. How tall is it? 5. What does it cost?', 5],
    ['Compare the warranty of pump A and pump B, and report which is better.', 2],
    ['Compare revenue of North, South and West for 2024, then write a report.', 3],
    ['How many employees does Acme have, and what was its revenue?', 2],
    ['What is the price of A? What is the price of A?', 1],
    ['Write a report on the safety of the plant.', 1],
    ['', 1],
  ])('%s', (request, count) => {
    expect(questionsOf(request)).toHaveLength(count)
  })

  it('become research side by side, then analysis, then the report [G3]', () => {
    const plan = rulePlan('What does A cost? And what does B cost?')
    expect(faultsOfPlan(plan, rules)).toEqual([])
    expect(plan.steps.map(({ id, dependencies }) => [id, dependencies])).toEqual([
      ['research-1', []],
      ['research-2', []],
      ['analysis', ['research-1', 'research-2']],
      ['report', ['research-1', 'research-2', 'analysis']],
    ])
  })

  it('are at least one, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
        (request) => {
          expect(faultsOfPlan(rulePlan(request), rules)).toEqual([])
        },
      ),
    )
  })
})
