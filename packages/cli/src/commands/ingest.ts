import { Command } from 'commander'
import { Client } from '../client.ts'
import { documentFiles, type UnreadFile } from '../document-files.ts'
import { batches, type Fields, type SentBatch, type ShownDocument, sendFiles } from '../document-sender.ts'
import { awaitBatch } from '../ingest-progress.ts'
import { keyValues } from '../key-values.ts'
import { printable } from '../printable.ts'
import { ProgressBar } from '../progress-bar.ts'
import { countOf } from '../words.ts'

interface IngestOptions {
  readonly metadata?: readonly string[]
  readonly user?: readonly string[]
  readonly group?: readonly string[]
  readonly wait: boolean
  readonly vectors?: boolean
  readonly json?: boolean
}

/** Batches that are read while the next ones are sent. */
const ahead = 3

export function ingestCommand(): Command {
  return new Command('ingest')
    .description('Send documents, to be found and cited: files, folders, patterns such as "docs/**/*.md".')
    .argument('<paths...>', 'files, folders and patterns')
    .option('--metadata <field=value...>', 'what questions can be filtered by')
    .option('--user <id...>', 'only for these users')
    .option('--group <id...>', 'only for members of these groups')
    .option('--vectors', 'wait until they are found by vectors too, not by words alone')
    .option('--no-wait', 'end when all is sent')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A document's name is its path as seen from here, or all of it where it lies elsewhere: sent again under it, it takes the place of what was there, and
what has not changed costs nothing. So a run that was interrupted is simply run again. Read are PDF, DOCX, HTML,
Markdown, CSV, JSON, text, PNG and JPEG, up to 256 MiB each. Below folders, hidden files, links and node_modules
are passed over. A file that can't be read is named with the reason, and stops no other; the exit code is then 1.

  plinth ingest manuals notes.md "reports/**/*.pdf" --metadata shelf=a --group service`,
    )
    .action(ingest)
}

async function ingest(paths: readonly string[], options: IngestOptions): Promise<void> {
  const { files, unread } = await documentFiles(paths)
  const fields = fieldsOf(options)
  const client = await Client.fromEnvironment(process.env)
  const bar = new ProgressBar({ total: files.length, label: 'documents' })
  const reading: SentBatch[] = []
  const result = { documents: [] as ShownDocument[], unsent: [...unread], unchanged: 0 }
  let sent = 0
  let over = 0
  const settle = async (most: number): Promise<void> => {
    while (reading.length > most) {
      const first = reading.shift()
      if (!first) return
      const told = (ended: number): void => bar.advanceTo(over + ended)
      const { documents, unchanged } = await awaitBatch(client, first, { vectors: options.vectors === true, told })
      over += first.documents.length + first.unsent.length
      result.documents.push(...documents)
      result.unchanged += unchanged
    }
  }
  const soFar = (): string => `${sent} of ${countOf(files.length, 'file')} were sent, and are read. ${again}`
  const interrupted = (): void => {
    bar.end()
    console.error(`Interrupted: ${soFar()}`)
    process.exit(130)
  }
  process.once('SIGINT', interrupted)
  try {
    for (const batch of batches(files)) {
      const answer = await sendFiles(client, batch, fields)
      sent += batch.length
      result.unsent.push(...answer.unsent)
      reading.push(answer)
      if (options.wait) await settle(ahead)
    }
    if (options.wait) await settle(0)
  } catch (error) {
    bar.end()
    if (sent > 0) console.error(soFar())
    throw error
  } finally {
    process.off('SIGINT', interrupted)
  }
  bar.end()
  report(options, { ...result, documents: [...result.documents, ...reading.flatMap(({ documents }) => documents)] })
}

const again = 'Run it again to send the rest: what is there costs nothing.'

function fieldsOf({ metadata, user, group }: IngestOptions): Fields {
  return {
    ...(metadata ? { metadata: keyValues(metadata, 'metadata') } : {}),
    ...(user || group ? { acl: { ...(user ? { users: user } : {}), ...(group ? { groups: group } : {}) } } : {}),
  }
}

interface Result {
  readonly documents: readonly ShownDocument[]
  /** Files that were not sent, or not taken. */
  readonly unsent: readonly UnreadFile[]
  readonly unchanged: number
}

function report({ json, wait }: IngestOptions, { documents, unsent, unchanged }: Result): void {
  const refused = documents.flatMap(({ source, status, error }) => {
    if (status !== 'failed') return []
    return [{ source, error: error ?? { code: 'unknown', message: 'It failed.' } }]
  })
  const failed = [...unsent, ...refused]
  if (failed.length > 0) process.exitCode = 1
  if (json) {
    const others = unsent.map(({ source, error: { code, message } }) => ({
      document: source,
      source,
      status: 'failed',
      error: { code, message },
    }))
    console.log(JSON.stringify({ documents: [...documents, ...others], unchanged, failed: failed.length }))
    return
  }
  for (const { source, error } of failed) console.error(printable(`${source}: ${error.message} (${error.code})`))
  const found = documents.filter(({ status }) => status !== 'failed')
  const are = `${countOf(found.length, 'document')} ${found.length === 1 ? 'is' : 'are'}`
  const chunks = countOf(
    found.reduce((sum, each) => sum + each.chunks_count, 0),
    'chunk',
  )
  const known = unchanged === 0 ? '' : `; ${unchanged} had not changed`
  console.log(`${are} ${wait ? `found, in ${chunks}${known}` : 'sent'}; ${failed.length} failed.`)
}
