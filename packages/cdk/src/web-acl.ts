import { ArnFormat, Aws, Fn, Names, type RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { IStage } from 'aws-cdk-lib/aws-apigateway'
import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'
import { period } from './alarms.ts'
import { refusalBodies, secretHeaders, visibility, webAclRules } from './web-acl-rules.ts'

/** How much one address may send, unless somebody says otherwise: 100 requests a second, a fifth of what the API lets through. */
const defaultRequestsPerFiveMinutes = 30_000

export interface WafOptions {
  /** Of one address, from 10; a customer's own server is one address for all of its users. @default 30000 */
  readonly requestsPerFiveMinutes?: number
  /** More rules, with priorities from 100 on. Each costs 1 USD a month. @default - none */
  readonly rules?: readonly CfnWebACL.RuleProperty[]
}

export interface WebAclProps extends WafOptions {
  readonly stage: IStage
  readonly logRetention: RetentionDays
  readonly removalPolicy: RemovalPolicy
}

/**
 * A web ACL in front of a REST API's stage, asked before the authorizer. What it refuses is logged, without tokens, queries and
 * bodies.
 */
export class WebAcl extends Construct {
  readonly acl: CfnWebACL
  readonly logGroup: LogGroup
  readonly #metricName: string

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id)
    const { stage, requestsPerFiveMinutes = defaultRequestsPerFiveMinutes, rules = [] } = props
    this.#metricName = Names.uniqueResourceName(this, { maxLength: 64 })
    const options = { metricPrefix: this.#metricName, stageName: stage.stageName, requestsPerFiveMinutes }
    this.acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      description: 'What may reach the API of Plinth',
      defaultAction: { allow: {} },
      rules: [...webAclRules(options), ...rules],
      customResponseBodies: refusalBodies,
      dataProtectionConfig: { dataProtections: protectedFields },
      visibilityConfig: visibility(this.#metricName),
    })
    new CfnWebACLAssociation(this, 'Association', { webAclArn: this.acl.attrArn, resourceArn: arnOf(stage) })
    this.logGroup = this.#log(props)
  }

  /** Requests that it refused: by all rules, or by one. */
  metricBlocked(rule?: string): IMetric {
    return this.#metric('BlockedRequests', rule)
  }

  /** Requests that it let through. */
  metricAllowed(): IMetric {
    return this.#metric('AllowedRequests')
  }

  #metric(metricName: string, rule?: string): IMetric {
    return new Metric({
      namespace: 'AWS/WAFV2',
      metricName,
      dimensionsMap: {
        WebACL: this.#metricName,
        Region: Stack.of(this).region,
        Rule: rule === undefined ? 'ALL' : `${this.#metricName}-${rule}`,
      },
      statistic: Stats.SUM,
      period,
    })
  }

  #log({ logRetention: retention, removalPolicy }: WebAclProps): LogGroup {
    // WAF writes to no group with another beginning; the rest is the stack's own, so that one that stays is in nobody's way.
    const stackId = Fn.select(2, Fn.split('/', Aws.STACK_ID))
    const logGroupName = Fn.join('-', ['aws-waf-logs-plinth', this.node.addr.slice(-8), stackId])
    const logGroup = new LogGroup(this, 'Log', { logGroupName, retention, removalPolicy })
    const logGroupArn = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: logGroup.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.acl.attrArn,
      // Without the `:*` that the group's own ARN ends with.
      logDestinationConfigs: [logGroupArn],
      redactedFields: [...secretHeaders.map((Name) => ({ singleHeader: { Name } })), { queryString: {} }],
      // What passed stands in the access log.
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] }],
      },
    })
    return logGroup
  }
}

/** Wherever WAF keeps requests, the details of what matched included, which a log's own redaction leaves as they are. */
const protectedFields: CfnWebACL.DataProtectProperty[] = [
  { action: 'SUBSTITUTION', field: { fieldType: 'SINGLE_HEADER', fieldKeys: [...secretHeaders] } },
  { action: 'SUBSTITUTION', field: { fieldType: 'QUERY_STRING' } },
  { action: 'SUBSTITUTION', field: { fieldType: 'BODY' } },
]

function arnOf(stage: IStage): string {
  return Stack.of(stage).formatArn({
    service: 'apigateway',
    account: '',
    resource: '/restapis',
    resourceName: `${stage.restApi.restApiId}/stages/${stage.stageName}`,
  })
}
