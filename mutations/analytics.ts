import type { RequirementMutation } from './mutation.ts'

const source = 'packages/core/src/analytics'
const tests = 'packages/core/test/analytics'

export const analytics: readonly RequirementMutation[] = [
  {
    number: 'R69',
    words: 'what is found in a stream is told to nobody who makes insights of it',
    patches: [
      {
        file: `${source}/shards/shard.ts`,
        find: '      ...findingWrites(name, this.#shard, group.findings, at),\n',
        replace: '',
      },
    ],
    test: `${tests}/process-streaming-data.test.ts`,
  },
  {
    number: 'R70',
    words: 'an alert that is built in has no topic',
    patches: [
      {
        file: 'packages/cdk/src/real-time-analytics.ts',
        find: 'types: [...defaultAlertTypes, ...alertTypes]',
        replace: 'types: [...defaultAlertTypes].slice(1).concat(alertTypes)',
      },
    ],
    test: 'packages/cdk/test/real-time-analytics.test.ts',
  },
  {
    number: 'R71',
    words: 'the data of Kinesis are taken for JSON as they are',
    patches: [
      {
        file: `${source}/read-kinesis.ts`,
        find: 'JSON.parse(utf8.decode(fromBase64(text)))',
        replace: 'JSON.parse(text)',
      },
    ],
    test: `${tests}/process-streaming-data.test.ts`,
  },
  {
    number: 'R72',
    words: 'insights are stored, and not checked for alerts',
    patches: [
      {
        file: `${source}/tick/place-findings.ts`,
        find: 'changeAlerts(scope, { raise: changed })',
        replace: 'changeAlerts(scope, { raise: [] })',
      },
    ],
    test: `${tests}/tick/tick-stream.test.ts`,
  },
  {
    number: 'R73',
    words: 'the metrics of a batch are published to nobody',
    patches: [
      {
        file: `${source}/shards/batch-metrics.ts`,
        find: '  for (const listener of listeners) listener(metrics, owner)\n',
        replace: '',
      },
    ],
    test: `${tests}/shards/shard-work.test.ts`,
  },
  {
    number: 'R74',
    words: 'the insights of a batch are not given back',
    patches: [
      {
        file: `${source}/process-streaming-data.ts`,
        find: 'insights: await batch.insightsIn(scope, name)',
        replace: 'insights: []',
      },
    ],
    test: `${tests}/process-streaming-data.test.ts`,
  },
  {
    number: 'R75',
    words: 'every analysis is of the lowest priority',
    patches: [
      {
        file: `${source}/analysis/analyse-by-rule.ts`,
        find: 'alert_priority: priorityOf(severity)',
        replace: 'alert_priority: 1',
      },
    ],
    test: `${tests}/analysis/analyse-by-rule.test.ts`,
  },
  {
    number: 'R76',
    words: 'an insight does not hold its record',
    patches: [
      {
        file: `${source}/incidents/renew-insights.ts`,
        find: 'timestamp: finding.timestamp, data_point }',
        replace: 'timestamp: finding.timestamp, data_point: {} }',
      },
    ],
    test: `${tests}/tick/tick-stream.test.ts`,
  },
  {
    number: 'R77',
    words: 'only a priority of five raises an alert',
    patches: [{ file: `${source}/alerts/rules.ts`, find: 'threshold: 4,', replace: 'threshold: 5,' }],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R78',
    words: 'a high risk raises no alert',
    patches: [{ file: `${source}/alerts/rules.ts`, find: "threshold: 'high',", replace: "threshold: 'grave'," }],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R79',
    words: 'a pattern that speaks of an anomaly raises no alert',
    patches: [{ file: `${source}/alerts/rules.ts`, find: "threshold: 'anomaly',", replace: "threshold: 'outlier'," }],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R80',
    words: 'an insight raises the alert of the first rule alone',
    patches: [
      {
        file: `${source}/alerts/judge-insight.ts`,
        find: 'if (!concerns(',
        replace: 'if (verdicts.size > 0 || !concerns(',
      },
    ],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R81',
    words: 'an alert does not say what to do',
    patches: [
      {
        file: `${source}/alerts/alert-content.ts`,
        find: 'data, analysis, recommended_actions: actions }',
        replace: 'data, analysis }',
      },
    ],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R82',
    words: 'alerts of all types go to one topic',
    patches: [
      { file: `${source}/alerts/alert-content.ts`, find: 'return `genai-alerts-$', replace: 'return `genai-alerts` // $' },
    ],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R83',
    words: "an alert's subject is in small letters",
    patches: [
      {
        file: `${source}/alerts/alert-content.ts`,
        find: 'word.charAt(0).toUpperCase() + word.slice(1)',
        replace: 'word',
      },
    ],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'R84',
    words: 'what is found waits until somebody looks',
    patches: [
      {
        file: `${source}/shards/shard.ts`,
        find: '...(group.isWorthTick ? [tick(name, this.#shard, told)] : []),',
        replace: '',
      },
    ],
    test: `${tests}/shards/shard-work.test.ts`,
  },
  {
    number: 'R85',
    words: 'nobody is told that an alert was raised',
    patches: [{ file: `${source}/alerts/raise-alerts.ts`, find: '  book.tell(alertOpened, fields)\n', replace: '' }],
    test: `${tests}/alerts/alert-delivery.test.ts`,
  },
  {
    number: 'R86',
    words: 'all records go through one shard',
    patches: [
      {
        file: `${source}/record-appender.ts`,
        find: 'shardOf(each.record.key, this.#fields.shards)',
        replace: '0',
      },
    ],
    test: `${tests}/append/append-records.test.ts`,
  },
  {
    number: 'R87',
    words: 'an analysis recommends nothing',
    patches: [
      {
        file: `${source}/analysis/analyse-by-rule.ts`,
        find: 'recommended_actions: actionsOf(finding, { expected, change, incident })',
        replace: 'recommended_actions: []',
      },
    ],
    test: `${tests}/analysis/analyse-by-rule.test.ts`,
  },
  {
    number: 'R88',
    words: 'what is known of keys is not kept',
    patches: [
      {
        file: `${source}/shards/key-pages.ts`,
        find: '      writes.push(replace(streamKeyPages, this.#place(page), { through: page.through }, { keys: text }))\n',
        replace: '',
      },
    ],
    test: `${tests}/shards/key-pages.test.ts`,
  },
  {
    number: 'R89',
    words: 'a sliding window counts the first of its parts only',
    patches: [
      {
        file: `${source}/windows/pane-windows.ts`,
        find: 'for (const pane of within) content.merge(pane.content)',
        replace: 'content.merge(first.content)',
      },
    ],
    test: `${tests}/windows/key-windows.test.ts`,
  },
  {
    number: 'R90',
    words: 'whoever looks on is shown no points',
    patches: [
      { file: `${source}/shards/tail.ts`, find: 'const tail: Tail = { points,', replace: 'const tail: Tail = { points: [],' },
    ],
    test: 'packages/server/test/streams/points.test.ts',
  },
  {
    number: 'G4',
    words: 'the stream does not lead to the function that works it',
    patches: [
      {
        file: 'packages/cdk/src/real-time-analytics.ts',
        find: 'this.processor.addEventSource(',
        replace: 'Object(',
      },
    ],
    test: 'packages/cdk/test/real-time-analytics.test.ts',
  },
]
