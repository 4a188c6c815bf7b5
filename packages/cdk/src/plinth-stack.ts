import { streamVariable } from '@plinth/aws/environment'
import { analytics as analyticsPattern, multiAgent as multiAgentPattern, type PatternName, rag as ragPattern } from '@plinth/core'
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { EventDrivenGenAi } from './event-driven-genai.ts'
import type { EventDrivenGenAiProps } from './event-driven-genai-props.ts'
import { bundleNow } from './function-settings.ts'
import { documentHandler, requestPatterns } from './handlers.ts'
import { monitorPatterns, type PatternMonitoringOptions } from './monitoring/monitor-patterns.ts'
import type { PatternMonitoring } from './monitoring/pattern-monitoring.ts'
import { MultiAgentOrchestration } from './multi-agent-orchestration.ts'
import type { MultiAgentOrchestrationProps } from './multi-agent-orchestration-props.ts'
import { Rag } from './rag.ts'
import type { RagProps } from './rag-props.ts'
import { RealTimeAnalytics } from './real-time-analytics.ts'
import type { RealTimeAnalyticsProps } from './real-time-analytics-props.ts'
import { SecureMultiTenant } from './secure-multi-tenant.ts'
import type { SecureMultiTenantProps } from './secure-multi-tenant-props.ts'

export interface PlinthStackProps extends StackProps {
  /** The topic that the alarms of all patterns tell, unless a pattern's own props name another. @default - they tell nobody */
  readonly alarmTopicArn?: string
  /** @default - see there */
  readonly eventDriven?: EventDrivenGenAiProps
  /**
   * Documents and answers from them, beside what `eventDriven` makes; models, functions, topic and removal policy are as said
   * there, unless said here. `false`: without, and the API knows no documents either. @default - see there
   */
  readonly rag?: RagProps | false
  /**
   * Workflows of agents, beside what `eventDriven` makes; models, functions, topic and removal policy are as said there, unless said here.
   * `false`: without, and the API knows no workflows either. @default - see there
   */
  readonly multiAgent?: MultiAgentOrchestrationProps | false
  /**
   * Streams of records, beside what `eventDriven` makes; models, functions, topic and removal policy are as said there, unless said here.
   * `false`: without, and the API knows no streams and alerts either; a shard of Kinesis costs 11 USD a month, idle or not. @default - see there
   */
  readonly analytics?: RealTimeAnalyticsProps | false
  /**
   * Around what these make; topic, retention and removal policy are as said there, unless said here. `false`: without.
   * Tenants with keys of their own need it. @default - see there
   */
  readonly multiTenant?: SecureMultiTenantProps | false
  /**
   * A dashboard of CloudWatch for each of these patterns, at 3 USD a month; an account's first three are free. `false`: none.
   * @default - see there
   */
  readonly monitoring?: PatternMonitoringOptions | false
}

/** A whole Plinth: the constructs of its patterns over one table, bucket, bus and key. */
export class PlinthStack extends Stack {
  readonly eventDriven: EventDrivenGenAi
  readonly rag: Rag | undefined
  readonly multiAgent: MultiAgentOrchestration | undefined
  readonly analytics: RealTimeAnalytics | undefined
  readonly multiTenant: SecureMultiTenant | undefined
  /** Empty without dashboards. */
  readonly monitoring: ReadonlyMap<PatternName, PatternMonitoring>

