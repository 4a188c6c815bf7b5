import { patternVariables, variablesOf } from '@plinth/aws/environment'
import { RemovalPolicy } from 'aws-cdk-lib'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { Alarms, oldestJob, queueDepth } from './alarms.ts'
import { createApi } from './api.ts'
import { createBucket } from './bucket.ts'
import { readsImages } from './bundle-documents.ts'
import { createBus, EventSubscription } from './bus.ts'
import { checkProps, defaultConcurrency, type EventDrivenGenAiProps } from './event-driven-genai-props.ts'
import { bundleNow, checkVariables, embeddingVariables } from './function-settings.ts'
import { HandlerFunctions } from './functions.ts'
import { handlers, jobsOf, type RequestHandler, requestHandlers, requestPatterns } from './handlers.ts'
import { checkIssuerSetting } from './issuer-setting.ts'
import { defaultModel, modelAccess } from './models.ts'
import { grantAccess } from './permissions.ts'
import { createPooledKey } from './pooled-key.ts'
import { JobQueues, queuePrefix } from './queues.ts'
import { createTable } from './table.ts'
import { connectTriggers } from './triggers.ts'

/**
 * Event-driven GenAI on AWS: an API that acknowledges at once, a table that keeps requests and what they emit, queues in three lanes
 * that buffer the work, workers that call the models, and a bus that tells of it. Everything waits at next to no cost.
 *
 * One in an account and Region: the function `event-driven-processor`, the API `event-driven-api`, the bus and the queues have
 * fixed names, and the execution role a fixed logical id, by contract.
 */
export class EventDrivenGenAi extends Construct {
  readonly table: ITable
  readonly bucket: IBucket
  readonly bus: IEventBus
  readonly key: IKey
  readonly queues: JobQueues
  readonly subscription: EventSubscription
  readonly functions: Readonly<Record<RequestHandler, LambdaFunction>>
  readonly api: RestApi
  readonly alarms: Alarms

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: EventDrivenGenAiProps = {}) {
    super(scope, id)
    const jobs = jobsOf(requestPatterns)
    checkProps(props, jobs.length)
    const { existing = {}, models = [defaultModel], functions = {}, removalPolicy = RemovalPolicy.RETAIN } = props
    const { embeddingModels = [] } = props
    const { concurrency = defaultConcurrency, logRetention = RetentionDays.ONE_MONTH, vpc, reservedConcurrency } = functions
    const { environment = {}, patterns = requestPatterns } = functions

    // Asserted, as CDK's classes are no instances of its interfaces under exactOptionalPropertyTypes.
    this.table = existing.table ?? (createTable(this, { removalPolicy }) as ITable)
    this.bucket = existing.bucket ?? (createBucket(this, { removalPolicy }) as IBucket)
    this.bus = existing.bus ?? (createBus(this) as IEventBus)
    this.key = existing.key ?? createPooledKey(this, { removalPolicy })
    const { timeoutSeconds } = handlers['request-worker']
    this.queues = new JobQueues(this, 'Queues', { jobs, timeoutSeconds })
    this.subscription = new EventSubscription(this, 'Events', { bus: this.bus })

    const handlerFolder = functions.handlerFolder ?? bundleNow()
    const variables = {
      ...variablesOf({
        table: this.table.tableName,
        bucket: this.bucket.bucketName,
        bus: this.bus.eventBusName,
        queuePrefix,
        pooledKey: this.key.keyArn,
        // The API refuses images where nobody could read them.
        ocr: readsImages(handlerFolder) ? 'textract' : 'off',
        patterns,
      }),
      PLINTH_MODEL: `bedrock/${models[0]}`,
      ...embeddingVariables(embeddingModels),
    }
    checkVariables(environment, variables)
    checkIssuerSetting(environment.PLINTH_ISSUERS, handlerFolder)
    const made = new HandlerFunctions(this, 'Functions', {
      names: requestHandlers,
      handlerFolder,
      environment: { ...environment, ...variables },
      ownEnvironment: { 'request-worker': patternVariables(requestPatterns) },
      // The model gateway runs in the API's function, and calls models itself; so do answers from documents.
      modelAccess: {
        api: modelAccess(this, { models, embeddingModels }),
        'request-worker': modelAccess(this, { models }),
      },
      logRetention,
      removalPolicy,
      ...(vpc && { vpc }),
      ...(reservedConcurrency !== undefined && { reservedConcurrency: { 'request-worker': reservedConcurrency } }),
    })
    this.functions = made.byName
    const { table, bucket, bus, key, queues } = this
    const resources = { table, bucket, bus, key, queues }
    for (const name of requestHandlers) grantAccess(name, made.roles[name], resources)
    connectTriggers(this.functions, { table: this.table, queues: this.queues, concurrency })

    const { throttle = { requestsPerSecond: 500, burst: 1_000 }, alarmTopic } = props
    const { api: server, authorizer } = this.functions
    this.api = createApi(this, { server, authorizer, throttle, logRetention, removalPolicy })
    this.alarms = new Alarms(this, 'Alarms', {
      functions: this.functions,
      queues: this.queues,
      eventDeadLetters: this.subscription.deadLetters,
      api: this.api,
      ...(alarmTopic && { topic: alarmTopic }),
    })
  }

  /** Lets somebody receive events, and delete those that were taken. */
  grantConsumeEvents(grantee: IGrantable): Grant {
    return this.subscription.queue.grantConsumeMessages(grantee)
  }

  /** Lets somebody put events of their own on the bus. */
  grantPutEvents(grantee: IGrantable): Grant {
    return this.bus.grantPutEventsTo(grantee)
  }

  /** Lets somebody take jobs from where they ended, and send them to their queues again. */
  grantRedriveJobs(grantee: IGrantable): Grant {
    return this.queues.grantRedrive(grantee)
  }

  /** Messages that ended their worker again and again, or hold no job. */
  metricDeadJobs(): IMetric {
    return queueDepth(this.queues.deadLetters)
  }

  /** Seconds that the oldest job of a name, such as `event-driven.process`, has waited. @throws InvalidInputError for no such job. */
  metricOldestJob(job: string): IMetric {
    return oldestJob(this.queues.of(job))
  }
}
