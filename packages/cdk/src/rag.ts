import { variablesOf } from '@plinth/aws/environment'
import { rag } from '@plinth/core'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { deadJobsAlarm, failureAlarm, tell, throttleAlarm, waitAlarms } from './alarms.ts'
import { readsImages } from './bundle-documents.ts'
import { ConstructWithJobs } from './construct-with-jobs.ts'
import { createTenantData } from './create-tenant-data.ts'
import { bundleNow, checkVariables, embeddingVariables } from './function-settings.ts'
import { HandlerFunctions } from './functions.ts'
import { documentHandler, handlers, jobsOf } from './handlers.ts'
import { modelAccess } from './models.ts'
import { grantAccess, sendJobs } from './permissions.ts'
import { grantAll } from './policy-statements.ts'
import { JobQueues, queuePrefix } from './queues.ts'
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
  readonly table: ITable
  readonly bucket: IBucket
  readonly key: IKey
  readonly queues: JobQueues
  readonly processor: LambdaFunction
  readonly alarms: readonly Alarm[]

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: RagProps = {}) {
    super(scope, id)
    const jobs = jobsOf([rag.name])
    checkRagProps(props, jobs.length)
    const { existing = {}, embeddingModels = [], functions = {}, alarmTopic, removalPolicy = RemovalPolicy.RETAIN } = props
    const { concurrency = defaultDocumentConcurrency, logRetention = RetentionDays.ONE_MONTH, vpc } = functions
    const { environment = {}, reservedConcurrency } = functions

    const { table, bucket, key } = createTenantData(this, { existing, removalPolicy })
    this.table = table
    this.bucket = bucket
    this.key = key
    const { deadLetters, relay } = existing
    const { timeoutSeconds } = handlers[documentHandler]
    this.queues = new JobQueues(this, 'Queues', { jobs, timeoutSeconds, ...(deadLetters && { deadLetters }) })

    const handlerFolder = functions.handlerFolder ?? bundleNow()
    const images = readsImages(handlerFolder)
    const variables = {
      ...variablesOf({
        table: table.tableName,
        bucket: bucket.bucketName,
        queuePrefix,
        pooledKey: key.keyArn,
        ocr: images ? 'textract' : 'off',
        patterns: [rag.name],
      }),
      ...embeddingVariables(embeddingModels),
    }
    checkVariables(environment, variables)
    const made = new HandlerFunctions(this, 'Functions', {
      names: [documentHandler],
      handlerFolder,
      environment: { ...environment, ...variables },
      modelAccess: { [documentHandler]: modelAccess(this, { embeddingModels }) },
      logRetention,
      removalPolicy,
      ...(vpc && { vpc }),
      ...(reservedConcurrency !== undefined && { reservedConcurrency: { [documentHandler]: reservedConcurrency } }),
    })
    this.processor = made.byName[documentHandler]
    const { queues } = this
    grantAccess(documentHandler, made.roles[documentHandler], { table, bucket, key, queues, readsImages: images })
    connectQueues(this.processor, { queues, concurrency, batchSize: jobsAtATime })
    if (relay) this.grantSendJobs(relay)
    this.alarms = [
      ...(deadLetters ? [] : [deadJobsAlarm(this, queues)]),
      ...waitAlarms(this, queues, longestWait),
      failureAlarm(this, documentHandler, this.processor),
      throttleAlarm(this, documentHandler, this.processor),
    ]
    if (alarmTopic) for (const alarm of this.alarms) tell(alarm, alarmTopic)
  }

  /** Lets somebody send the jobs of documents: whatever relays what commits emitted. */
  grantSendJobs(grantee: IGrantable): Grant {
    return grantAll(grantee, [sendJobs(this.queues)])
  }
}
