/** What a stack costs while nobody asks anything of it, read from its template: list prices of us-east-1, without a free tier. @module */
import { listUsd, pollsMonth } from '@plinth/core'

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

const secondsMonth = 30 * 24 * 3_600
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
  const call = listUsd('functionCall') + seconds * gigabytes * listUsd('functionGigabyteSecond') + readUnits * listUsd('readUnit')
  const webAcls = ofType('AWS::WAFv2::WebACL')
  const rules = webAcls.reduce((sum, { Rules }) => sum + (Array.isArray(Rules) ? Rules.length : 0), 0)
  const waf = [
    { what: 'web ACLs', count: webAcls.length, usd: webAcls.length * listUsd('webAclMonth') },
    { what: 'rules of web ACLs', count: rules, usd: rules * listUsd('webAclRuleMonth') },
  ]
  const streams = ofType('AWS::Kinesis::Stream')
  const shards = streams.reduce((sum, { ShardCount = 0 }) => sum + Number(ShardCount), 0)
  const onDemand = streams.filter(({ ShardCount }) => ShardCount === undefined).length
  const hours = secondsMonth / 3_600
  const kinesis = [
    { what: 'shards of Kinesis', count: shards, usd: shards * hours * listUsd('shardHour') },
    { what: 'streams of Kinesis on demand', count: onDemand, usd: onDemand * hours * listUsd('streamHour') },
  ]
  const dashboards = ofType('AWS::CloudWatch::Dashboard').length
  const monitoring = [{ what: 'dashboards', count: dashboards, usd: dashboards * listUsd('dashboardMonth') }]
  const lines = [
    { what: 'KMS keys', count: keys, usd: keys * listUsd('keyMonth') },
    { what: 'metrics that alarms watch', count: alarmMetrics, usd: alarmMetrics * listUsd('alarmMonth') },
    { what: 'queues that Lambda asks for jobs', count: polled, usd: polled * pollsMonth * listUsd('queueCall') },
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
