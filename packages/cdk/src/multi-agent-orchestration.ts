import { variablesOf } from '@plinth/aws/environment'
import { multiAgent } from '@plinth/core'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { Alarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { period, tell } from './alarms.ts'
import { createBus } from './bus.ts'
import { ConstructWithJobs } from './construct-with-jobs.ts'
import { bundleNow, checkVariables, embeddingVariables } from './function-settings.ts'
import { HandlerFunctions } from './functions.ts'
import { executionHandler, jobsOf, type WorkflowHandler, workflowHandler } from './handlers.ts'
import { defaultModel, modelAccess } from './models.ts'
import {
  checkMultiAgentProps,
  defaultExecutionTimeout,
  defaultWorkflowConcurrency,
  invalidWithoutExecutions,
  type MultiAgentOrchestrationProps,
} from './multi-agent-orchestration-props.ts'
import { grantAccess } from './permissions.ts'
import { hostsOf } from './queues.ts'
import { connectQueues } from './triggers.ts'
import { WorkflowExecutions } from './workflow-executions.ts'

/** A run has a function to itself, and until its end: what it runs out of is no concern of others. */
const jobsAtATime = 1
/** A run goes on in a message of its own at least every 15 minutes, which count as waiting. */
const longestWait = Duration.minutes(30)

/**
 * Multi-agent orchestration on AWS, but for its API: queues for workflows that begin or go on, a function that plans and runs them by
 * their journal in the table, and a state machine by which others start one and wait for its end ({@link WorkflowExecutions}).
 *
 * One in an account and Region: the function `multi-agent-processor` and the queues have fixed names, by contract.
 */
export class MultiAgentOrchestration extends ConstructWithJobs {
  readonly bus: IEventBus
  readonly functions: Readonly<Partial<Record<WorkflowHandler, LambdaFunction>>>
  readonly processor: LambdaFunction
  /** Absent where there is to be none. */
  readonly executions: WorkflowExecutions | undefined
  readonly alarms: readonly Alarm[]

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: MultiAgentOrchestrationProps = {}) {
    const jobs = jobsOf([multiAgent.name])
    checkMultiAgentProps(props, hostsOf(jobs).length)
    const { existing = {}, removalPolicy = RemovalPolicy.RETAIN } = props
    super(scope, id, { jobs, handler: workflowHandler, existing, removalPolicy })
    const { models = [defaultModel], embeddingModels = [], functions = {}, executions = {} } = props
    const { alarmTopic } = props
    const { concurrency = defaultWorkflowConcurrency, logRetention = RetentionDays.ONE_MONTH, vpc } = functions
    const { environment = {}, reservedConcurrency } = functions

    const { table, bucket, key, queues } = this
    // Asserted, as CDK's class is no instance of its interface under exactOptionalPropertyTypes.
    this.bus = existing.bus ?? (createBus(this) as IEventBus)
    const { deadLetters, relay } = existing

    const handlerFolder = functions.handlerFolder ?? bundleNow()
    const variables = {
      ...variablesOf({
        ...this.places(),
        // They search documents, and read none.
        ocr: 'off',
        patterns: [multiAgent.name],
      }),
      PLINTH_MODEL: `bedrock/${models[0]}`,
      ...embeddingVariables(embeddingModels),
    }
    checkVariables(functions, variables)
    const made = new HandlerFunctions<WorkflowHandler>(this, 'Functions', {
      names: executions ? [workflowHandler, executionHandler] : [workflowHandler],
      handlerFolder,
      environment: { ...environment, ...variables },
      modelAccess: {
        [workflowHandler]: modelAccess(this, { models, embeddingModels, guardrail: environment.PLINTH_BEDROCK_GUARDRAIL }),
      },
      logRetention,
      removalPolicy,
      ...(vpc && { vpc }),
      traceCollector: functions.traceCollector ?? false,
      ...(reservedConcurrency !== undefined && { reservedConcurrency: { [workflowHandler]: reservedConcurrency } }),
    })
    this.functions = made.byName
    this.processor = made.byName[workflowHandler]
    const { bus } = this
    const resources = { table, bucket, key, queues }
    grantAccess(workflowHandler, made.roles[workflowHandler], resources)
    connectQueues(this.processor, { queues, concurrency, batchSize: jobsAtATime })
    if (relay) this.grantSendJobs(relay)
    if (executions) {
      const role = made.roles[executionHandler]
      grantAccess(executionHandler, role, resources)
      const { timeout = defaultExecutionTimeout } = executions
      this.executions = new WorkflowExecutions(this, 'Executions', { bus, timeout, worker: made.byName[executionHandler], role })
    }
    this.alarms = [
      ...this.jobAlarms({ deadLetters, longestWait, functions: { [workflowHandler]: this.processor } }),
      ...(this.executions?.alarms ?? []),
    ]
    if (alarmTopic) for (const alarm of this.alarms) tell(alarm, alarmTopic)
  }

  /**
   * Lets somebody start workflows by the state machine, in the name of each tenant that has put a key there.
   * @throws InvalidInputError where there is none.
   */
  grantStartExecution(grantee: IGrantable): Grant {
    return this.#required().stateMachine.grantStartExecution(grantee)
  }

  /** Executions that failed, since their workflow did, was refused, cancelled or took too long. @throws InvalidInputError without a state machine. */
  metricFailedExecutions(): IMetric {
    return this.#required().stateMachine.metricFailed({ period, statistic: Stats.SUM })
  }

  #required(): WorkflowExecutions {
    if (!this.executions) throw invalidWithoutExecutions()
    return this.executions
  }
}
