import { workflowKeyName } from '@plinth/aws/environment'
import { workflowFinished } from '@plinth/core'
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib'
import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import {
  DefinitionBody,
  Errors,
  Fail,
  IntegrationPattern,
  JsonPath,
  StateMachine,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { alarmAbove, failureAlarm, period, queueDepth } from './alarms.ts'
import { EventSubscription } from './bus.ts'
import { executionHandler } from './handlers.ts'
import { nagName } from './nag-names.ts'
import { allow } from './policy-statements.ts'
import { queuePrefix } from './queues.ts'

/** Executions that are worked at a time: each message is a few calls of the table. */
const functionsAtATime = 10
const messagesAtATime = 10
/** What waits for longer than this waits for a function that fails. */
const longestWait = Duration.minutes(10)

export interface WorkflowExecutionsProps {
  readonly bus: IEventBus
  readonly timeout: Duration
  readonly worker: LambdaFunction
  readonly role: IRole
}

/**
 * A state machine that starts a workflow and waits for its end (R48, R68), at no cost while it waits: it hands a message with its task token
 * to a queue, and the function behind the queue answers it by that token when the bus tells that the workflow has ended. It runs no steps:
 * these start the moment that they can, which no fixed state machine could do for a plan that is made at run time.
 *
 * **Who may start one** is said by IAM: whoever may `states:StartExecution` here, for each tenant that has put a key there. **Whom a run acts
 * for** is said by that tenant: the function starts it with a virtual key of the tenant's, which its administrator made (permission
 * `workflows:write`) and put into Secrets Manager as `plinth/workflow-keys/<tenant>`. An execution brings no identity, only the tenant's name;
 * without a good key of just that tenant it fails, with the error `WorkflowRefused`. A key that is revoked starts nothing from then on.
 *
 * **What can go wrong ends.** A message is tried five times, then the execution is told `WorkflowRefused`; the bus's is put with the dead
 * letters, which have an alarm. An execution waits for so long and no longer: the run is cancelled then, and it fails with `WorkflowTimedOut`.
 */
export class WorkflowExecutions extends Construct {
  readonly stateMachine: StateMachine
  /** Of what the state machine asks for, and what the bus tells. */
  readonly subscription: EventSubscription
  readonly alarms: readonly Alarm[]

  constructor(scope: Construct, id: string, { bus, timeout, worker, role }: WorkflowExecutionsProps) {
    super(scope, id)
    this.subscription = new EventSubscription(this, 'Queue', {
      bus,
      type: workflowFinished.type,
      description: 'Workflows that ended, to the queue of the executions that wait for them',
    })
    this.stateMachine = this.#makeStateMachine(timeout)
    const { queue, deadLetters } = this.subscription
    worker.addEventSource(
      new SqsEventSource(queue, { batchSize: messagesAtATime, maxConcurrency: functionsAtATime, reportBatchItemFailures: true }),
    )
    const { stateMachineArn } = this.stateMachine
    const keys = this.#keys()
    role.addToPrincipalPolicy(allow(['states:SendTaskFailure', 'states:SendTaskSuccess'], [stateMachineArn]))
    role.addToPrincipalPolicy(allow(['secretsmanager:GetSecretValue'], [keys]))
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::${nagName(role, keys)}]`]:
        'The keys of all tenants, which come and go; there is nothing else below that name.',
    })
    const oldest = queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM })
    this.alarms = [
      alarmAbove(this, 'DeadMessages', {
        threshold: 0,
        metric: queueDepth(deadLetters),
        description: 'Executions that could not be answered, or messages that nobody knows.',
      }),
      alarmAbove(this, 'Waits', {
        threshold: longestWait.toSeconds(),
        metric: oldest,
        description: `Executions wait for more than ${longestWait.toMinutes()} minutes to be started or answered.`,
      }),
      failureAlarm(this, executionHandler, worker),
    ]
  }

  #makeStateMachine(timeout: Duration): StateMachine {
    const { queue } = this.subscription
    const run = new SqsSendMessage(this, 'Run', {
      comment: 'Asks for a workflow, and waits for its end.',
      queue,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      messageBody: TaskInput.fromObject({
        task: 'start',
        token: JsonPath.taskToken,
        execution: JsonPath.executionId,
        input: JsonPath.entirePayload,
      }),
      taskTimeout: Timeout.duration(timeout),
    })
    const cancel = new SqsSendMessage(this, 'Cancel', {
      comment: 'Nobody waits for it any more.',
      queue,
      messageBody: TaskInput.fromObject({
        task: 'cancel',
        execution: JsonPath.executionId,
        input: { tenant_id: JsonPath.stringAt('$.tenant_id') },
      }),
      resultPath: JsonPath.DISCARD,
    })
    const timedOut = new Fail(this, 'TimedOut', { error: 'WorkflowTimedOut', cause: 'The workflow took longer than this waits.' })
    run.addCatch(cancel.next(timedOut), { errors: [Errors.TIMEOUT], resultPath: JsonPath.DISCARD })
    const stateMachine = new StateMachine(this, 'StateMachine', {
      comment: 'Starts a workflow of a tenant of Plinth, and waits for its end.',
      definitionBody: DefinitionBody.fromChainable(run),
      tracingEnabled: true,
    })
    acknowledge(stateMachine, {
      'AwsSolutions-SF1':
        'Step Functions keeps what happened in an execution for 90 days by itself; a log of it would need leave to write the policies of all logs.',
      'AwsSolutions-IAM5[Resource::*]': 'X-Ray takes traces for no resource in particular.',
    })
    return stateMachine
  }

  /** The ARNs of the tenants' keys; Secrets Manager adds six random characters to each. */
  #keys(): string {
    const parts = { service: 'secretsmanager', resource: 'secret', arnFormat: ArnFormat.COLON_RESOURCE_NAME }
    return Stack.of(this).formatArn({ ...parts, resourceName: workflowKeyName(queuePrefix, '*') })
  }
}
