import { metrics as telemetry } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { type PatternName, patterns, recordAlertsOpened, recordModelCall, recordStreamBatch } from '@plinth/core'
import { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { Alarm, TextWidget } from 'aws-cdk-lib/aws-cloudwatch'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { describe, expect, it } from 'vitest'
import { FunctionMetrics, metricNamespace } from '../../aws/src/handlers/function-metrics.ts'
import { idleCost, PatternMonitoring, type PatternMonitoringProps } from '../src/index.ts'
import { account, arn, synthesiseAlone } from './support/alone.ts'
import { type DashboardBody, dashboardsOf, graphsOf, type Line } from './support/dashboards.ts'
import { functionOf } from './support/functions.ts'
import { resolved } from './support/intrinsics.ts'
import { ofType, plinthStack, type StackOptions, templateOf } from './support/synthesised.ts'

const template = templateOf(plinthStack())
const dashboards = dashboardsOf(template)
const names = patterns.map(({ name }) => name)
const nameOf = (pattern: string) => `${pattern}-architecture-dashboard`
const all = [...dashboards.values()]
const linesOf = (body: DashboardBody): readonly Line[] => [...graphsOf(body).values()].flat()
const sorted = (values: Iterable<string>) => [...values].sort()

function dashboardOf(pattern: string, of = dashboards): DashboardBody {
  const body = of.get(nameOf(pattern))
  if (!body) throw new Error(`There is no dashboard of ${pattern}.`)
  return body
}

/** The values of a dimension in the graphs of a title, of all dashboards. */
function shownIn(title: string, dimension: string): readonly string[] {
  return all.flatMap((body) => graphsOf(body).get(title) ?? []).map(({ dimensions }) => dimensions[dimension] ?? '')
}

/** By which a metric may name each resource of a type. */
function namesOf(type: string, property: string): ReadonlySet<string> {
  return new Set(
    ofType(template, type).flatMap(([id, properties]) => [
      resolved(template, { Ref: id }),
      resolved(template, { 'Fn::GetAtt': [id, property] }),
      ...(typeof properties[property] === 'string' ? [properties[property]] : []),
    ]),
  )
}

/** The functions and queues of the event sources of a kind, as metrics name them. */
function sourcesOf(kind: 'sqs' | 'stream', part: 'FunctionName' | 'EventSourceArn'): readonly string[] {
  return ofType(template, 'AWS::Lambda::EventSourceMapping')
    .filter(([, mapping]) => 'ScalingConfig' in mapping === (kind === 'sqs'))
    .map(([, mapping]) => resolved(template, mapping[part]).split(':').at(-1) ?? '')
}

describe("each pattern's dashboard", () => {
  it('[R125] is named after it, and there are no others', () => {
    expect(sorted(dashboards.keys())).toEqual(sorted(names.map(nameOf)))
  })

  it.each(names)('[R123] [R124] of %s has the widget of the seed, and keeps to its period', (pattern) => {
    const { widgets, periodOverride } = dashboardOf(pattern)
    const found = widgets.filter(({ properties }) => properties.title === `${pattern} Performance Metrics`)
    expect(found).toHaveLength(1)
    const [{ type, properties } = { type: '', properties: {} }] = found
    const { metrics, period, stat, region } = properties
    expect([type, period, stat, region, periodOverride]).toEqual(['metric', 300, 'Average', 'eu-central-1', 'inherit'])
    const seed = [
      ['AWS/Lambda', 'Duration', 'FunctionName', `${pattern}-processor`],
      ['AWS/Lambda', 'Errors', 'FunctionName', `${pattern}-processor`],
      ['AWS/ApiGateway', 'Latency', 'ApiName', `${pattern}-api`],
    ]
    // The API that all of them share has the name of one.
    const shared = { label: 'Latency of event-driven-api, which serves this pattern' }
    const beside = pattern === 'event-driven' ? [] : [['AWS/ApiGateway', 'Latency', 'ApiName', 'event-driven-api', shared]]
    expect(metrics).toEqual([...seed, ...beside])
  })

  it.each(names)('[R123] the function that the dashboard of %s looks for is there', (pattern) => {
    const made = ofType(template, 'AWS::Lambda::Function').map(([, { FunctionName }]) => FunctionName)
    expect(made).toContain(`${pattern}-processor`)
  })

  it('[R123] the function of tenants is the authorizer, and its dashboard says what its errors are', () => {
    expect(functionOf(template, 'authorizer')[1].FunctionName).toBe('multi-tenant-processor')
    expect(textOf(dashboardOf('multi-tenant'))).toMatch(/multi-tenant-processor` is the authorizer.*errors are refusals/)
  })

  it('says which API serves its pattern, where that is named after another', () => {
    for (const pattern of names)
      expect(textOf(dashboardOf(pattern)).includes(`\`${pattern}-api\` may stay empty`)).toBe(pattern !== 'event-driven')
  })

  it('[R124] shows the Region of its stack', () => {
    const regions = (options: StackOptions) =>
      [...dashboardsOf(templateOf(plinthStack(options))).values()]
        .flatMap(({ widgets }) => widgets)
        .flatMap(({ type, properties }) => (type === 'metric' ? [properties.region] : []))
    expect(new Set(regions({ env: { account, region: 'ap-southeast-2' } }))).toEqual(new Set(['ap-southeast-2']))
    expect(new Set(regions({}))).toEqual(new Set(['eu-central-1']))
  })
})

