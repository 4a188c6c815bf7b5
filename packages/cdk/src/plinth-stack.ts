import { multiAgent as multiAgentPattern, rag as ragPattern } from '@plinth/core'
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { EventDrivenGenAi } from './event-driven-genai.ts'
import type { EventDrivenGenAiProps } from './event-driven-genai-props.ts'
import { bundleNow } from './function-settings.ts'
import { documentHandler, requestPatterns } from './handlers.ts'
import { MultiAgentOrchestration } from './multi-agent-orchestration.ts'
import type { MultiAgentOrchestrationProps } from './multi-agent-orchestration-props.ts'
import { Rag } from './rag.ts'
import type { RagProps } from './rag-props.ts'
import { SecureMultiTenant } from './secure-multi-tenant.ts'
import type { SecureMultiTenantProps } from './secure-multi-tenant-props.ts'

export interface PlinthStackProps extends StackProps {
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
   * Around what these make; topic, retention and removal policy are as said there, unless said here. `false`: without.
   * Tenants with keys of their own need it. @default - see there
   */
  readonly multiTenant?: SecureMultiTenantProps | false
}

/** A whole Plinth: the constructs of its patterns over one table, bucket, bus and key. */
export class PlinthStack extends Stack {
  readonly eventDriven: EventDrivenGenAi
  readonly rag: Rag | undefined
  readonly multiAgent: MultiAgentOrchestration | undefined
  readonly multiTenant: SecureMultiTenant | undefined

  constructor(scope: Construct, id: string, options: PlinthStackProps = {}) {
    const { eventDriven = {}, rag = {}, multiAgent = {}, multiTenant = {}, ...props } = options
    super(scope, id, { description: 'Plinth: architecture patterns for generative AI', ...props })
    const patterns = [...requestPatterns, ...(rag ? [ragPattern.name] : []), ...(multiAgent ? [multiAgentPattern.name] : [])]
    const handlerFolder = eventDriven.functions?.handlerFolder ?? bundleNow()
    const requests = { ...eventDriven, functions: { ...eventDriven.functions, handlerFolder, patterns } }
    this.eventDriven = new EventDrivenGenAi(this, 'EventDriven', requests)
    this.rag = rag ? new Rag(this, 'Rag', this.#beside(requests, rag)) : undefined
    this.multiAgent = multiAgent
      ? new MultiAgentOrchestration(this, 'MultiAgent', this.#withAgents(requests, multiAgent))
      : undefined
    this.multiTenant = multiTenant
      ? new SecureMultiTenant(this, 'MultiTenant', this.#around(eventDriven, multiTenant))
      : undefined
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
    const jobs = [...queues.all, ...(this.rag?.queues.all ?? []), ...(this.multiAgent?.queues.all ?? [])]
    this.#say('JobQueueNames', jobs.map(({ queue }) => queue.queueName).join(','), 'The queues of jobs, by lane')
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

  #around(
    { alarmTopic, functions, removalPolicy }: EventDrivenGenAiProps,
    { existing, ...props }: SecureMultiTenantProps,
  ): SecureMultiTenantProps {
    const { table, bucket, key, api } = this.eventDriven
    const made = {
      ...this.eventDriven.functions,
      ...(this.rag && { [documentHandler]: this.rag.processor }),
      ...this.multiAgent?.functions,
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
