import type { PatternName } from '../../define/pattern.ts'
import type { TaskOfGoal } from './roadmap.ts'

type Task = Omit<TaskOfGoal, 'pattern'>

/** What a pattern asks of those who take it, by goal. */
export interface PatternTasks {
  readonly implement: readonly Task[]
  readonly perform: Task
  readonly integrate: Task
  readonly advance: Task
  readonly load: Task
  /** The pages of docs/runbooks for it. */
  readonly runbooks: readonly string[]
}

export const patternTasks: Readonly<Record<PatternName, PatternTasks>> = {
  'event-driven': {
    implement: [
      {
        task: 'Send requests with an idempotency key and a priority, and read what came of them.',
        how: 'plinth submit --file PROMPTS.jsonl',
      },
      { task: 'Have whoever asked told of the end: webhooks, queues, handlers.', how: 'docs/subscribers.md' },
    ],
    perform: {
      task: 'Hold calls of models below the provider’s quota, and choose lanes for what can wait.',
      how: 'docs/models.md',
    },
    integrate: {
      task: 'Kill it in the midst of a file of prompts, and see every accepted one end once.',
      how: 'plinth submit --file PROMPTS.jsonl --concurrency 64',
    },
    advance: { task: 'Replay events to a subscriber that was away.', how: 'docs/subscribers.md' },
    load: {
      task: 'Send the peak’s requests with the model for tests, and compare the acknowledgements’ times.',
      how: 'docs/benchmarks.md',
    },
    runbooks: ['throttling', 'dead-letters'],
  },
  rag: {
    implement: [
      {
        task: 'Ingest the documents, with the metadata and groups by which they are found.',
        how: 'plinth ingest FOLDER --metadata FIELD=VALUE --group GROUP',
      },
      { task: 'Ask, and show the place of each claim beside it.', how: 'plinth ask QUESTION --stream' },
    ],
    perform: {
      task: 'Find the weight of vectors beside words on your own questions.',
      how: 'plinth eval tune --dataset FOLDER',
    },
    integrate: {
      task: 'Measure answers and refusals on your own questions, with thresholds, in CI.',
      how: 'plinth eval answers --dataset FOLDER',
    },
    advance: { task: 'Keep conversations, and have an agent look several times.', how: 'plinth ask QUESTION --agent' },
    load: {
      task: 'Ingest all documents at once, and ask while vectors are still made.',
      how: 'plinth ingest FOLDER --vectors',
    },
    runbooks: ['poisoned-document', 'throttling'],
  },
  'multi-agent': {
    implement: [
      { task: 'Define the agents: role, model, tools, limits.', how: 'plinth agents put TYPE' },
      {
        task: 'Run a plan of your own, then one that the orchestrator makes, each with a budget.',
        how: 'plinth run REQUEST --plan PLAN.json --budget-usd AMOUNT',
      },
    ],
    perform: {
      task: 'Give research small models, and plans few dependencies.',
      how: 'docs/patterns/multi-agent.md',
    },
    integrate: {
      task: 'Have a step fail, and do it again without the others.',
      how: 'plinth workflows retry WORKFLOW STEP',
    },
    advance: { task: 'Attach tools by the Model Context Protocol.', how: 'docs/mcp.md' },
    load: {
      task: 'Run as many workflows at a time as the peak has, and look at the provider’s throttles.',
      how: 'plinth run REQUEST --detach',
    },
    runbooks: ['throttling', 'dead-letters', 'cost-spike'],
  },
  analytics: {
    implement: [
      { task: 'Score a file of past values, and see what would have been found.', how: 'plinth detect FILE.csv' },
      { task: 'Send records with a key and a time.', how: 'plinth stream put NAME FILE.csv --key FIELD' },
    ],
    perform: {
      task: 'Choose shards, and on AWS the time for which records are gathered: it decides what a key costs.',
      how: 'docs/aws.md',
    },
    integrate: {
      task: 'Put rules of your own, and have them back-tested over what is stored.',
      how: 'docs/patterns/analytics.md',
    },
    advance: {
      task: 'Bring alerts to the people who answer them, and have them acknowledged.',
      how: 'plinth stream acknowledge ALERT',
    },
    load: { task: 'Send the peak’s records, and watch the lag.', how: 'plinth stream show NAME' },
    runbooks: ['lagging-stream', 'cost-spike'],
  },
  'multi-tenant': {
    implement: [
      {
        task: 'Onboard the first tenants: isolation, region, models, budget.',
        how: 'plinth tenants onboard TENANT --isolation LEVEL --budget USD',
      },
      { task: 'Trust the issuer of your users’ tokens, and give programs keys.', how: 'docs/security.md' },
    ],
    perform: {
      task: 'Set limits so that no tenant takes the others’ share.',
      how: 'plinth tenants configure TENANT --concurrent NUMBER --requests-per-minute NUMBER',
    },
    integrate: {
      task: 'Ask for another tenant’s records with each kind of token, and look whether the trail is whole.',
      how: 'plinth tenants verify TENANT',
    },
    advance: { task: 'Bill by day, model and user.', how: 'plinth tenants usage TENANT' },
    load: {
      task: 'Let one tenant flood, and measure another beside it.',
      how: 'plinth submit --file PROMPTS.jsonl --concurrency 128',
    },
    runbooks: ['suspended-tenant', 'key-compromise', 'cost-spike'],
  },
}

/** What is built where one synchronous call is enough. */
export const gatewayTasks: Omit<PatternTasks, 'runbooks'> = {
  implement: [
    { task: 'Point your client at the model gateway, with limits and a budget for its tenant.', how: 'docs/gateway.md' },
  ],
  perform: { task: 'Choose the smallest model that is good enough, and the cache.', how: 'docs/models.md' },
  integrate: {
    task: 'Name a fallback, and take the first model away.',
    how: 'plinth tenants configure TENANT --fallback MODELS',
  },
  advance: { task: 'Stream answers, and keep prompts that come again in the cache.', how: 'docs/gateway.md' },
  load: { task: 'Send the peak’s calls with the model for tests.', how: 'docs/benchmarks.md' },
}