describe('beside the widget of the seed', () => {
  const percentiles = (metric: string) => [`${metric} p50`, `${metric} p95`, `${metric} p99`]
  const models = {
    'Tokens of models': ['InputTokens Sum', 'OutputTokens Sum'],
    'Cost of models': ['ModelCost Sum'],
    'Model calls that failed': ['ModelThrottles Sum', 'ModelFailures Sum'],
    'Duration of model calls': percentiles('ModelDuration'),
  }
  const common = (pattern: string) => ({
    'Latency of event-driven-api': percentiles('Latency'),
    [`Duration of ${pattern}-processor`]: percentiles('Duration'),
    Invocations: ['Invocations Sum'],
    Errors: ['Errors Sum'],
    Throttles: ['Throttles Sum'],
    ...models,
  })
  const jobs = {
    'Oldest job': ['ApproximateAgeOfOldestMessage Maximum'],
    'Jobs that wait': ['ApproximateNumberOfMessagesVisible Maximum'],
    'Dead letters': ['ApproximateNumberOfMessagesVisible Maximum'],
  }
  const iteratorAge = { 'Iterator age': ['IteratorAge Maximum'] }
  const more: Readonly<Record<PatternName, Readonly<Record<string, readonly string[]>>>> = {
    'event-driven': { ...jobs, ...iteratorAge },
    rag: jobs,
    'multi-agent': jobs,
    analytics: {
      ...jobs,
      ...iteratorAge,
      Alerts: ['StreamAnomalies Sum', 'StreamFindings Sum', 'AlertsOpened Sum'],
      'Records of streams': ['StreamRecords Sum'],
      'From a record to what comes of it': percentiles('StreamLag'),
    },
    'multi-tenant': { 'Web ACL': ['AllowedRequests Sum', 'BlockedRequests Sum'], 'Refused tokens': ['Errors Sum'] },
  }

  it.each(names)('[X73] %s shows percentiles, tokens, cost, throttles, and what waits, failed or was found', (pattern) => {
    const shown = [...graphsOf(dashboardOf(pattern))]
      .filter(([title]) => !title.endsWith('Performance Metrics'))
      .map(([title, lines]) => [title, [...new Set(lines.map(({ metric, stat }) => `${metric} ${stat}`))]])
    expect(Object.fromEntries(shown)).toEqual({ ...common(pattern), ...more[pattern] })
  })

  it.each(['Invocations', 'Errors', 'Throttles'])('[X73] %s of all functions are on the dashboard of one pattern', (title) => {
    const functions = ofType(template, 'AWS::Lambda::Function').map(([id]) => resolved(template, { Ref: id }))
    expect(sorted(shownIn(title, 'FunctionName'))).toEqual(sorted(functions))
  })

  it.each(['Oldest job', 'Jobs that wait'])('[X73] %s: all queues from which jobs are taken, each once', (title) => {
    const worked = sourcesOf('sqs', 'EventSourceArn')
    expect(worked.length).toBeGreaterThan(4)
    expect(sorted(shownIn(title, 'QueueName'))).toEqual(sorted(worked))
  })

  it('[X73] dead letters: all queues from which nothing is sent on', () => {
    const ends = ofType(template, 'AWS::SQS::Queue')
      .filter(([, properties]) => !('RedrivePolicy' in properties))
      .map(([id]) => resolved(template, { 'Fn::GetAtt': [id, 'QueueName'] }))
    expect(ends).toHaveLength(4)
    expect(new Set(shownIn('Dead letters', 'QueueName'))).toEqual(new Set(ends))
  })

  it('[X73] the age of what is read: all functions that read a stream', () => {
    const readers = sourcesOf('stream', 'FunctionName')
    expect(readers).toHaveLength(2)
    expect(sorted(shownIn('Iterator age', 'FunctionName'))).toEqual(sorted(readers))
  })

  it('[X73] alarms: each is on one dashboard', () => {
    const shown = all.flatMap(({ widgets }) => widgets.flatMap(({ properties }) => properties.alarms ?? []))
    const made = ofType(template, 'AWS::CloudWatch::Alarm').map(([id]) => resolved(template, { 'Fn::GetAtt': [id, 'Arn'] }))
    expect(sorted(shown)).toEqual(sorted(made))
  })

  it('models are counted by pattern, and behind the API for all of them; by nothing else, so by no tenant', () => {
    const own = (pattern: string) =>
      linesOf(dashboardOf(pattern)).flatMap(({ namespace, dimensions }) => (namespace === metricNamespace ? [dimensions] : []))
    const callers = (pattern: string) => new Set(own(pattern).map((dimensions) => JSON.stringify(dimensions)))
    const expected = {
      'event-driven': ['event-driven'],
      rag: ['rag', 'api'],
      'multi-agent': ['multi-agent'],
      analytics: ['analytics'],
      'multi-tenant': ['api'],
    }
    for (const [pattern, values] of Object.entries(expected))
      expect(callers(pattern), pattern).toEqual(new Set(values.map((Pattern) => JSON.stringify({ Pattern }))))
    for (const pattern of ['rag', 'multi-tenant']) expect(textOf(dashboardOf(pattern))).toContain('behind the API')
  })
})

