import type { RequirementMutation } from './mutation.ts'

const source = 'packages/core/src/multi-agent'
const tests = 'packages/core/test/multi-agent'

export const multiAgent: readonly RequirementMutation[] = [
  {
    number: 'R46',
    words: 'a run ends without what its specialists worked out',
    patches: [
      {
        file: `${source}/run/run-engine.ts`,
        find: "{ status: 'completed', text: '', ...state.result }",
        replace: "{ status: 'completed', text: '' }",
      },
    ],
    test: 'packages/server/test/workflows.test.ts',
  },
  {
    number: 'R47',
    words: 'a tenant has no agent that reports',
    patches: [
      {
        file: `${source}/agents/registry.ts`,
        find: 'builtInAgents.filter(({ type }) => !types.has(type))',
        replace: "builtInAgents.filter(({ type }) => type !== 'report' && !types.has(type))",
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R48',
    words: 'the state machine does not wait for the workflow that it starts',
    patches: [
      {
        file: 'packages/cdk/src/workflow-executions.ts',
        find: 'IntegrationPattern.WAIT_FOR_TASK_TOKEN',
        replace: 'IntegrationPattern.REQUEST_RESPONSE',
      },
    ],
    test: 'packages/cdk/test/multi-agent-orchestration.test.ts',
  },
  {
    number: 'R49',
    words: 'whatever the type, the first agent is given',
    patches: [
      {
        file: `${source}/agents/registry.ts`,
        find: 'builtInAgents.find((agent) => agent.type === type)',
        replace: 'builtInAgents[0]',
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R50',
    words: 'an agent is made without the prompt of its configuration',
    patches: [
      {
        file: `${source}/agents/registry.ts`,
        find: 'agent.system_prompt ?? role?.system_prompt',
        replace: 'role?.system_prompt',
      },
    ],
    test: 'packages/server/test/agents.test.ts',
  },
  {
    number: 'R51',
    words: 'the orchestrator is not told whom it can give steps to',
    patches: [{ file: `${source}/plan/planner-prompt.ts`, find: "team.join('\\n')", replace: "''" }],
    test: `${tests}/plan/make-plan.test.ts`,
  },
  {
    number: 'R52',
    words: 'research quotes what is about something else',
    patches: [
      {
        file: `${source}/steps/rules/look-up.ts`,
        find: 'const about = aboutness(statement, { topic, rivals, source: termsIn(source.source) })',
        replace: 'const about = 1',
      },
    ],
    test: `${tests}/rules/research.test.ts`,
  },
  {
    number: 'R53',
    words: 'the analyst is not told to look for patterns',
    patches: [
      {
        file: `${source}/agents/built-in.ts`,
        find: 'You look at the findings that you are given for patterns, differences and figures that matter, compute what',
        replace: 'You compute what',
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R54',
    words: 'a report has no headings',
    patches: [{ file: `${source}/steps/rules/report.ts`, find: 'else text.add(`\\n## $', replace: 'else text.add(`\\n$' }],
    test: `${tests}/rules/report.test.ts`,
  },
  {
    number: 'R55',
    words: 'an agent of an unknown type has no prompt',
    patches: [
      {
        file: `${source}/agents/agent.ts`,
        find: "usualSystemPrompt = 'You are a helpful AI agent.'",
        replace: "usualSystemPrompt = ''",
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R56',
    words: 'a workflow is acknowledged, and nobody plans or runs it',
    patches: [
      {
        file: `${source}/create-workflow.ts`,
        find: ', startJob(advanceJob, { id, body: { workflow_id: id } })]',
        replace: ']',
      },
    ],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'R57',
    words: 'results stand under their agents, and those of one agent in one place',
    patches: [
      {
        file: `${source}/show-workflow.ts`,
        find: '.map(([id, step]) => [id, showStep(step, begun)])',
        replace: '.map(([, step]) => [step.step.agent_type, showStep(step, begun)])',
      },
    ],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'R58',
    words: 'the synthesis is given the last result only',
    patches: [
      {
        file: `${source}/run/results-for.ts`,
        find: 'step.id === synthesis ? [...steps.keys()] :',
        replace: 'step.id === synthesis ? [...steps.keys()].slice(-2) :',
      },
    ],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'R59',
    words: 'a plan is not asked what its steps are expected to give',
    patches: [
      {
        file: `${source}/plan/planner-prompt.ts`,
        find: "    expected_output: { anyOf: [text, { type: 'object', description: 'A JSON Schema that the result has to fit.' }] },\n",
        replace: '',
      },
      {
        file: `${source}/plan/planner-prompt.ts`,
        find: "'dependencies', 'expected_output']",
        replace: "'dependencies']",
      },
    ],
    test: `${tests}/plan/make-plan.test.ts`,
  },
  {
    number: 'R60',
    words: 'a plan loses which steps its steps depend on',
    patches: [
      {
        file: `${source}/plan/plan.ts`,
        find: 'dependencies: z.array(stepId).max(1_000).default([]),',
        replace: 'dependencies: z.array(stepId).max(1_000).default([]).transform(() => []),',
      },
    ],
    test: `${tests}/plan/plans.test.ts`,
  },
  {
    number: 'R61',
    words: 'a step is not told what the steps before it gave',
    patches: [
      {
        file: `${source}/steps/step-prompt.ts`,
        find: "...(context === '' ? [] : [`",
        replace: '...(true ? [] : [`',
      },
    ],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'R62',
    words: 'the result of a step does not say whose it is',
    patches: [{ file: `${source}/show-workflow.ts`, find: '    agent_type: step.agent_type,\n', replace: '' }],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'R63',
    words: "all agents are called with the tenant's model",
    patches: [
      {
        file: `${source}/steps/step-work.ts`,
        find: 'scope.models.resolve(agent.model_id)',
        replace: 'scope.models.resolve(undefined)',
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R64',
    words: 'no agent is told what it is specialised in',
    patches: [
      { file: `${source}/steps/first-prompt.ts`, find: 'systemPrompt: agent.system_prompt', replace: "systemPrompt: ''" },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R65',
    words: 'steps run one after the other',
    patches: [{ file: `${source}/advance-workflow.ts`, find: 'const concurrency = 16', replace: 'const concurrency = 1' }],
    test: `${tests}/workflow.test.ts`,
  },
  {
    number: 'R66',
    words: 'with an agent of its own a tenant has lost those that were there',
    patches: [
      {
        file: `${source}/agents/registry.ts`,
        find: 'return [...own.map(({ agent }) => agent), ...builtInAgents',
        replace: 'if (own.length > 0) return own.map(({ agent }) => agent)\n  return [...builtInAgents',
      },
    ],
    test: 'packages/server/test/agents.test.ts',
  },
  {
    number: 'R67',
    words: 'only the types that are built in can take steps',
    patches: [
      {
        file: `${source}/create-workflow.ts`,
        find: 'const agents = await allAgents(scope)',
        replace: 'const agents = (await allAgents(scope)).filter(({ version }) => version === 0)',
      },
    ],
    test: `${tests}/agents/registry.test.ts`,
  },
  {
    number: 'R68',
    words: 'what was in flight when its process died never starts again',
    patches: [{ file: `${source}/run/run-state.ts`, find: '        this.#takeUp(entry.at)\n', replace: '' }],
    test: `${tests}/run/run-state.test.ts`,
  },
  {
    number: 'G3',
    words: 'the report does not wait for the analysis',
    patches: [
      {
        file: `${source}/plan/rule-plan.ts`,
        find: "dependencies: [...research.map(({ id }) => id), 'analysis'],",
        replace: 'dependencies: research.map(({ id }) => id),',
      },
    ],
    test: `${tests}/plan/plans.test.ts`,
  },
]
