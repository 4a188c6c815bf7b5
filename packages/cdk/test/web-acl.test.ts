import { describe, expect, it } from 'vitest'
import { refusals } from '../src/gateway-responses.ts'
import { counted, sizes } from '../src/web-acl-rules.ts'
import { resolved } from './support/intrinsics.ts'
import { ofType, plinthStack, templateOf } from './support/synthesised.ts'

const template = templateOf(plinthStack())
const only = (type: string) => {
  const [found, ...more] = ofType(template, type)
  if (!found || more.length > 0) throw new Error(`There is not exactly one ${type}.`)
  return found
}

interface Rule {
  readonly Name: string
  readonly Priority: number
  readonly Statement: Readonly<Record<string, unknown>>
  readonly Action?: { readonly Block: { readonly CustomResponse: Response } }
  readonly OverrideAction?: object
  readonly VisibilityConfig: object
}
interface Response {
  readonly ResponseCode: number
  readonly CustomResponseBodyKey: string
  readonly ResponseHeaders: readonly { readonly Name: string; readonly Value: string }[]
}
interface Group {
  readonly VendorName: string
  readonly Name: string
  readonly RuleActionOverrides: readonly { readonly Name: string; readonly ActionToUse: object }[]
}

const [aclId, acl] = only('AWS::WAFv2::WebACL')
const rules = acl.Rules as readonly Rule[]
const ruleOf = (name: string) => {
  const found = rules.find(({ Name }) => Name === name)
  if (!found) throw new Error(`There is no rule ${name}.`)
  return found
}
const secrets = ['authorization', 'x-api-key', 'cookie', 'x-plinth-csrf']

