import type { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { Alarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { deadJobsAlarm, failureAlarm, oldestJob, queueDepth, waitAlarms } from './alarms.ts'
import { createTenantData } from './create-tenant-data.ts'
import { type HandlerName, handlers } from './handlers.ts'
import { sendJobs } from './permissions.ts'
import { grantAll } from './policy-statements.ts'
import { JobQueues, queuePrefix } from './queues.ts'
import type { TenantData } from './tenant-data.ts'

export interface JobsProps {
  readonly jobs: readonly string[]
  /** Whose function works them. */
  readonly handler: HandlerName
  readonly existing: Partial<TenantData> & { readonly deadLetters?: IQueue }
  /** Of what holds data. */
  readonly removalPolicy: RemovalPolicy
}

/** A pattern whose jobs wait in queues, with where tenants' data lies and what it hands out of them. */
export abstract class ConstructWithJobs extends Construct {
  readonly table: ITable
  readonly bucket: IBucket
  readonly key: IKey
  readonly queues: JobQueues

  constructor(scope: Construct, id: string, { jobs, handler, existing, removalPolicy }: JobsProps) {
    super(scope, id)
    const { table, bucket, key } = createTenantData(this, { existing, removalPolicy })
    this.table = table
    this.bucket = bucket
    this.key = key
    const { deadLetters } = existing
    const { timeoutSeconds } = handlers[handler]
    this.queues = new JobQueues(this, 'Queues', { jobs, timeoutSeconds, ...(deadLetters && { deadLetters }) })
  }

  /** Lets somebody send its jobs: whatever relays what commits emitted. */
  grantSendJobs(grantee: IGrantable): Grant {
    return grantAll(grantee, [sendJobs(this.queues)])
  }

  /** Lets somebody take jobs from where they ended, and send them to their queues again. */
  grantRedriveJobs(grantee: IGrantable): Grant {
    return this.queues.grantRedrive(grantee)
  }

  /** Messages that ended their worker again and again, or hold no job. */
  metricDeadJobs(): IMetric {
    return queueDepth(this.queues.deadLetters)
  }

  /** Seconds that the oldest job of a name, such as `rag.ingest`, has waited. @throws InvalidInputError for no such job. */
  metricOldestJob(job: string): IMetric {
    return oldestJob(this.queues.of(job))
  }

  /** By which its functions find table, bucket, key and queues: for `variablesOf`. */
  protected places(): {
    readonly table: string
    readonly bucket: string
    readonly queuePrefix: string
    readonly pooledKey: string
  } {
    return { table: this.table.tableName, bucket: this.bucket.bucketName, queuePrefix, pooledKey: this.key.keyArn }
  }

  /** @param options.deadLetters of somebody else's making, whose alarm is theirs. */
  protected jobAlarms({
    deadLetters,
    longestWait,
    functions,
  }: {
    readonly deadLetters: IQueue | undefined
    readonly longestWait: Duration
    readonly functions: Readonly<Partial<Record<HandlerName, LambdaFunction>>>
  }): Alarm[] {
    return [
      ...(deadLetters ? [] : [deadJobsAlarm(this, this.queues)]),
      ...waitAlarms(this, this.queues, longestWait),
      ...Object.entries(functions).map(([name, code]) => failureAlarm(this, name as HandlerName, code)),
    ]
  }
}
