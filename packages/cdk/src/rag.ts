import { variablesOf } from '@plinth/aws/environment'
import { rag } from '@plinth/core'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { tell } from './alarms.ts'
import { readsImages } from './bundle-documents.ts'
import { ConstructWithJobs } from './construct-with-jobs.ts'
import { bundleNow, checkVariables, embeddingVariables } from './function-settings.ts'
import { HandlerFunctions } from './functions.ts'
import { documentHandler, jobsOf } from './handlers.ts'
import { modelAccess } from './models.ts'
import { grantAccess } from './permissions.ts'
import { hostsOf } from './queues.ts'
import { checkRagProps, defaultDocumentConcurrency, type RagProps } from './rag-props.ts'
import { connectQueues } from './triggers.ts'

/**
 * One job at a time: reading takes all of a function, and a document that ends its function must not count as a delivery of others.
 */
const jobsAtATime = 1
/** Many documents at once wait for each other, which is no fault. */
const longestWait = Duration.hours(1)

/**
 * Retrieval-augmented generation on AWS, but for its API: queues for documents that were sent, and a function that reads them, makes
 * their vectors, and keeps the index in order. Questions are answered by the function behind the API, from the same table and bucket.
 *
 * One in an account and Region: the function `rag-processor` and the queues have fixed names, by contract.
 */
export class Rag extends ConstructWithJobs {
  readonly processor: LambdaFunction
  readonly alarms: readonly Alarm[]

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: RagProps = {}) {
    const jobs = jobsOf([rag.name])
    checkRagProps(props, hostsOf(jobs).length)
    const { existing = {}, removalPolicy = RemovalPolicy.RETAIN } = props
    super(scope, id, { jobs, handler: documentHandler, existing, removalPolicy })
    const { embeddingModels = [], functions = {}, alarmTopic } = props
    const { concurrency = defaultDocumentConcurrency, logRetention = RetentionDays.ONE_MONTH, vpc } = functions
    const { environment = {}, reservedConcurrency } = functions

    const { table, bucket, key, queues } = this
    const { deadLetters, relay } = existing

    const handlerFolder = functions.handlerFolder ?? bundleNow()
    const images = readsImages(handlerFolder)
    const variables = {
      ...variablesOf({
        ...this.places(),
        ocr: images ? 'textract' : 'off',
        patterns: [rag.name],
      }),
      ...embeddingVariables(embeddingModels),
    }
    checkVariables(functions, variables)
    const made = new HandlerFunctions(this, 'Functions', {
      names: [documentHandler],
      handlerFolder,
      environment: { ...environment, ...variables },
      modelAccess: { [documentHandler]: modelAccess(this, { embeddingModels }) },
      logRetention,
      removalPolicy,
      ...(vpc && { vpc }),
      traceCollector: functions.traceCollector ?? false,
      ...(reservedConcurrency !== undefined && { reservedConcurrency: { [documentHandler]: reservedConcurrency } }),
    })
    this.processor = made.byName[documentHandler]
    grantAccess(documentHandler, made.roles[documentHandler], { table, bucket, key, queues, readsImages: images })
    connectQueues(this.processor, { queues, concurrency, batchSize: jobsAtATime })
    if (relay) this.grantSendJobs(relay)
    this.alarms = this.jobAlarms({ deadLetters, longestWait, functions: made.byName })
    if (alarmTopic) for (const alarm of this.alarms) tell(alarm, alarmTopic)
  }
}