describe('what they show', () => {
  it('[R123] is there: every function, queue, API and web ACL that they name', () => {
    const known: Readonly<Record<string, ReadonlySet<string>>> = {
      FunctionName: namesOf('AWS::Lambda::Function', 'FunctionName'),
      QueueName: namesOf('AWS::SQS::Queue', 'QueueName'),
      ApiName: new Set(['event-driven-api']),
      WebACL: new Set(
        ofType(template, 'AWS::WAFv2::WebACL').map(
          ([, { VisibilityConfig }]) => (VisibilityConfig as { MetricName: string }).MetricName,
        ),
      ),
    }
    for (const [name, body] of dashboards) {
      // That of the seed, which may be made by somebody else.
      const own = name.replace('-architecture-dashboard', '-api')
      const unknown = linesOf(body)
        .flatMap(({ dimensions }) => Object.entries(dimensions))
        .filter(([dimension, value]) => known[dimension] && !known[dimension].has(value) && value !== own)
      expect(unknown, name).toEqual([])
      const dimensions = new Set(linesOf(body).flatMap((line) => Object.keys(line.dimensions)))
      for (const one of dimensions) expect([...Object.keys(known), 'Pattern', 'Region', 'Rule']).toContain(one)
    }
  })

  it('[X73] is counted: what functions write into their logs for CloudWatch has these names', async () => {
    const written: string[] = []
    const reader = new FunctionMetrics({ pattern: 'analytics', write: (line) => written.push(line) })
    telemetry.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    recordModelCall({ tenant: 'demo' }, 'bedrock/nova', { input_tokens: 1, output_tokens: 1, usd: 1, latency_ms: 1 })
    for (const errorCode of ['model_throttled', 'model_failed'])
      recordModelCall({ tenant: 'demo' }, 'bedrock/nova', { errorCode, milliseconds: 1 })
    recordStreamBatch({ records: 1, bytes: 1, anomalies: 1, findings: 1, lag: 1 }, 1)
    recordAlertsOpened(1)
    await reader.forceFlush()
    const counted = Object.keys(JSON.parse(written.join()))
    const shown = new Set(
      all.flatMap(linesOf).flatMap(({ namespace, metric }) => (namespace === metricNamespace ? [metric] : [])),
    )
    expect(shown.size).toBe(11)
    expect(counted).toEqual(expect.arrayContaining([...shown, 'Pattern']))
  })

  it('lies in rows of three, nothing over anything else', () => {
    for (const [name, { widgets }] of dashboards) {
      const places = widgets.flatMap(({ x, y, width, height }) =>
        Array.from({ length: width * height }, (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`),
      )
      expect(new Set(places).size, name).toBe(places.length)
      const [text, seed, alarms, ...graphs] = widgets.map(({ type, x, width }) => `${type} ${x}-${x + width}`)
      expect([text, seed, alarms], name).toEqual(['text 0-24', 'metric 0-12', 'alarm 12-24'])
      expect(new Set(graphs), name).toEqual(new Set(['metric 0-8', 'metric 8-16', 'metric 16-24']))
    }
  })

  it('is 50 metrics at the most, as with more a dashboard is never one of the three that are free', () => {
    for (const body of all) expect(linesOf(body).length).toBeLessThanOrEqual(50)
  })

  it('costs 3 USD a month for each, told apart, and can be left out', () => {
    const cost = idleCost(template)
    expect(cost.lines).toContainEqual({ what: 'dashboards', count: 5, usd: 15 })
    expect(cost.dashboardsUsd).toBe(15)
    const { made, left } = stackOf({ monitoring: false })
    const without = idleCost(left)
    expect([without.dashboardsUsd, without.lines.filter(({ what }) => what === 'dashboards')]).toEqual([0, []])
    expect(cost.usd - without.usd).toBeCloseTo(15)
    expect(made.stack.monitoring.size).toBe(0)
    expect(JSON.stringify(left)).not.toContain('AWS::CloudWatch::Dashboard')
  })
})

describe('the options of a PlinthStack', () => {
  it.each<[PatternName, StackOptions]>([
    ['rag', { rag: false }],
    ['multi-agent', { multiAgent: false }],
    ['analytics', { analytics: false }],
    ['multi-tenant', { multiTenant: false }],
  ])('without %s there is no dashboard of it', (pattern, options) => {
    const { made, left } = stackOf(options)
    const others = names.filter((name) => name !== pattern)
    expect(sorted(dashboardsOf(left).keys())).toEqual(sorted(others.map(nameOf)))
    expect(sorted(made.stack.monitoring.keys())).toEqual(sorted(others))
  })

  it('without that of tenants, the authorizer and the model gateway are with the requests', () => {
    const graphs = graphsOf(dashboardOf('event-driven', dashboardsOf(stackOf({ multiTenant: false }).left)))
    const labels = (title: string) => graphs.get(title)?.map(({ label }) => label)
    expect(labels('Errors')).toContain('authorizer')
    expect(labels('Cost of models')).toEqual(['list price, event-driven', 'list price, api'])
  })

  it('without a web ACL, or executions, what they would show is not there', () => {
    const bodies = dashboardsOf(stackOf({ multiTenant: { waf: false }, multiAgent: { executions: false } }).left)
    const tenants = graphsOf(dashboardOf('multi-tenant', bodies))
    expect([tenants.has('Web ACL'), tenants.has('Refused tokens')]).toEqual([false, true])
    expect(graphsOf(dashboardOf('multi-agent', bodies)).get('Dead letters')).toHaveLength(1)
  })

  it('patterns: those alone; widgets: more of them', () => {
    const rag = [new TextWidget({ markdown: 'of our own', width: 24, height: 1 })]
    const { left } = stackOf({ monitoring: { patterns: ['rag', 'event-driven', 'rag'], widgets: { rag } } })
    const bodies = dashboardsOf(left)
    expect([...bodies.keys()]).toEqual([nameOf('rag'), nameOf('event-driven')])
    expect(dashboardOf('rag', bodies).widgets.at(-1)?.properties.markdown).toBe('of our own')
    expect(JSON.stringify(dashboardOf('event-driven', bodies))).not.toContain('of our own')
    expect(refusal(() => stackOf({ rag: false, monitoring: { patterns: ['rag'] } }))).toMatchObject({
      field: 'monitoring.patterns',
      message: expect.stringContaining('rag'),
    })
  })
})

describe('PatternMonitoring by itself', () => {
  const alone = (props: (stack: Parameters<Parameters<typeof synthesiseAlone>[0]>[0]) => PatternMonitoringProps) =>
    synthesiseAlone((stack) => new PatternMonitoring(stack, 'Monitoring', props(stack)))

  it('[R123] [R124] [R125] needs a pattern and nothing else, and shows the widget of the seed alone', () => {
    const { template: own, made } = alone(() => ({ pattern: 'own_pattern' }))
    const bodies = dashboardsOf(own)
    expect(Object.values(own.Resources).map(({ Type }) => Type)).toEqual(['AWS::CloudWatch::Dashboard'])
    expect(made.dashboard.dashboardName).toBeTruthy()
    const { widgets } = dashboardOf('own_pattern', bodies)
    expect(widgets.map(({ type }) => type)).toEqual(['text', 'metric'])
    expect(widgets[1]?.properties).toMatchObject({
      title: 'own_pattern Performance Metrics',
      period: 300,
      stat: 'Average',
      region: 'eu-central-1',
      metrics: [
        ['AWS/Lambda', 'Duration', 'FunctionName', 'own_pattern-processor'],
        ['AWS/Lambda', 'Errors', 'FunctionName', 'own_pattern-processor'],
        ['AWS/ApiGateway', 'Latency', 'ApiName', 'own_pattern-api'],
      ],
    })
    expect(widgets[1]?.properties.metrics).toHaveLength(3)
    expect(textOf({ widgets })).toBe('# own_pattern')
  })

  it('shows what it is given, whoever made it, and an own API once', () => {
    const { template: own } = alone((stack) => {
      const code = LambdaFunction.fromFunctionArn(stack, 'Code', arn('lambda', 'function:reader'))
      const queue = Queue.fromQueueArn(stack, 'Queue', arn('sqs', 'work'))
      const dead = Queue.fromQueueArn(stack, 'Dead', arn('sqs', 'dead'))
      const api = new RestApi(stack, 'Api', { restApiName: 'own-api', cloudWatchRole: false })
      api.root.addMethod('GET')
      const alarm = Alarm.fromAlarmArn(stack, 'Alarm', arn('cloudwatch', 'alarm:late'))
      return {
        pattern: 'own',
        api,
        functions: { reader: code },
        queues: [queue],
        deadLetters: [dead],
        streamConsumers: { reader: code },
        modelCallers: ['own'],
        alarms: [alarm],
        widgets: [new TextWidget({ markdown: 'of our own', width: 24, height: 1 })],
        notes: ['Read this.'],
      }
    })
    const body = dashboardOf('own', dashboardsOf(own))
    const graphs = graphsOf(body)
    const named = (title: string, dimension: string) => graphs.get(title)?.map(({ dimensions }) => dimensions[dimension])
    expect(graphs.get('own Performance Metrics')).toHaveLength(3)
    expect(named('Latency of own-api', 'ApiName')).toEqual(['own-api', 'own-api', 'own-api'])
    for (const title of ['Invocations', 'Errors', 'Throttles', 'Iterator age'])
      expect(named(title, 'FunctionName'), title).toEqual(['reader'])
    for (const title of ['Oldest job', 'Jobs that wait']) expect(named(title, 'QueueName'), title).toEqual(['work'])
    expect(named('Dead letters', 'QueueName')).toEqual(['dead'])
    expect(named('Cost of models', 'Pattern')).toEqual(['own'])
    expect(body.widgets.flatMap(({ properties }) => properties.alarms ?? [])).toEqual([arn('cloudwatch', 'alarm:late')])
    expect(textOf(body)).toBe('# own\n- Read this.')
    expect(body.widgets.at(-1)?.properties.markdown).toBe('of our own')
  })

  it.each(['', 'two words', 'a/b', 'x'.repeat(55)])('refuses the pattern "%s", and names the field', (pattern) => {
    expect(refusal(() => alone(() => ({ pattern })))).toMatchObject({ code: 'invalid_input', field: 'pattern' })
  })

  it('takes a name as long as one of a function may be, and as many alarms as CloudWatch shows', () => {
    const shows = (amount: number) =>
      alone((stack) => {
        const numbers = Array.from({ length: amount }, (_, at) => String(at))
        const alarms = numbers.map((id) => Alarm.fromAlarmArn(stack, id, arn('cloudwatch', `alarm:${id}`)))
        return { pattern: 'x'.repeat(54), alarms }
      })
    expect(dashboardsOf(shows(100).template).size).toBe(1)
    expect(refusal(() => shows(101))).toMatchObject({ code: 'invalid_input', field: 'alarms' })
  })
})

function stackOf(options: StackOptions) {
  const made = plinthStack(options)
  return { made, left: templateOf(made) }
}

function textOf({ widgets }: DashboardBody): string {
  return widgets.find(({ type }) => type === 'text')?.properties.markdown ?? ''
}

function refusal(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
