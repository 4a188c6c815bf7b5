import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { Command } from 'commander'
import { refuseOldBuild } from '../checks/build.ts'
import { makeFolder } from '../make-folder.ts'
import { countOf, shellWord, sizeOf } from '../words.ts'

interface SynthOptions {
  readonly out: string
  readonly handlers?: string
  readonly measure?: boolean
  readonly waf: boolean
  readonly rag: boolean
  readonly agents: boolean
  readonly streams: boolean
  readonly dashboards: boolean
  readonly model?: readonly string[]
  readonly embeddingModel?: readonly string[]
  readonly alarmTopic?: string
  readonly json?: boolean
}

/** Of a topic that isn't first in, first out: alarms take no other. */
const topicArn = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/

/** The toolkit that knows the form of what is written; the newest of all is an old build under a higher number. */
const toolkit = 'aws-cdk@2.1148.1'

export function synthCommand(): Command {
  return new Command('synth')
    .description('Write the CloudFormation of a Plinth on AWS; needs no account, no credentials and no network.')
    .option('--out <folder>', 'the folder for the template and the code of the functions', 'cdk.out')
    .option('--handlers <folder>', 'functions that were bundled before (default: they are bundled now)')
    .option('--measure', 'import each function in a process of its own, and print how long that takes here')
    .option(
      '--no-waf',
      'leave out the web ACL: no limit by address, no list of known attackers, no rules on known exploits before the API; saves about 10 USD a month',
    )
    .option(
      '--no-rag',
      'leave out documents: no queues and no function for them, and the API answers 404 under /api/documents and /api/rag; saves about 4 USD a month, 3 of them for their dashboard',
    )
    .option(
      '--no-agents',
      'leave out workflows: no queues, functions and state machine for them, and the API answers 404 under /api/workflows and /api/agents; saves about 4 USD a month, 3 of them for their dashboard',
    )
    .option(
      '--no-streams',
      'leave out streams of records: no stream, queues, topics and functions for them, and the API answers 404 under /api/streams, /api/alerts and /api/alert-rules; saves about 15 USD a month, 3 of them for their dashboard',
    )
    .option(
      '--no-dashboards',
      "leave out the dashboards of CloudWatch, one for each pattern; saves about 15 USD a month, or 6 where three of them are an account's free ones",
    )
    .option(
      '--model <ids...>',
      'the models of Bedrock that may be called; the first is the usual one (default: Amazon Nova 2 Lite)',
    )
    .option('--embedding-model <ids...>', 'the models of Bedrock that may make vectors (default: none)')
    .option('--alarm-topic <arn>', 'the topic of SNS that alarms tell (default: they tell nobody)')
    .option('--json', 'print JSON')
    .action(synth)
}

async function synth(options: SynthOptions): Promise<void> {
  const { out, handlers, measure, waf, rag, agents, streams, dashboards, model, embeddingModel, alarmTopic, json } = options
  if (out.trim() === '') throw new InvalidInputError('--out must name a folder.', { field: 'out' })
  const folder = resolve(out)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new InvalidInputError(`--out must be a folder, which ${out} is not.`, { field: 'out' })
  if (handlers !== undefined && !statSync(handlers, { throwIfNoEntry: false })?.isDirectory())
    throw new InvalidInputError(`--handlers must be a folder of bundled functions, which ${handlers} is not.`, {
      field: 'handlers',
    })
  if (alarmTopic !== undefined && !topicArn.test(alarmTopic))
    throw new InvalidInputError(`--alarm-topic must be the ARN of a topic of SNS, which ${alarmTopic} is not.`, {
      field: 'alarm-topic',
    })
  if (handlers === undefined) refuseOldBuild()
  makeFolder(folder, `--out must be a folder that can be made, which ${out} is not.`, 'out')
  // Loaded now, for it takes a second or two, which no other command should wait.
  const { synthesise } = await import('@plinth/cdk')
  const { templates, bundles, imports, cost } = synthesise({
    out: folder,
    measure: measure ?? false,
    waf,
    rag,
    multiAgent: agents,
    analytics: streams,
    dashboards,
    ...(model && { models: model }),
    ...(embeddingModel && { embeddingModels: embeddingModel }),
    ...(alarmTopic !== undefined && { alarmTopicArn: alarmTopic }),
    ...(handlers !== undefined && { handlerFolder: resolve(handlers) }),
  })
  const times = new Map(imports.map(({ handler, milliseconds }) => [handler, milliseconds]))
  if (json) {
    const functions = bundles.map(({ handler, bytes, zippedBytes }) => ({
      handler,
      bytes,
      zipped_bytes: zippedBytes,
      ...(times.has(handler) && { import_ms: times.get(handler) }),
    }))
    console.log(
      JSON.stringify({ templates, handlers: functions, idle_cost: { usd_a_month: cost.usd, lines: cost.lines } }, null, 2),
    )
    return
  }
  const lines = [
    ...templates.map(({ path, bytes, resources }) => `${path}  ${sizeOf(bytes)}, ${countOf(resources, 'resource')}`),
    '',
    'Functions:',
    ...bundles.map(({ handler, bytes, zippedBytes }) => {
      const time = times.has(handler) ? `, imported in ${times.get(handler)} ms` : ''
      return `  ${handler.padEnd(16)} ${sizeOf(bytes)}, zipped ${sizeOf(zippedBytes)}${time}`
    }),
    '',
    `Waiting costs about ${cost.usd.toFixed(2)} USD a month; storage, requests and models come on top, by use:`,
    ...cost.lines.map(({ what, count, usd }) => `  ${usd.toFixed(2).padStart(6)}  ${count} ${what}`),
    ...(cost.streamsUsd > 0 ? [`The stream of records is ${cost.streamsUsd.toFixed(2)} of it; --no-streams leaves it out.`] : []),
    ...(cost.dashboardsUsd > 0
      ? [
          `The dashboards are ${cost.dashboardsUsd.toFixed(2)} of it, though an account's first three are free; --no-dashboards leaves them out.`,
        ]
      : []),
    ...(cost.wafUsd > 0 ? [`The web ACL is ${cost.wafUsd.toFixed(2)} of it; --no-waf leaves it out.`] : []),
    '',
    ...(alarmTopic === undefined ? ['Its alarms tell nobody; --alarm-topic names a topic of SNS that does.'] : []),
    'Deploy it, with credentials of your account:',
    `  npx ${toolkit} bootstrap --app ${shellWord(out)}`,
    `  npx ${toolkit} deploy --app ${shellWord(out)}`,
  ]
  console.log(lines.join('\n'))
}
