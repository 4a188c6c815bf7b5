import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { Client } from '../client.ts'
import { ProgressBar } from '../progress-bar.ts'
import { limitOf, moreWords, readList } from '../read-list.ts'
import type { ShownAlert, ShownInsight, ShownStream, ShownWindow, StreamFigures } from '../streams/answers.ts'
import { followStream } from '../streams/follow-stream.ts'
import { alertPath, streamPath } from '../streams/path.ts'
import { type PutResult, RecordSender } from '../streams/put-records.ts'
import { openSource } from '../streams/read-rows.ts'
import {
  alertTable,
  eventWords,
  insightTable,
  putWords,
  rejectedWords,
  streamTable,
  streamWords,
  windowTable,
} from '../streams/stream-words.ts'
import { type Asked, type Outcome, subcommand, verb } from '../subcommand.ts'

interface PutOptions {
  readonly key?: string
  readonly timestamp?: string
  readonly id?: string
  readonly format?: string
}

interface ListOptions {
  readonly limit: string
  readonly key?: string
  readonly window?: string
  readonly from?: string
  readonly to?: string
  readonly status?: string
}

export function streamCommand(): Command {
  return verb('stream', 'Streams of records: send some, watch them, see what was found in them.', [
    putCommand(),
    subcommand<{ readonly key?: string }>(
      'tail',
      'Show what happens in a stream from now on: points, anomalies, insights, alerts.',
      tail,
    )
      .argument('<name>')
      .option('--key <key>', 'of this key alone'),
    listed('list', 'Streams, newest first.', ({ options }) => list<ShownStream>('/api/streams', options, streamTable)),
    subcommand('show', 'One stream: how it is set, and its figures.', show).argument('<name>'),
    listed('insights', 'What was found in a stream, newest first.', ({ args: [name], options }) =>
      list<ShownInsight>(streamPath(name, '/insights'), options, insightTable),
    )
      .argument('<name>')
      .option('--key <key>', 'of this key alone'),
    listed('windows', 'What its closed windows came to, newest first.', ({ args: [name], options }) =>
      list<ShownWindow>(streamPath(name, '/windows'), options, windowTable),
    )
      .argument('<name>')
      .option('--key <key>', 'of this key alone')
      .option('--window <window>', 'of this kind of window alone, such as 1m')
      .option('--from <time>', 'from this time on, such as 2026-01-31T12:00:00Z')
      .option('--to <time>', 'before this time'),
    listed('alerts', 'Alerts, newest first; of one stream, where it is named.', ({ args: [name], options }) => {
      if (name !== undefined) streamPath(name)
      return list<ShownAlert>('/api/alerts', { ...options, ...(name === undefined ? {} : { stream: name }) }, alertTable)
    })
      .argument('[name]')
      .option('--status <status>', 'open, acknowledged or recovered'),
    subcommand('acknowledge', 'Say that somebody looks after an alert.', acknowledge).argument('<id>'),
  ])
}

function putCommand(): Command {
  return subcommand<PutOptions>('put', 'Send records: CSV with a head, or JSON lines, from files or standard input.', put)
    .argument('<name>', 'the stream, which begins with its first record')
    .argument('[files...]', 'files, or - for standard input, which is the default')
    .option('--key <field>', 'the field that says what was measured; key unless told otherwise')
    .option('--timestamp <field>', 'the field with the time; timestamp where there is one, else now')
    .option('--id <field>', 'the field with an id of its own; id where there is one')
    .option('--format <format>', 'csv or jsonl, where the name of the file does not say so')
    .addHelpText(
      'after',
      `
A line of JSON is a record as the API takes it, {"key", "data", "timestamp"?, "id"?}, or an object of plain fields; a row of CSV
is fields, too: its key, time and id by name, all others are the data. Each record is sent under an id, made of where it stands
where it has none of its own: so a run that was interrupted is simply run again, and what came twice in a row counts once. A line
that is rejected is named with the reason, and stops no other; the exit code is then 1.

  plinth stream put plant readings.csv --key sensor --timestamp at
  tail -f log.jsonl | plinth stream put web --key host`,
    )
}

function listed(name: string, description: string, work: (asked: Asked<ListOptions>) => Promise<Outcome>): Command {
  return subcommand<ListOptions>(name, description, work).option('--limit <number>', 'the most that are shown', '50')
}

async function list<Item>(
  path: string,
  { limit, ...filter }: ListOptions & { readonly stream?: string },
  words: (items: readonly Item[]) => string[],
): Promise<Outcome> {
  const client = await Client.fromEnvironment(process.env)
  const query = new URLSearchParams(Object.entries(filter)).toString()
  const found = await readList<Item>(client, path, limitOf(limit), query)
  return { good: true, facts: found, words: [...words(found.items), ...moreWords(found)] }
}

async function show({ args: [name] }: Asked<unknown>): Promise<Outcome> {
  const path = streamPath(name)
  const stream = (await (await Client.fromEnvironment(process.env)).call('GET', path)) as StreamFigures
  return { good: true, facts: stream, words: streamWords(stream) }
}

async function acknowledge({ args: [id] }: Asked<unknown>): Promise<Outcome> {
  const path = alertPath(id, '/acknowledge')
  const alert = (await (await Client.fromEnvironment(process.env)).call('POST', path)) as ShownAlert
  return { good: true, facts: alert, words: [`${alert.alert_id} is ${alert.status}.`] }
}

async function tail({ args: [name], options, json }: Asked<{ readonly key?: string }>): Promise<undefined> {
  const path = streamPath(name, '/events')
  const query = options.key === undefined ? '' : `?${new URLSearchParams({ key: options.key })}`
  const client = await Client.fromEnvironment(process.env)
  for await (const { event, data } of followStream(client, `${path}${query}`))
    console.log(json ? JSON.stringify({ event, data }) : eventWords(event, data))
}

async function put({ args: [name, ...files], options, json }: Asked<PutOptions>): Promise<Outcome> {
  const path = streamPath(name, '/records')
  const sources = (files.length === 0 ? ['-'] : files).map((file) => ({ file, open: () => openSource(file, options.format) }))
  const kibibytes = await sizeOf(files)
  const client = await Client.fromEnvironment(process.env)
  const bar = kibibytes === undefined ? undefined : new ProgressBar({ total: kibibytes, label: 'KiB' })
  const sender = new RecordSender(client, path)
  let before = 0
  try {
    for (const { open } of sources) {
      const source = open()
      await sender.send(source, options, () => bar?.advanceTo(Math.round(before + source.bytesRead() / 1024)))
      before += source.bytesRead() / 1024
    }
  } catch (error) {
    bar?.end()
    const { accepted } = sender.result
    if (accepted > 0) console.error(`${accepted} records were sent. Run it again to send the rest.`)
    throw error
  }
  bar?.end()
  return told(sender.result, json)
}

function told(result: PutResult, json: boolean): Outcome {
  if (!json) for (const line of rejectedWords(result)) console.error(line)
  const { accepted, rejected, lines } = result
  return { good: rejected === 0, facts: { accepted, rejected, lines }, words: putWords(result) }
}

/** Of all files, KiB; undefined where standard input is among them, which has no end. */
async function sizeOf(files: readonly string[]): Promise<number | undefined> {
  if (files.length === 0 || files.includes('-')) return undefined
  let bytes = 0
  for (const file of files) bytes += (await stat(file).catch(() => ({ size: 0 }))).size
  return Math.ceil(bytes / 1024)
}
