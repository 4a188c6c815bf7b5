/** What a stack costs while nobody asks anything of it, read from its template. @module */

/** What CloudFormation is given; as much of its form as is looked at here. */
export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>>
}

export interface CostLine {
  readonly what: string
  readonly count: number
  /** USD a month, of all of them. */
  readonly usd: number
}

export interface IdleCost {
  readonly lines: readonly CostLine[]
  readonly usd: number
  /** The web ACL's part of it, which goes with `waf: false`. */
  readonly wafUsd: number
  /** That of streams of Kinesis, which goes with `analytics: false`. */
  readonly streamsUsd: number
  /** That of dashboards, which goes with `dashboards: false`. */
  readonly dashboardsUsd: number
}

/** List prices of us-east-1, USD, gathered on 2026-11-22; without the free tier. */
const prices = {
  keyMonth: 1,
  webAclMonth: 5,
  /** A rule group of AWS is one rule. */
  webAclRuleMonth: 1,
  alarmMetricMonth: 0.1,
  /** Of an account's first three, too, which are free while each shows 50 metrics at the most. */
  dashboardMonth: 3,
  sqsRequest: 0.4e-6,
  lambdaRequest: 0.2e-6,
  lambdaGigabyteSecond: 1.33334e-5,
  readUnit: 0.125e-6,
  /** Of a stream of Kinesis that is provisioned. */
  shardHour: 0.015,
  /** Of one that is on demand, whatever goes through it. */
  streamHour: 0.04,
}

const secondsMonth = 30 * 24 * 3_600
/** Lambda asks a queue that is empty with five pollers, each for 20 seconds at a time. */
const pollsMonth = (5 * secondsMonth) / 20
/** What a call of the relay with nothing to do takes, in gigabytes for so many seconds; a guess on the high side. */
const idleCall = { seconds: 0.2, gigabytes: 0.5, readUnits: 12 }

/** What goes by the clock, not by use. Storage, requests and models come on top. */
export function idleCost({ Resources }: CloudFormationTemplate): IdleCost {
  const resources = Object.values(Resources)
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties ?? {})
  const keys = ofType('AWS::KMS::Key').length
  const alarmMetrics = ofType('AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + metricsOf(alarm), 0)
  const polled = ofType('AWS::Lambda::EventSourceMapping').filter((mapping) => 'ScalingConfig' in mapping).length
  // One that is called each hour costs less than a cent.
  const ticks = ofType('AWS::Events::Rule').filter((rule) => rule.ScheduleExpression === 'rate(1 minute)').length
  const calls = (ticks * secondsMonth) / 60
  const { seconds, gigabytes, readUnits } = idleCall
  const call = prices.lambdaRequest + seconds * gigabytes * prices.lambdaGigabyteSecond + readUnits * prices.readUnit
  const webAcls = ofType('AWS::WAFv2::WebACL')
  const rules = webAcls.reduce((sum, { Rules }) => sum + (Array.isArray(Rules) ? Rules.length : 0), 0)
  const waf = [
    { what: 'web ACLs', count: webAcls.length, usd: webAcls.length * prices.webAclMonth },
    { what: 'rules of web ACLs', count: rules, usd: rules * prices.webAclRuleMonth },
  ]
  const streams = ofType('AWS::Kinesis::Stream')
  const shards = streams.reduce((sum, { ShardCount = 0 }) => sum + Number(ShardCount), 0)
  const onDemand = streams.filter(({ ShardCount }) => ShardCount === undefined).length
  const hours = secondsMonth / 3_600
  const kinesis = [
    { what: 'shards of Kinesis', count: shards, usd: shards * hours * prices.shardHour },
    { what: 'streams of Kinesis on demand', count: onDemand, usd: onDemand * hours * prices.streamHour },
  ]
  const dashboards = ofType('AWS::CloudWatch::Dashboard').length
  const monitoring = [{ what: 'dashboards', count: dashboards, usd: dashboards * prices.dashboardMonth }]
  const lines = [
    { what: 'KMS keys', count: keys, usd: keys * prices.keyMonth },
    { what: 'metrics that alarms watch', count: alarmMetrics, usd: alarmMetrics * prices.alarmMetricMonth },
    { what: 'queues that Lambda asks for jobs', count: polled, usd: polled * pollsMonth * prices.sqsRequest },
    { what: 'functions called each minute', count: ticks, usd: calls * call },
    ...[...kinesis, ...waf, ...monitoring].filter(({ count }) => count > 0),
  ].map((line) => ({ ...line, usd: Math.round(line.usd * 100) / 100 }))
  return {
    lines,
    usd: totalOf(lines),
    wafUsd: totalOf(waf),
    streamsUsd: totalOf(kinesis),
    dashboardsUsd: totalOf(monitoring),
  }
}

function totalOf(lines: readonly CostLine[]): number {
  return Math.round(lines.reduce((sum, line) => sum + line.usd, 0) * 100) / 100
}

/** An alarm over an expression is paid for by the metrics in it. */
function metricsOf(alarm: Readonly<Record<string, unknown>>): number {
  return Array.isArray(alarm.Metrics) ? alarm.Metrics.filter((metric: object) => 'MetricStat' in metric).length : 1
}
