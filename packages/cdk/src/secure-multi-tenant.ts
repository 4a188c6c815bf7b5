import { tenantIdPattern } from '@plinth/core'
import { Lazy, RemovalPolicy } from 'aws-cdk-lib'
import { type Alarm, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import {
  Grant,
  type IGrantable,
  type IPrincipal,
  type IResourceWithPolicy,
  type PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { alarmAbove, period, tell } from './alarms.ts'
import { createTenantData } from './create-tenant-data.ts'
import { objectLock, pooledKeyGuard, rowLock, tenantObjectGuard, tenantRowGuard } from './data-guards.ts'
import { analyticsHandlers, workflowHandlers } from './handlers.ts'
import { nagName } from './nag-names.ts'
import { deny, grantAll } from './policy-statements.ts'
import { checkTenantProps, invalid, type SecureMultiTenantProps } from './secure-multi-tenant-props.ts'
import { forOneTenant, ownTenantAccess } from './tenant-data.ts'
import { tenantKeyCare, tenantKeyRemoval, tenantKeyUse, untouchable } from './tenant-keys.ts'
import { WebAcl } from './web-acl.ts'

/** In five minutes. Below, it is somebody without a token, or who mistyped it; above, somebody tries tokens, or a key was revoked. */
const refusedTokens = 100
/** In five minutes. Addresses that scan the whole net are refused all day long. */
const blockedRequests = 1_000

/**
 * What holds tenants apart beyond Plinth's own code: a web ACL before the API, policies of table, bucket and key that hold whoever
 * works for one tenant to that tenant, the keys of tenants that have one of their own, and a role for one tenant at a time.
 */
export class SecureMultiTenant extends Construct {
  readonly table: ITable
  readonly bucket: IBucket
  readonly key: IKey
  readonly webAcl: WebAcl | undefined
  readonly alarms: readonly Alarm[]
  readonly #authorizer: IFunction | undefined
  #tenantRole: Role | undefined

  /** @throws InvalidInputError that names the prop at fault. */
  constructor(scope: Construct, id: string, props: SecureMultiTenantProps = {}) {
    super(scope, id)
    checkTenantProps(props)
    const { existing = {}, waf = {}, operators, alarmTopic, removalPolicy = RemovalPolicy.RETAIN } = props
    const { logRetention = RetentionDays.ONE_MONTH } = props
    const { stage, functions = {} } = existing

    const { table, bucket, key } = createTenantData(this, { existing, removalPolicy })
    this.table = table
    this.bucket = bucket
    this.key = key
    this.webAcl = stage && waf ? new WebAcl(this, 'WebAcl', { ...waf, stage, logRetention, removalPolicy }) : undefined

    const trusted = Object.values(functions).flatMap(({ role }) => role?.roleArn ?? [])
    for (const statement of tenantRowGuard({ trusted })) addToTablePolicy(this.table, statement)
    for (const statement of tenantObjectGuard(this.bucket, { trusted })) this.bucket.addToResourcePolicy(statement)
    for (const statement of pooledKeyGuard({ trusted })) this.key.addToResourcePolicy(statement)
    if (operators) this.#lock([...trusted, ...operators.map(({ roleArn }) => roleArn)])

    // The registry works in the API's function; what it leaves for later, in the sweeper.
    if (functions.api) this.grantTenantKeys(functions.api)
    const workers = [functions['request-worker'], functions['document-worker']]
    for (const worker of [...workers, ...[...workflowHandlers, ...analyticsHandlers].map((name) => functions[name])])
      if (worker) this.#grant(worker, tenantKeyUse(this))
    if (functions.sweeper) this.#grant(functions.sweeper, tenantKeyRemoval(this))
    this.#authorizer = functions.authorizer
    this.alarms = [...this.#watch()]
    if (alarmTopic) for (const alarm of this.alarms) tell(alarm, alarmTopic)
  }

  /** Lets somebody make, name, use, turn, disable and destroy the keys of tenants that have one of their own, and no other keys. */
  grantTenantKeys(grantee: IGrantable): Grant {
    return this.#grant(grantee, tenantKeyCare(this))
  }

  /**
   * Lets somebody take on a role for one tenant at a time, by the session tag `tenant_id`. It reaches that tenant's rows, lists,
   * objects and sealed fields, and nothing else; it is made with the first grant. Who takes it on vouches for the tag.
   * @param tenants for these alone. @default - for any
   * @throws InvalidInputError whose field is `tenants`, for what no tenant is named.
   */
  grantTenantData(grantee: IGrantable, tenants?: readonly string[]): Grant {
    if (tenants && (tenants.length === 0 || !tenants.every((tenant) => tenantIdPattern.test(tenant))))
      throw invalid('tenants', 'tenants must be ids of tenants, and one at the least.')
    const principal = forOneTenant(grantee.grantPrincipal, tenants)
    const document = this.#tenantRole?.assumeRolePolicy
    if (document) principal.addToAssumeRolePolicy(document)
    this.#tenantRole ??= this.#makeTenantRole(principal)
    const resourceArns = [this.#tenantRole.roleArn]
    return Grant.addToPrincipal({ grantee, actions: ['sts:AssumeRole', 'sts:TagSession'], resourceArns })
  }

  /** Requests that the web ACL refused. @param rule `rate`, `size` or the name of a rule group; absent: all. @throws InvalidInputError without a web ACL. */
  metricBlockedRequests(rule?: string): IMetric {
    if (!this.webAcl) throw invalid('waf', 'There is no web ACL.')
    return this.webAcl.metricBlocked(rule)
  }

  /**
   * Requests that the authorizer refused, without a token or with one that nobody issued, and its failures.
   * @throws InvalidInputError without an authorizer.
   */
  metricRefusedTokens(): IMetric {
    if (!this.#authorizer) throw invalid('existing.functions', 'There is no authorizer.')
    return this.#authorizer.metricErrors({ period, statistic: Stats.SUM })
  }

  /** Whatever is allowed of tenants' keys, the pooled key is not one of them. */
  #grant(grantee: IGrantable, statements: readonly PolicyStatement[]): Grant {
    const { grantPrincipal } = grantee
    grantPrincipal.addToPrincipalPolicy(deny(untouchable, [this.key.keyArn]))
    if (Construct.isConstruct(grantPrincipal)) acknowledgeWildcards(grantPrincipal, statements)
    return grantAll(grantee, statements)
  }

  #makeTenantRole(assumedBy: IPrincipal): Role {
    const role = new Role(this, 'TenantRole', {
      assumedBy,
      description: 'Works for one tenant of Plinth: that of its session tag',
    })
    const statements = ownTenantAccess(this, this)
    for (const statement of statements) role.addToPrincipalPolicy(statement)
    // Keys that somebody brought with their table or bucket; ours have none of their own.
    for (const key of [this.table.encryptionKey, this.bucket.encryptionKey]) key?.grantEncryptDecrypt(role)
    acknowledgeWildcards(role, statements)
    return role
  }

  /** Table and bucket for these alone, and for the role of tenants, once there is one. */
  #lock(roleArns: readonly string[]): void {
    const roles = Lazy.list({ produce: () => [...roleArns, ...(this.#tenantRole ? [this.#tenantRole.roleArn] : [])] })
    addToTablePolicy(this.table, rowLock(roles))
    this.bucket.addToResourcePolicy(objectLock(this.bucket, roles))
  }

  *#watch(): Generator<Alarm> {
    if (this.webAcl)
      yield alarmAbove(this, 'BlockedRequests', {
        threshold: blockedRequests,
        metric: this.webAcl.metricBlocked(),
        description: 'The web ACL refuses many requests: an attack, or a rule that meets clients who mean well.',
      })
    if (this.#authorizer)
      yield alarmAbove(this, 'RefusedTokens', {
        threshold: refusedTokens,
        metric: this.metricRefusedTokens(),
        description: 'Many requests bring no token, or one that nobody issued: somebody tries, or the authorizer fails.',
      })
  }
}

/** Why ARNs have wildcards in them. */
function acknowledgeWildcards(principal: Construct, statements: readonly PolicyStatement[]): void {
  const wide = statements.flatMap(({ resources }) => resources).filter((arn) => arn.includes('*'))
  const reason = 'Tenants come and go, and with them their keys and objects: conditions on tags, aliases and contexts name them.'
  acknowledge(
    principal,
    Object.fromEntries(wide.map((arn) => [`AwsSolutions-IAM5[Resource::${nagName(principal, arn)}]`, reason])),
  )
}

/** CDK's tables have policies, though its interface of a table doesn't say so; one that is imported ignores them. */
function addToTablePolicy(table: ITable, statement: PolicyStatement): void {
  const withPolicy: ITable & Partial<IResourceWithPolicy> = table
  withPolicy.addToResourcePolicy?.(statement)
}
