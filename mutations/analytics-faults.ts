import type { RequirementMutation } from './mutation.ts'

const source = 'packages/core/src/analytics'
const tests = 'packages/core/test/analytics'

export const analyticsFaults: readonly RequirementMutation[] = [
  {
    number: 'X44',
    words: 'how long an insight took is counted from no start',
    patches: [{ file: `${source}/incidents/renew-insights.ts`, find: 'now - finding.accepted', replace: 'now' }],
    test: `${tests}/tick/tick-stream.test.ts`,
  },
  {
    number: 'X45',
    words: 'what is around an analysis is taken for it',
    patches: [
      {
        file: `${source}/analysis/parse-analysis.ts`,
        find: 'const given = list ?? (incidents === 1 ? [found.value] : undefined)',
        replace: 'const given = [found.value]',
      },
    ],
    test: `${tests}/analysis/parse-analysis.test.ts`,
  },
  {
    number: 'X46',
    words: 'a risk in capitals is none',
    patches: [
      {
        file: `${source}/analysis/parse-analysis.ts`,
        find: 'const word = value.trim().toLowerCase()',
        replace: 'const word = value',
      },
    ],
    test: `${tests}/analysis/parse-analysis.test.ts`,
  },
  {
    number: 'X47',
    words: 'a pattern has to be the word anomaly, and nothing else',
    patches: [
      {
        file: `${source}/alerts/conditions.ts`,
        find: 'String(value).toLowerCase().includes(part)',
        replace: 'String(value).toLowerCase() === part',
      },
    ],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'X48',
    words: 'a model is asked about one incident at a time',
    patches: [{ file: `${source}/tick-stream.ts`, find: 'const mostAsked = 5', replace: 'const mostAsked = 1' }],
    test: `${tests}/tick/triage-incidents.test.ts`,
  },
  {
    number: 'X49',
    words: 'a bad record has all of its call refused',
    patches: [
      {
        file: `${source}/record-appender.ts`,
        find: 'if (isFault(read)) this.#reject(index, read)',
        replace: 'if (isFault(read)) throw new TooLargeError(read.message)',
      },
    ],
    test: `${tests}/append/append-records.test.ts`,
  },
  {
    number: 'X50',
    words: 'a record that comes again under its id counts again',
    patches: [{ file: `${source}/shards/recent-ids.ts`, find: '    if (this.#known.has(hash)) return false\n', replace: '' }],
    test: `${tests}/shards/shard-work.test.ts`,
  },
  {
    number: 'X51',
    words: 'what comes again within its cool-down is another alert',
    patches: [
      {
        file: `${source}/alerts/raise-alerts.ts`,
        find: 'if (latest && now - latest.updated < latest.cool_down &&',
        replace: 'if (latest && now < latest.updated &&',
      },
    ],
    test: `${tests}/alerts/raise-alerts.test.ts`,
  },
  {
    number: 'X52',
    words: 'alerts go to a topic that nobody has made',
    patches: [
      {
        file: `${source}/alerts/publish-alert.ts`,
        find: 'scope.topics.publish(alertTopic(alert_type), {',
        replace: "scope.topics.publish('region:account', {",
      },
    ],
    test: `${tests}/alerts/alert-delivery.test.ts`,
  },
  {
    number: 'X53',
    words: 'only whole numbers are taken',
    patches: [
      { file: `${source}/read-records.ts`, find: 'return Number.isFinite(value)', replace: 'return Number.isInteger(value)' },
    ],
    test: `${tests}/append/read-records.test.ts`,
  },
  {
    number: 'X54',
    words: "incidents end by the machine's clock alone",
    patches: [
      {
        file: `${source}/tick-stream.ts`,
        find: 'incidents.endQuiet(scope.clock.now(), reachedBy(heads))',
        replace: 'incidents.endQuiet(scope.clock.now(), undefined)',
      },
    ],
    test: `${tests}/tick/tick-stream.test.ts`,
  },
  {
    number: 'X55',
    words: 'a model may be talked into a lower risk than the figures say',
    patches: [
      {
        file: `${source}/analysis/under-statistics.ts`,
        find: 'clamp(riskLevels.indexOf(model.risk_level), least,',
        replace: 'clamp(riskLevels.indexOf(model.risk_level), 0,',
      },
    ],
    test: `${tests}/analysis/under-statistics.test.ts`,
  },
  {
    number: 'X56',
    words: 'a time without a zone is taken',
    patches: [{ file: 'packages/core/src/define/forms.ts', find: '[0-5]\\d)$/i', replace: '[0-5]\\d)?$/i' }],
    test: 'packages/core/test/cursors.test.ts',
  },
  {
    number: 'X57',
    words: 'windows are counted by an application of Kinesis Analytics',
    patches: [
      {
        file: 'packages/cdk/src/real-time-analytics.ts',
        find: 'import { Duration, RemovalPolicy, Stack }',
        replace: 'import { CfnResource, Duration, RemovalPolicy, Stack }',
      },
      {
        file: 'packages/cdk/src/real-time-analytics.ts',
        find: '    const { stream, topics } = this\n',
        replace:
          "    const { stream, topics } = this\n    new CfnResource(this, 'Windows', { type: 'AWS::KinesisAnalytics::Application' })\n",
      },
    ],
    test: 'packages/cdk/test/real-time-analytics.test.ts',
  },
]