  constructor(scope: Construct, id: string, options: PlinthStackProps = {}) {
    const {
      alarmTopicArn,
      eventDriven: requested = {},
      rag = {},
      multiAgent = {},
      analytics = {},
      multiTenant = {},
      monitoring = {},
      ...props
    } = options
    super(scope, id, { description: 'Plinth: architecture patterns for generative AI', ...props })
    const eventDriven: EventDrivenGenAiProps = {
      ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn) }),
      ...requested,
    }
    const patterns = [
      ...requestPatterns,
      ...(rag ? [ragPattern.name] : []),
      ...(multiAgent ? [multiAgentPattern.name] : []),
      ...(analytics ? [analyticsPattern.name] : []),
    ]
    const handlerFolder = eventDriven.functions?.handlerFolder ?? bundleNow()
    const requests = { ...eventDriven, functions: { ...eventDriven.functions, handlerFolder, patterns } }
    this.eventDriven = new EventDrivenGenAi(this, 'EventDriven', requests)
    this.rag = rag ? new Rag(this, 'Rag', this.#beside(requests, rag)) : undefined
    this.multiAgent = multiAgent
      ? new MultiAgentOrchestration(this, 'MultiAgent', this.#withAgents(requests, multiAgent))
      : undefined
    this.analytics = analytics ? new RealTimeAnalytics(this, 'Analytics', this.#withModels(requests, analytics)) : undefined
    if (this.analytics) this.#takeRecords(this.analytics)
    this.multiTenant = multiTenant
      ? new SecureMultiTenant(this, 'MultiTenant', this.#around(eventDriven, multiTenant))
      : undefined
    this.monitoring = monitoring ? monitorPatterns(this, this, monitoring) : new Map()
    const { api, bus, table, bucket, key, queues, subscription } = this.eventDriven
    this.#say('ApiUrl', api.url, 'Where the API and the console answer')
    // Without the slash at the end, which AWS's clients for JavaScript would double.
    const { stageName } = api.deploymentStage
    const gateway = `https://${api.restApiId}.execute-api.${this.region}.${this.urlSuffix}/${stageName}`
    this.#say('GatewayUrl', gateway, 'What clients of models are told; those of OpenAI with /v1 after it')
    this.#say('BusName', bus.eventBusName, 'The bus on which Plinth tells what happened')
    this.#say('TableName', table.tableName, 'Records, events and jobs that wait')
    this.#say('BucketName', bucket.bucketName, 'What is too large for a record')
    this.#say('PooledKeyArn', key.keyArn, 'The key of tenants without one of their own')
    this.#say('EventQueueUrl', subscription.queue.queueUrl, 'Where systems of this account can read the events')
    this.#say('EventDeadLetterQueueUrl', subscription.deadLetters.queueUrl, 'Events that were not taken')
    this.#say(
      'JobDeadLetterQueueUrl',
      queues.deadLetters.queueUrl,
      'Messages that ended their worker again and again, or hold no job',
    )
    const jobs = [this.rag, this.multiAgent, this.analytics].flatMap((made) => made?.queues.all ?? [])
    this.#say(
      'JobQueueNames',
      [...queues.all, ...jobs].map(({ queue }) => queue.queueName).join(','),
      'The queues of jobs, by lane',
    )
    const { executions } = this.multiAgent ?? {}
    if (executions) {
      const { stateMachine, subscription: waiting } = executions
      this.#say('WorkflowStateMachineArn', stateMachine.stateMachineArn, 'Starts a workflow, and waits for its end')
      this.#say(
        'ExecutionDeadLetterQueueUrl',
        waiting.deadLetters.queueUrl,
        'What could not be started for an execution, or told to it',
      )
    }
    if (this.analytics) {
      const { stream, failures } = this.analytics
      this.#say('StreamName', stream.streamName, 'The stream of all records, sealed')
      this.#say('FailedRecordsQueueUrl', failures.queueUrl, 'Which records of the stream were given up')
    }
    const { webAcl } = this.multiTenant ?? {}
    if (webAcl) {
      this.#say('WebAclArn', webAcl.acl.attrArn, 'What is asked before the API')
      this.#say('WebAclLogName', webAcl.logGroup.logGroupName, 'The log of what it refused')
    }
  }

  #beside(
    { embeddingModels, alarmTopic, functions = {}, removalPolicy }: EventDrivenGenAiProps,
    { existing, functions: own, ...props }: RagProps,
  ): RagProps {
    const { table, bucket, key, queues } = this.eventDriven
    const { concurrency, reservedConcurrency, patterns, ...shared } = functions
    return {
      existing: { table, bucket, key, deadLetters: queues.deadLetters, relay: this.eventDriven.functions.relay, ...existing },
      functions: { ...shared, ...own },
      ...(embeddingModels && { embeddingModels }),
      ...(alarmTopic && { alarmTopic }),
      ...(removalPolicy && { removalPolicy }),
      ...props,
    }
  }

  #withAgents(
    requests: EventDrivenGenAiProps,
    { existing, functions: own, ...props }: MultiAgentOrchestrationProps,
  ): MultiAgentOrchestrationProps {
    const { models } = requests
    const { bus } = this.eventDriven
    const beside = this.#beside(requests, { ...(existing && { existing }), ...(own && { functions: own }) })
    return { ...beside, existing: { bus, ...beside.existing }, ...(models && { models }), ...props }
  }

  #withModels(
    requests: EventDrivenGenAiProps,
    { existing, functions: own, ...props }: RealTimeAnalyticsProps,
  ): RealTimeAnalyticsProps {
    const { models } = requests
    const { embeddingModels: _, ...beside } = this.#beside(requests, {
      ...(existing && { existing }),
      ...(own && { functions: own }),
    })
    return { ...beside, ...(models && { models }), ...props }
  }

  /** The API's function appends what tenants hand in. */
  #takeRecords(analytics: RealTimeAnalytics): void {
    const { api } = this.eventDriven.functions
    analytics.grantAppend(api)
    for (const [name, value] of Object.entries(streamVariable(analytics.stream.streamName))) api.addEnvironment(name, value)
  }

  #around(
    { alarmTopic, functions, removalPolicy }: EventDrivenGenAiProps,
    { existing, ...props }: SecureMultiTenantProps,
  ): SecureMultiTenantProps {
    const { table, bucket, key, api } = this.eventDriven
    const made = {
      ...this.eventDriven.functions,
      ...(this.rag && { [documentHandler]: this.rag.processor }),
      ...this.multiAgent?.functions,
      ...this.analytics?.functions,
    }
    return {
      existing: { table, bucket, key, stage: api.deploymentStage, functions: made, ...existing },
      ...(alarmTopic && { alarmTopic }),
      ...(functions?.logRetention !== undefined && { logRetention: functions.logRetention }),
      ...(removalPolicy && { removalPolicy }),
      ...props,
    }
  }

  #say(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description })
  }
}
