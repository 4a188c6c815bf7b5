import { openAsBlob } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { Client } from '../client.ts'
import { type DocumentFile, documentFiles } from '../document-files.ts'
import { keyValues } from '../key-values.ts'
import { ProgressBar } from '../progress-bar.ts'

interface IngestOptions {
  readonly metadata?: readonly string[]
  readonly user?: readonly string[]
  readonly group?: readonly string[]
  readonly wait: boolean
  readonly vectors?: boolean
  readonly json?: boolean
}

interface ShownDocument {
  readonly document_id: string
  readonly source: string
  readonly status: 'processing' | 'processed' | 'failed'
  readonly chunks_count: number
  readonly embedding: 'pending' | 'done'
  readonly error?: { readonly code: string; readonly message: string }
}

/** Files above this size are sent by themselves; those below it together, up to so many bytes and files. */
const alone = 4 * 1024 * 1024
const together = { bytes: 16 * 1024 * 1024, files: 100 } as const
const pause = 200

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
    .action(ingest)
}

async function ingest(paths: readonly string[], options: IngestOptions): Promise<void> {
  const files = await documentFiles(paths)
  const fields = fieldsOf(options)
  const client = await Client.fromEnvironment(process.env)
  const bar = new ProgressBar({ total: files.length, label: 'documents' })
  let waiting: ShownDocument[] = []
  const ended: ShownDocument[] = []
  const settle = async (most: number): Promise<void> => {
    while (options.wait && waiting.length > most) {
      const shown = await Promise.all(waiting.map(({ document_id }) => look(client, document_id)))
      const isEnded = (each: ShownDocument): boolean =>
        each.status === 'failed' || (each.status === 'processed' && (!options.vectors || each.embedding === 'done'))
      for (const each of shown.filter(isEnded)) {
        ended.push(each)
        bar.advance()
      }
      waiting = shown.filter((each) => !isEnded(each))
      if (waiting.length > most) await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
  for (const batch of batches(files)) {
    waiting.push(...(await send(client, batch, fields)))
    await settle(together.files)
  }
  await settle(0)
  bar.end()
  report(options, { ended, waiting })
}

/** What goes into one call. */
function batches(files: readonly DocumentFile[]): readonly (readonly DocumentFile[])[] {
  const made: DocumentFile[][] = []
  let bytes = 0
  for (const file of files) {
    const last = made.at(-1)
    if (last && file.bytes <= alone && bytes + file.bytes <= together.bytes && last.length < together.files) {
      last.push(file)
      bytes += file.bytes
    } else {
      made.push([file])
      bytes = file.bytes
    }
  }
  return made
}

async function send(client: Client, files: readonly DocumentFile[], fields: Fields): Promise<readonly ShownDocument[]> {
  const [only] = files
  if (only && files.length === 1 && only.bytes > alone) return sendLarge(client, only, fields)
  const form = new FormData()
  if (fields.metadata) form.set('metadata', JSON.stringify(fields.metadata))
  if (fields.acl) form.set('acl', JSON.stringify(fields.acl))
  for (const { path, source } of files) form.append('files', new Blob([await readFile(path)]), source)
  return (await client.callPatiently('POST', '/api/documents', { content: form })) as ShownDocument[]
}

async function sendLarge(client: Client, { path, source }: DocumentFile, fields: Fields): Promise<readonly ShownDocument[]> {
  const { upload_id } = (await client.callPatiently('POST', '/api/uploads')) as { upload_id: string }
  const content = (await openAsBlob(path)) as unknown as Uint8Array
  await client.call('PUT', `/api/uploads/${upload_id}`, { content })
  const body = { documents: [{ source, upload_id, ...fields }] }
  return (await client.callPatiently('POST', '/api/documents', { body })) as ShownDocument[]
}

async function look(client: Client, id: string): Promise<ShownDocument> {
  return (await client.callPatiently('GET', `/api/documents/${encodeURIComponent(id)}`)) as ShownDocument
}

interface Fields {
  readonly metadata?: Readonly<Record<string, string>>
  readonly acl?: { readonly users?: readonly string[]; readonly groups?: readonly string[] }
}

function fieldsOf({ metadata, user, group }: IngestOptions): Fields {
  return {
    ...(metadata ? { metadata: keyValues(metadata, 'metadata') } : {}),
    ...(user || group ? { acl: { ...(user ? { users: user } : {}), ...(group ? { groups: group } : {}) } } : {}),
  }
}

function report(
  { json, wait }: IngestOptions,
  { ended, waiting }: { readonly ended: readonly ShownDocument[]; readonly waiting: readonly ShownDocument[] },
): void {
  const failed = ended.filter(({ status }) => status === 'failed')
  if (json) console.log(JSON.stringify({ documents: [...ended, ...waiting] }))
  else {
    for (const { source, error } of failed)
      console.error(`${source}: ${error?.message ?? 'failed'} (${error?.code ?? 'unknown'})`)
    const chunks = ended.reduce((sum, each) => sum + each.chunks_count, 0)
    console.log(
      wait
        ? `${ended.length - failed.length} documents are found, in ${chunks} chunks; ${failed.length} failed.`
        : `${waiting.length} documents are sent.`,
    )
  }
  if (failed.length > 0) process.exitCode = 1
}
