import { Duration } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import { FilterCriteria, FilterRule, type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { DynamoEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { RequestHandler } from './handlers.ts'
import { type JobQueues, laneConcurrency } from './queues.ts'

/** The messages of a batch are worked side by side: waiting for models, they need little of a function. */
const messagesAtATime = 10
const entriesAtATime = 256
/** What the sweeper's handler is told, to seal and no more. */
const sealOnly = { task: 'seal' }

/** What sets the functions going, but for HTTP. */
export function connectTriggers(
  functions: Readonly<Record<RequestHandler, LambdaFunction>>,
  { table, queues, concurrency }: { readonly table: ITable; readonly queues: JobQueues; readonly concurrency: number },
): void {
  connectQueues(functions['request-worker'], { queues, concurrency, batchSize: messagesAtATime })
  functions.relay.addEventSource(
    new DynamoEventSource(table, {
      // Only what commits put into the outbox: rows, and what becomes of the entries, wake nobody.
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { o: { S: FilterRule.exists() } } },
        }),
      ],
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: entriesAtATime,
      // The table is the truth: what isn't sent now, the next minute's call finds. So a batch must not hold up those behind it.
      retryAttempts: 2,
      bisectBatchOnError: true,
    }),
  )
  callEach(Duration.minutes(1), functions.relay, 'What the stream left, and what falls due')
  // It lists the objects of each tenant, which S3 charges.
  callEach(Duration.hours(1), functions.sweeper, 'Clearing away')
  callEach(Duration.minutes(1), functions.sweeper, 'Sealing audit trails', { id: 'Sealing', input: sealOnly })
}

/** Has a function work jobs. @param options.concurrency how many functions may work one job at a time, by its lanes. */
export function connectQueues(
  worker: LambdaFunction,
  { queues, concurrency, batchSize }: { readonly queues: JobQueues; readonly concurrency: number; readonly batchSize: number },
): void {
  for (const each of queues.all)
    worker.addEventSource(
      new SqsEventSource(each.queue, {
        batchSize,
        maxConcurrency: laneConcurrency(each, concurrency),
        reportBatchItemFailures: true,
      }),
    )
}

/** The schedule calls again anyway, so a call that fails or comes late isn't repeated. */
function callEach(
  time: Duration,
  code: LambdaFunction,
  description: string,
  { id = 'Schedule', input }: { readonly id?: string; readonly input?: object } = {},
): void {
  const event = input && RuleTargetInput.fromObject(input)
  new Rule(code, id, {
    description,
    schedule: Schedule.rate(time),
    targets: [new LambdaTarget(code, { retryAttempts: 0, maxEventAge: time, ...(event && { event }) })],
  })
}