describe('[R114] [G5] the web ACL', () => {
  it("stands before the stage of the API, whose methods ask the tenants' authorizer", () => {
    const [, { WebACLArn, ResourceArn }] = only('AWS::WAFv2::WebACLAssociation')
    const [stage, { RestApiId }] = only('AWS::ApiGateway::Stage')
    const [[, authorizer] = ['', {}]] = ofType(template, 'AWS::ApiGateway::Authorizer')
    expect(WebACLArn).toEqual({ 'Fn::GetAtt': [aclId, 'Arn'] })
    expect(ResourceArn).toEqual({
      'Fn::Join': [
        '',
        [
          ...['arn:', { Ref: 'AWS::Partition' }, ':apigateway:', { Ref: 'AWS::Region' }, '::/restapis/'],
          ...[RestApiId, '/stages/', { Ref: stage }],
        ],
      ],
    })
    expect(authorizer.RestApiId).toEqual(RestApiId)
    expect([acl.Scope, acl.DefaultAction]).toEqual(['REGIONAL', { Allow: {} }])
  })

  it('has rules of rate and size, and the rule groups of AWS in force', () => {
    expect(rules.map(({ Name, Priority }) => [Name, Priority])).toEqual([
      ['rate', 0],
      ['size', 1],
      ['AWSManagedRulesAmazonIpReputationList', 2],
      ['AWSManagedRulesKnownBadInputsRuleSet', 3],
      ['AWSManagedRulesCommonRuleSet', 4],
    ])
    for (const { Name, Statement, OverrideAction } of rules.slice(2)) {
      // An override of the whole group would make it count only.
      expect(OverrideAction, Name).toEqual({ None: {} })
      expect(Statement.ManagedRuleGroupStatement).toMatchObject({ VendorName: 'AWS', Name })
    }
  })

  // Of AWS's documents; every one would refuse a prompt for what it says, or for its length.
  const onBodies = {
    AWSManagedRulesAmazonIpReputationList: [],
    AWSManagedRulesKnownBadInputsRuleSet: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
    AWSManagedRulesCommonRuleSet: [
      ...['SizeRestrictions_BODY', 'EC2MetaDataSSRF_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'CrossSiteScripting_BODY'],
    ],
  }
  // And those that would refuse what the contract allows elsewhere.
  const others = [
    ...['NoUserAgent_HEADER', 'RestrictedExtensions_QUERYARGUMENTS', 'RestrictedExtensions_URIPATH'],
    'SizeRestrictions_QUERYSTRING',
  ]

  it.each(Object.entries(onBodies))('%s judges no body, and nothing else is left out of it without need', (group, bodies) => {
    const { RuleActionOverrides } = ruleOf(group).Statement.ManagedRuleGroupStatement as Group
    const expected = group === 'AWSManagedRulesCommonRuleSet' ? [...bodies, ...others] : bodies
    expect(RuleActionOverrides.map(({ Name }) => Name).sort()).toEqual([...expected].sort())
    for (const { Name, ActionToUse } of RuleActionOverrides) expect(ActionToUse, Name).toEqual({ Count: {} })
    for (const [rule, reason] of Object.entries(counted[group] ?? {})) expect(reason.length, rule).toBeGreaterThan(20)
  })

  it('has no rule that looks for SQL: prompts hold it, and nothing behind the API runs it', () => {
    expect(JSON.stringify(acl)).not.toMatch(/sqli/i)
  })

  it('fits into the capacity that costs nothing extra', () => {
    const groups = { AmazonIpReputationList: 25, KnownBadInputsRuleSet: 200, CommonRuleSet: 700 }
    const own = JSON.stringify(rules).match(/"(SizeConstraint|RegexMatch|RateBased)Statement"/g) ?? []
    // With a text transformation, even NONE, at the 10 units of a real one.
    expect(Object.values(groups).reduce((sum, units) => sum + units, own.length * 13)).toBeLessThan(1_500)
  })
})

describe('[R114] the rate', () => {
  it('is that of one address in five minutes; more gets 429 and when to come again', () => {
    const { Statement, Action } = ruleOf('rate')
    expect(Statement.RateBasedStatement).toEqual({ AggregateKeyType: 'IP', Limit: 30_000, EvaluationWindowSec: 300 })
    expect(Action?.Block.CustomResponse).toEqual({
      ResponseCode: 429,
      CustomResponseBodyKey: 'too_many_requests',
      ResponseHeaders: [
        { Name: 'cache-control', Value: 'no-store' },
        { Name: 'retry-after', Value: '60' },
      ],
    })
  })
})

describe('[R114] the size', () => {
  const { Statements } = ruleOf('size').Statement.OrStatement as { Statements: readonly Readonly<Record<string, unknown>>[] }
  const size = (statement: unknown) =>
    (statement as { SizeConstraintStatement: { FieldToMatch: object; ComparisonOperator: string; Size: number } })
      .SizeConstraintStatement
  const bodies = Statements.slice(2).map(({ AndStatement }) => (AndStatement as { Statements: readonly object[] }).Statements)

  it('of query and headers is limited, but not of the headers that hold a token', () => {
    const [query, headers] = Statements.map(size)
    expect(query).toMatchObject({ FieldToMatch: { QueryString: {} }, ComparisonOperator: 'GT', Size: sizes.query })
    expect(headers).toMatchObject({
      FieldToMatch: {
        Headers: { MatchPattern: { ExcludedHeaders: secrets }, MatchScope: 'VALUE', OversizeHandling: 'CONTINUE' },
      },
      ComparisonOperator: 'GT',
      Size: sizes.headers,
    })
  })

  it('of what WAF is shown is above each limit: 16 KiB of a body, 8 KiB of headers; and a token and a cursor pass', () => {
    expect(sizes.openBody).toBeLessThan(16 * 1024)
    expect(sizes.headers).toBeLessThan(8 * 1024)
    expect(sizes.openBody).toBeGreaterThan(8 * 1024 + 1_000)
    expect(sizes.query).toBeGreaterThan(2_000 + 1_000)
  })

  /** Whether a body on a path is held to the limit, by the patterns of the rule. */
  function limited(path: string): boolean {
    return bodies.some(([, where = {}]) => {
      const { NotStatement, RegexMatchStatement } = where as Readonly<Record<string, unknown>>
      const pattern = (NotStatement as { Statement: { RegexMatchStatement: object } } | undefined)?.Statement.RegexMatchStatement
      const { RegexString, FieldToMatch, TextTransformations } = (pattern ?? RegexMatchStatement) as {
        RegexString: { 'Fn::Join': [string, unknown[]] }
        FieldToMatch: object
        TextTransformations: object[]
      }
      expect(FieldToMatch).toEqual({ UriPath: {} })
      // Another spelling than API Gateway's own is no guarded path.
      expect(TextTransformations).toEqual([{ Priority: 0, Type: 'NONE' }])
      const [separator, parts] = RegexString['Fn::Join']
      const text = parts.map((part) => (typeof part === 'string' ? part : 'live')).join(separator)
      // What WAF's expressions can't do: captures, assertions.
      expect(text).not.toMatch(/\((?!\?:)|\(\?[=!<]/)
      expect(text.length).toBeLessThan(512)
      return new RegExp(text).test(path) === (pattern === undefined)
    })
  }

  it('of a body is limited where no token is asked for', () => {
    for (const [body] of bodies)
      expect(size(body)).toMatchObject({
        FieldToMatch: { Body: { OversizeHandling: 'MATCH' } },
        ComparisonOperator: 'GT',
        Size: sizes.openBody,
      })
    for (const prefix of ['/live', '']) {
      for (const path of [
        '/',
        '',
        '/api/session',
        '/api/session/',
        '/healthz',
        '/apis',
        '//api/requests',
        '/x/api',
        '/API/requests',
      ])
        expect(limited(prefix + path), prefix + path).toBe(true)
      for (const path of ['/api/requests', '/api', '/v1/messages', '/model/a%3Ab/converse', '/mcp', '/api/sessions'])
        expect(limited(prefix + path), prefix + path).toBe(false)
    }
    expect(limited('/live/openapixjson')).toBe(true)
  })

  it('is told with 413', () => {
    expect(ruleOf('size').Action?.Block.CustomResponse).toMatchObject({ ResponseCode: 413, CustomResponseBodyKey: 'too_large' })
  })
})

describe('what it answers', () => {
  const bodies = acl.CustomResponseBodies as Readonly<Record<string, { ContentType: string; Content: string }>>

  it("has a status that WAF may send, and the contract's form, but for the id", () => {
    const responses = rules.flatMap(({ Action }) => Action?.Block.CustomResponse ?? [])
    expect(responses.map(({ CustomResponseBodyKey }) => CustomResponseBodyKey).sort()).toEqual(Object.keys(bodies).sort())
    for (const { ResponseCode, CustomResponseBodyKey } of responses) {
      // Of AWS's document; 431, for one, isn't there.
      expect([400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 416, 421, 429]).toContain(ResponseCode)
      const { ContentType, Content = '' } = bodies[CustomResponseBodyKey] ?? {}
      expect(ContentType).toBe('APPLICATION_JSON')
      const body = JSON.parse(Content)
      expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'code'])
      expect([body.status, body.type, body.code]).toEqual([
        ...[ResponseCode, `urn:plinth:problem:${CustomResponseBodyKey}`, CustomResponseBodyKey],
      ])
      // API Gateway says the same in the same words.
      expect(refusals.find(({ code }) => code === body.code)).toMatchObject({ status: body.status, title: body.title })
    }
  })
})

describe('[X70] its log and metrics', () => {
  it('go to a group whose name AWS asks for, which is of this stack alone, and is kept', () => {
    const [, { LogDestinationConfigs, ResourceArn }] = only('AWS::WAFv2::LoggingConfiguration')
    const groups = ofType(template, 'AWS::Logs::LogGroup').filter(([id]) => id.startsWith('MultiTenantWebAcl'))
    const [[group, { LogGroupName, RetentionInDays }] = ['', {}]] = groups
    const guid = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }
    expect(LogGroupName).toEqual({ 'Fn::Join': ['-', [expect.stringMatching(/^aws-waf-logs-plinth-[0-9a-f]{8}$/), guid]] })
    expect([RetentionInDays, template.Resources[group]?.DeletionPolicy]).toEqual([30, 'Retain'])
    expect(ResourceArn).toEqual({ 'Fn::GetAtt': [aclId, 'Arn'] })
    const [arn, ...more] = LogDestinationConfigs as unknown[]
    // Without the `:*` of the group's own ARN, which WAF refuses.
    expect([resolved(template, arn), more]).toEqual([
      `arn:aws:logs:eu-central-1:111122223333:log-group:${group.toLowerCase().slice(0, 60)}`,
      [],
    ])
  })

  it('[X64] never hold a token, a query or a body, and only what was refused', () => {
    const [, { RedactedFields, LoggingFilter }] = only('AWS::WAFv2::LoggingConfiguration')
    expect(RedactedFields).toEqual([...secrets.map((Name) => ({ SingleHeader: { Name } })), { QueryString: {} }])
    expect(LoggingFilter).toEqual({
      DefaultBehavior: 'DROP',
      Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] }],
    })
    const { DataProtections } = acl.DataProtectionConfig as { DataProtections: readonly object[] }
    expect(DataProtections).toEqual([
      { Action: 'SUBSTITUTION', Field: { FieldType: 'SINGLE_HEADER', FieldKeys: secrets } },
      { Action: 'SUBSTITUTION', Field: { FieldType: 'QUERY_STRING' } },
      { Action: 'SUBSTITUTION', Field: { FieldType: 'BODY' } },
    ])
    for (const { VisibilityConfig } of [acl as unknown as Rule, ...rules])
      expect(VisibilityConfig).toMatchObject({ SampledRequestsEnabled: false, CloudWatchMetricsEnabled: true })
  })

  it('an alarm watches what all rules refuse', () => {
    const blocked = ofType(template, 'AWS::CloudWatch::Alarm').filter(([, { MetricName }]) => MetricName === 'BlockedRequests')
    const { MetricName } = acl.VisibilityConfig as { MetricName: string }
    expect(blocked.map(([, alarm]) => alarm)).toEqual([
      expect.objectContaining({
        Namespace: 'AWS/WAFV2',
        Statistic: 'Sum',
        Threshold: 1_000,
        Dimensions: [
          { Name: 'Region', Value: { Ref: 'AWS::Region' } },
          { Name: 'Rule', Value: 'ALL' },
          { Name: 'WebACL', Value: MetricName },
        ],
      }),
    ])
    const names = rules.map(({ VisibilityConfig }) => (VisibilityConfig as { MetricName: string }).MetricName)
    expect(new Set(names).size).toBe(rules.length)
    for (const name of [MetricName, ...names]) expect(name).toMatch(/^[\w-]{1,128}$/)
  })
})
