import type { RequirementMutation } from './mutation.ts'

const source = 'packages/core/src/multi-agent'
const tests = 'packages/core/test/multi-agent'

export const multiAgentFaults: readonly RequirementMutation[] = [
  {
    number: 'X36',
    words: 'JSON is read only from an answer that holds nothing else',
    patches: [
      {
        file: `${source}/plan/json-in-text.ts`,
        find: 'JSON.parse(text.slice(start, end))',
        replace: 'JSON.parse(text)',
      },
    ],
    test: `${tests}/plan/plans.test.ts`,
  },
  {
    number: 'X37',
    words: 'a step waits until nothing else runs',
    patches: [
      {
        file: `${source}/run/run-engine.ts`,
        find: 'state.running < this.#limits.concurrency',
        replace: 'state.running === 0',
      },
    ],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'X38',
    words: 'a plan that can not be run is not asked for again',
    patches: [{ file: `${source}/plan/make-plan.ts`, find: 'const mostRepairs = 2', replace: 'const mostRepairs = 0' }],
    test: `${tests}/plan/make-plan.test.ts`,
  },
  {
    number: 'X39',
    words: 'the planner is told an empty form, without the fields of a plan',
    patches: [
      {
        file: `${source}/plan/planner-prompt.ts`,
        find: 'JSON.stringify(planSchema(agents))',
        replace: "'{}'",
      },
    ],
    test: `${tests}/plan/make-plan.test.ts`,
  },
  {
    number: 'X40',
    words: 'steps that wait for each other are taken',
    patches: [
      {
        file: `${source}/plan/validate-plan.ts`,
        find: 'return faults.length > 0 ? faults : faultsOfShape(plan)',
        replace: 'return faults',
      },
    ],
    test: `${tests}/plan/plans.test.ts`,
  },
  {
    number: 'X41',
    words: 'a step is given no results',
    patches: [{ file: `${source}/run/run-engine.ts`, find: 'results: resultsFor(this.state, state),', replace: 'results: [],' }],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'X42',
    words: "an agent's tools are kept, and not offered to its model",
    patches: [
      {
        file: `${source}/steps/run-agent.ts`,
        find: 'namedForModels(run.model.entry.capabilities.tools ? run.tools : [])',
        replace: 'namedForModels([])',
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'X43',
    words: 'an answer that does not meet its criteria is taken',
    patches: [
      {
        file: `${source}/steps/do-by-model.ts`,
        find: '  if (unmet !== undefined) return {',
        replace: '  if (false) return {',
      },
    ],
    test: `${tests}/steps/checks.test.ts`,
  },
]
