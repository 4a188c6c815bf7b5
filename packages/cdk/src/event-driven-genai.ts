import { patternVariables, variablesOf } from '@plinth/aws/environment'
import { RemovalPolicy } from 'aws-cdk-lib'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { Alarms } from './alarms.ts'
import { createApi } from './api.ts'
import { readsImages } from './bundle-documents.ts'
import { createBus, EventSubscription } from './bus.ts'
import { ConstructWithJobs } from './construct-with-jobs.ts'
import { checkProps, defaultConcurrency, type EventDrivenGenAiProps } from './event-driven-genai-props.ts'
import { bundleNow, checkVariables, embeddingVariables } from './function-settings.ts'
import { HandlerFunctions } from './functions.ts'
import { jobsOf, type RequestHandler, requestHandlers, requestPatterns } from './handlers.ts'
import { checkIssuerSetting } from './issuer-setting.ts'
import { defaultModel, modelAccess } from './models.ts'
import { grantAccess } from './permissions.ts'
import { hostsOf } from './queues.ts'
import { connectTriggers } from './triggers.ts'

/**
 * Event-driven GenAI on AWS: an API that acknowledges at once, a table that keeps requests and what they emit, queues in three lanes
 * that buffer the work, workers that call the models, and a bus that tells of it. Everything waits at next to no cost.
 *
 * One in an account and Region: the function `event-driven-processor`, the API `event-driven-api`, the bus and the queues have
 * fixed names, and the execution role a fixed logical id, by contract.
 */
export class EventDrivenGenAi extends ConstructWithJobs {
  readonly bus: IEventBus
  readonly subscription: EventSubscription
  readonly functions: Readonly<Record<RequestHandler, LambdaFunction>>
  readonly api: RestApi
  readonly alarms: Alarms

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: EventDrivenGenAiProps = {}) {
    const jobs = jobsOf(requestPatterns)
    checkProps(props, hostsOf(jobs).length)
    const { existing = {}, removalPolicy = RemovalPolicy.RETAIN } = props
    super(scope, id, { jobs, handler: 'request-worker', existing, removalPolicy })
    const { models = [defaultModel], embeddingModels = [], functions = {} } = props
    const { concurrency = defaultConcurrency, logRetention = RetentionDays.ONE_MONTH, vpc, reservedConcurrency } = functions
    const { environment = {}, patterns = requestPatterns } = functions

    const { table, bucket, key, queues } = this
    // Asserted, as CDK's class is no instance of its interface under exactOptionalPropertyTypes.
    this.bus = existing.bus ?? (createBus(this) as IEventBus)
    this.subscription = new EventSubscription(this, 'Events', { bus: this.bus })

    const handlerFolder = functions.handlerFolder ?? bundleNow()
    const variables = {
      ...variablesOf({
        ...this.places(),
        bus: this.bus.eventBusName,
        // The API refuses images where nobody could read them.
        ocr: readsImages(handlerFolder) ? 'textract' : 'off',
        patterns,
      }),
      PLINTH_MODEL: `bedrock/${models[0]}`,
      ...embeddingVariables(embeddingModels),
    }
    checkVariables(functions, variables)
    checkIssuerSetting(environment.PLINTH_ISSUERS, handlerFolder)
    const guardrail = environment.PLINTH_BEDROCK_GUARDRAIL
    const made = new HandlerFunctions(this, 'Functions', {
      names: requestHandlers,
      handlerFolder,
      environment: { ...environment, ...variables },
      ownEnvironment: { 'request-worker': patternVariables(requestPatterns) },
      // The model gateway runs in the API's function, and calls models itself; so do answers from documents.
      modelAccess: {
        api: modelAccess(this, { models, embeddingModels, guardrail }),
        'request-worker': modelAccess(this, { models, guardrail }),
      },
      logRetention,
      removalPolicy,
      ...(vpc && { vpc }),
      traceCollector: functions.traceCollector ?? false,
      ...(reservedConcurrency !== undefined && { reservedConcurrency: { 'request-worker': reservedConcurrency } }),
    })
    this.functions = made.byName
    const { bus } = this
    const resources = { table, bucket, bus, key, queues }
    for (const name of requestHandlers) grantAccess(name, made.roles[name], resources)
    connectTriggers(this.functions, { table, queues, concurrency })

    const { throttle = { requestsPerSecond: 500, burst: 1_000 }, alarmTopic } = props
    const { api: server, authorizer } = this.functions
    this.api = createApi(this, { server, authorizer, throttle, logRetention, removalPolicy })
    this.alarms = new Alarms(this, 'Alarms', {
      functions: this.functions,
      queues,
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
}
