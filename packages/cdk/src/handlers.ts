/** The Lambda functions of a Plinth, as data: where their code comes from, and how much they are given. @module */
import { eventDriven } from '@plinth/core'

export const handlerNames = ['api', 'authorizer', 'request-worker', 'relay', 'sweeper'] as const
export type HandlerName = (typeof handlerNames)[number]

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
  },
  'request-worker': {
    module: '@plinth/aws/handlers/request-worker',
    summary: "Works the jobs of all patterns, one batch of a queue's messages at a time.",
    megabytes: 1024,
    // A call of a model ends after 5 minutes; a minute to read before it and to keep what became of it.
    timeoutSeconds: 360,
    functionName: `${eventDriven.name}-processor`,
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
