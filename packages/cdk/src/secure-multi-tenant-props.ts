import { InvalidInputError } from '@plinth/core'
import type { RemovalPolicy } from 'aws-cdk-lib'
import type { IStage } from 'aws-cdk-lib/aws-apigateway'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { HandlerName } from './handlers.ts'
import type { WafOptions } from './web-acl.ts'
import { firstFreePriority } from './web-acl-rules.ts'

/** A Plinth that is there already. What is imported keeps its own policy: CDK can add statements only to what it makes. */
export interface GuardedResources {
  /** @default - a table as the AWS platform needs it */
  readonly table?: ITable
  /** @default - a private, versioned bucket */
  readonly bucket?: IBucket
  /** Wraps the data keys of tenants without a key of their own. @default - a key that is rotated each year */
  readonly key?: IKey
  /** Of a REST API. @default - none, and so no web ACL */
  readonly stage?: IStage
  /** Those that are there get what they need for tenants with keys of their own. @default - none */
  readonly functions?: Readonly<Partial<Record<HandlerName, IFunction>>>
}

export interface SecureMultiTenantProps {
  /** @default - in a PlinthStack what its other constructs made; else table, bucket and key are made */
  readonly existing?: GuardedResources
  /** Of the stage; `false`: none, where an account puts its own in front, or has nothing to spend. @default - see there */
  readonly waf?: WafOptions | false
  /**
   * Who else may reach rows and objects: people, backups, a process beside the functions. Where it is given, even empty, table and
   * bucket refuse everybody else of the account, administrators too. @default - IAM alone decides
   */
  readonly operators?: readonly IRole[]
  /** @default - a month */
  readonly logRetention?: RetentionDays
  /** Is told of alarms. @default - alarms are made, and tell nobody */
  readonly alarmTopic?: ITopic
  /** Of what holds data: table, bucket, key, logs. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

const rates = { least: 10, most: 2_000_000_000 }

/** @throws InvalidInputError that names the prop at fault: one that can't be, or not beside another. */
export function checkTenantProps({ existing, waf }: SecureMultiTenantProps): void {
  if (!waf) return
  if (!existing?.stage) throw invalid('waf', 'waf needs existing.stage, the stage of a REST API, to stand in front of.')
  const { requestsPerFiveMinutes: rate = rates.least, rules = [] } = waf
  if (!Number.isInteger(rate) || rate < rates.least || rate > rates.most) {
    const message = `waf.requestsPerFiveMinutes must be a whole number from ${rates.least} to ${rates.most}.`
    throw invalid('waf.requestsPerFiveMinutes', message)
  }
  const priorities = rules.map(({ priority }) => priority)
  if (priorities.some((priority) => priority < firstFreePriority) || new Set(priorities).size < priorities.length) {
    throw invalid('waf.rules', `waf.rules must have priorities from ${firstFreePriority} on, each its own.`)
  }
}

export function invalid(field: string, message: string): InvalidInputError {
  return new InvalidInputError(message, { field })
}
