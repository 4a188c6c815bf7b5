import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { oldestJob, queueDepth } from './alarms.ts'
import type { JobQueues } from './queues.ts'

/** A pattern whose jobs wait in queues, with what it hands out of them. */
export abstract class ConstructWithJobs extends Construct {
  abstract readonly queues: JobQueues

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
}
