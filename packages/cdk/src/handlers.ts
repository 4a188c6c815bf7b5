/** The Lambda functions of a Plinth, as data: where their code comes from, and how much they are given. @module */
import { analytics, eventDriven, multiAgent, multiTenant, type PatternName, patterns, rag } from '@plinth/core'

/** What `EventDrivenGenAi` makes. */
export const requestHandlers = ['api', 'authorizer', 'request-worker', 'relay', 'sweeper'] as const
export type RequestHandler = (typeof requestHandlers)[number]
/** What `Rag` makes. */
export const documentHandler = 'document-worker'

/** What `MultiAgentOrchestration` makes; the latter for executions of its state machine. */
export const workflowHandler = 'workflow-worker'
export const executionHandler = 'execution-worker'
export type WorkflowHandler = typeof workflowHandler | typeof executionHandler
export const workflowHandlers: readonly WorkflowHandler[] = [workflowHandler, executionHandler]

/** What `RealTimeAnalytics` makes; the latter for what comes of records. */
export const streamHandler = 'stream-processor'
export const insightHandler = 'insight-worker'
export type AnalyticsHandler = typeof streamHandler | typeof insightHandler
export const analyticsHandlers: readonly AnalyticsHandler[] = [streamHandler, insightHandler]

export type HandlerName = RequestHandler | typeof documentHandler | WorkflowHandler | AnalyticsHandler
export const handlerNames: readonly HandlerName[] = [
  ...requestHandlers,
  documentHandler,
  ...workflowHandlers,
  ...analyticsHandlers,
]

/** Patterns whose jobs the `request-worker` works: all but those that have a worker of their own. */
export const requestPatterns: readonly PatternName[] = patterns
  .map(({ name }) => name)
  .filter((name) => ![rag.name, multiAgent.name, analytics.name].includes(name))

/** The names of the jobs of these patterns. */
export function jobsOf(names: readonly PatternName[]): readonly string[] {
  return patterns.filter(({ name }) => names.includes(name)).flatMap(({ jobs }) => jobs.map((job) => job.name))
}

export interface HandlerDefinition {
  /** The module that exports `handler`, as an import names it. */
  readonly module: string
  readonly summary: string
  readonly megabytes: number
  readonly timeoutSeconds: number
  /** Fixed where dashboards look for the function (R123); else CloudFormation makes a name. */
  readonly functionName?: string
}

export const handlers: Readonly<Record<HandlerName, HandlerDefinition>> = {
  api: {
    module: '@plinth/server/lambda',
    summary: 'Answers HTTP; as the model gateway it calls models.',
    // Each request has a function to itself, which mostly waits. What it needs is the CPU that comes with memory, to start and to
    // read bodies; of those there are 6 MB at the most (Lambda's quotas for a call that waits for its answer).
    megabytes: 1024,
    // The most that there is. Lambda's own limit is 900 s, and so is API Gateway's for a response that streams, at a regional
    // endpoint with pauses of 5 minutes at the most; streams are pinged every 15 seconds.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
    // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    timeoutSeconds: 900,
  },
  authorizer: {
    module: '@plinth/aws/handlers/authorizer',
    summary: "Refuses requests without a genuine token before the server is called; the server's own check decides.",
    megabytes: 512,
    timeoutSeconds: 10,
    functionName: `${multiTenant.name}-processor`,
  },
  'request-worker': {
    module: '@plinth/aws/handlers/request-worker',
    summary: "Works the jobs of requests and events, one batch of a queue's messages at a time.",
    megabytes: 1024,
    // A call of a model ends after 5 minutes; a minute to read before it and to keep what became of it.
    timeoutSeconds: 360,
    functionName: `${eventDriven.name}-processor`,
  },
  [documentHandler]: {
    // The same code, told to serve another pattern; beside it lies what reads documents.
    module: '@plinth/aws/handlers/request-worker',
    summary: 'Reads documents, makes their vectors and keeps the index in order, one job at a time.',
    // A processor for itself comes with 1,769 MB. A document may take 768 MiB in the heap, and as much outside of it.
    megabytes: 2048,
    // The most that there is: scanned pages wait for Textract, vectors for their model. What isn't done by then goes on where it was.
    timeoutSeconds: 900,
    functionName: `${rag.name}-processor`,
  },
  [workflowHandler]: {
    module: '@plinth/aws/handlers/workflow-worker',
    summary: 'Plans and runs workflows, one at a time; what is not over when its time is goes on in another.',
    // It waits for models and tools, whose answers are texts; more memory brings more CPU, which a run hardly needs.
    megabytes: 1024,
    // The most that there is: a run that isn't over by then goes on in the next call.
    timeoutSeconds: 900,
    functionName: `${multiAgent.name}-processor`,
  },
  [executionHandler]: {
    module: '@plinth/aws/handlers/execution-worker',
    summary: 'Starts workflows for executions of the state machine, and answers these when they end.',
    megabytes: 512,
    timeoutSeconds: 45,
  },
  [streamHandler]: {
    module: '@plinth/aws/handlers/stream-processor',
    summary: 'Works the records of one shard of the stream in order: windows, detectors, and what is told of them.',
    // A processor for itself comes with 1,769 MB, which detectors use. The states of keys take up to 512 MB, and are read anew by the next
    // environment only.
    megabytes: 2048,
    timeoutSeconds: 120,
    functionName: `${analytics.name}-processor`,
  },
  [insightHandler]: {
    // The same code as of requests, told to serve another pattern.
    module: '@plinth/aws/handlers/request-worker',
    summary: 'Makes incidents, insights and alerts of what was found in streams, asks models about them, and publishes alerts.',
    megabytes: 1024,
    // A call of a model ends after 5 minutes; a minute to read before it and to keep what became of it.
    timeoutSeconds: 360,
  },
  relay: {
    module: '@plinth/aws/handlers/relay',
    summary: 'Sends what commits emitted: events to the bus, jobs to their queues.',
    megabytes: 512,
    timeoutSeconds: 60,
  },
  sweeper: {
    module: '@plinth/aws/handlers/sweeper',
    summary: 'Removes what tenants left and objects whose record is gone; seals audit trails.',
    megabytes: 512,
    timeoutSeconds: 60,
  },
}
