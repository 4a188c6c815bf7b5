/**
 * The rules of the web ACL, in their order. Bodies carry prompts, and people ask models about SQL, shells, exploits and cloud
 * metadata: so no rule judges what a body says. A rule group of AWS stays in force for paths, queries, headers and addresses,
 * while its rules on bodies only count.
 * @module
 */
import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2'
import { guardedPaths, signInPath } from './api.ts'

/** Bytes. Each is above what Plinth's clients send, and below what WAF is shown: 16 KiB of a body, 8 KiB of headers. */
export const sizes: { readonly openBody: number; readonly query: number; readonly headers: number } = {
  /** Of a body on a path that asks for no token; a token to sign in with has 8 KiB at the most. */
  openBody: 12 * 1024,
  /** Of a query; a cursor has 2000 characters at the most. */
  query: 4 * 1024,
  /** Of the headers but those that hold a token; API Gateway takes 10 KiB of all together. */
  headers: 4 * 1024,
}

/** Headers that say who asks. */
export const secretHeaders: readonly string[] = ['authorization', 'x-api-key', 'cookie', 'x-plinth-csrf']

/** Our own rules have priorities below; rules of others begin here. */
export const firstFreePriority = 100

/** The bodies of refusals, by their codes. They are those of the contract, but for the id of the request, which WAF can't put in. */
export const refusalBodies: Readonly<Record<string, CfnWebACL.CustomResponseBodyProperty>> = {
  too_many_requests: refusalBody(429, 'Too Many Requests', 'too_many_requests', 'More requests than one address may send.'),
  too_large: refusalBody(
    413,
    'Content Too Large',
    'too_large',
    'Query and headers have 4 KiB at the most, without the token; where none is asked for, a body has 12 KiB.',
  ),
}

/** Rules of AWS that only count here, by their group, with the reason. */
export const counted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AWSManagedRulesAmazonIpReputationList: {},
  AWSManagedRulesKnownBadInputsRuleSet: {
    JavaDeserializationRCE_BODY: 'a prompt may ask about it; nothing here runs Java',
    Log4JRCE_BODY: 'a prompt may ask about it; nothing here runs Java',
    ReactJSRCE_BODY: 'a prompt may ask about it; no React runs on the server',
  },
  AWSManagedRulesCommonRuleSet: {
    SizeRestrictions_BODY: 'it refuses bodies above 8 KiB; prompts have up to 10 MiB',
    CrossSiteScripting_BODY: 'a prompt may hold HTML; answers are JSON',
    EC2MetaDataSSRF_BODY: 'a prompt may name the address; what Plinth calls itself is guarded by its own list',
    GenericLFI_BODY: 'a prompt may hold paths; no path in a body is opened',
    GenericRFI_BODY: 'a prompt or a callback may hold addresses; the same guard',
    SizeRestrictions_QUERYSTRING: 'it refuses above 2 KiB, where a long cursor is; our own rule has another limit',
    RestrictedExtensions_URIPATH: 'a stream may be named machine.log; no file is served by its path',
    RestrictedExtensions_QUERYARGUMENTS: 'a source may be named settings.ini; the same',
    NoUserAgent_HEADER: 'programs may send none; Node.js does not by itself',
  },
}

export interface WebAclRuleOptions {
  /** Begins the names of metrics. */
  readonly metricPrefix: string
  /** Of the API, as its URLs have it. */
  readonly stageName: string
  /** How many requests one address may send in five minutes. */
  readonly requestsPerFiveMinutes: number
}

/** Rate, sizes, and the rule groups of AWS. Together below the 1500 capacity units that cost nothing extra: about 950. */
export function webAclRules(options: WebAclRuleOptions): CfnWebACL.RuleProperty[] {
  const own = [
    { name: 'rate', statement: rate(options), action: refuse('too_many_requests', 429, { 'retry-after': '60' }) },
    { name: 'size', statement: tooLarge(options), action: refuse('too_large', 413) },
  ]
  const managed = Object.entries(counted).map(([name, rules]) => ({
    name,
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: Object.keys(rules).map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    overrideAction: { none: {} },
  }))
  return [...own, ...managed].map((rule, priority) => ({
    ...rule,
    priority,
    visibilityConfig: visibility(`${options.metricPrefix}-${rule.name}`),
  }))
}

/** Metrics, and no samples: those would keep requests where no log setting reaches. */
export function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false }
}

function rate({ requestsPerFiveMinutes }: WebAclRuleOptions): CfnWebACL.StatementProperty {
  return { rateBasedStatement: { aggregateKeyType: 'IP', limit: requestsPerFiveMinutes, evaluationWindowSec: 300 } }
}

const asItIs = [{ priority: 0, type: 'NONE' }]

function larger(fieldToMatch: CfnWebACL.FieldToMatchProperty, size: number): CfnWebACL.StatementProperty {
  return { sizeConstraintStatement: { fieldToMatch, comparisonOperator: 'GT', size, textTransformations: asItIs } }
}

/** Paths are compared as they came, as API Gateway compares them: one in another spelling counts as open. */
function tooLarge({ stageName }: WebAclRuleOptions): CfnWebACL.StatementProperty {
  const path = (patterns: readonly string[]): CfnWebACL.StatementProperty => ({
    regexMatchStatement: {
      // A domain of one's own may leave the stage out.
      regexString: `^(?:/${stageName})?/(?:${patterns.join('|').replaceAll('.', '\\.')})(?:/|$)`,
      fieldToMatch: { uriPath: {} },
      textTransformations: asItIs,
    },
  })
  const body = larger({ body: { oversizeHandling: 'MATCH' } }, sizes.openBody)
  const headers = {
    matchPattern: { excludedHeaders: [...secretHeaders] },
    matchScope: 'VALUE',
    // WAF is shown 8 KiB of headers: a long token among them must not be refused for that.
    oversizeHandling: 'CONTINUE',
  }
  return anyOf(
    larger({ queryString: {} }, sizes.query),
    larger({ headers }, sizes.headers),
    allOf(body, { notStatement: { statement: path(guardedPaths) } }),
    allOf(body, path([signInPath])),
  )
}

function anyOf(...statements: CfnWebACL.StatementProperty[]): CfnWebACL.StatementProperty {
  return { orStatement: { statements } }
}

function allOf(...statements: CfnWebACL.StatementProperty[]): CfnWebACL.StatementProperty {
  return { andStatement: { statements } }
}

function refuse(
  customResponseBodyKey: string,
  responseCode: number,
  headers: Readonly<Record<string, string>> = {},
): CfnWebACL.RuleActionProperty {
  const responseHeaders = Object.entries({ 'cache-control': 'no-store', ...headers }).map(([name, value]) => ({ name, value }))
  return { block: { customResponse: { responseCode, customResponseBodyKey, responseHeaders } } }
}

function refusalBody(status: number, title: string, code: string, detail: string): CfnWebACL.CustomResponseBodyProperty {
  const body = { type: `urn:plinth:problem:${code}`, title, status, detail, code }
  return { contentType: 'APPLICATION_JSON', content: JSON.stringify(body) }
}
