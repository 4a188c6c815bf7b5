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
    summary: 'Answers HTTP.',
    megabytes: 1024,
    // A stream of events is held open; API Gateway ends a response after 15 minutes, too.
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
