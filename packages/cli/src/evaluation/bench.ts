import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type CorpusDocument, PlinthError, userPermissions } from '@plinth/core'
import { firstTenant, type RunningServer, startServer } from '@plinth/server'
import { Client } from '../client.ts'
import type { ShownDocument } from '../document-sender.ts'
import { endedIn, type IngestFigures } from '../ingest-progress.ts'
import { mintToken } from '../local-identity.ts'
import { ProgressBar } from '../progress-bar.ts'

/** A Plinth of its own with the collection in it: nobody's own documents count in. */
export interface Bench {
  readonly client: Client
  readonly server: RunningServer
  /** What its index holds. */
  readonly chunks: number
  stop(): Promise<void>
}

export interface BenchOptions {
  readonly corpus: AsyncIterable<CorpusDocument>
  /** Whether to wait for vectors. */
  readonly vectors: boolean
  /** Its data folder, which stays: the next time costs what has changed. Absent: one that goes with it. */
  readonly directory?: string
}

/** Of one call: documents, and characters. */
const atATime = 100
const charactersAtATime = 4_000_000
const lookEvery = 250

export async function openBench({ corpus, vectors, directory: kept }: BenchOptions): Promise<Bench> {
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'plinth-eval-')))
  const environment = {
    ...process.env,
    PORT: '0',
    PLINTH_HOST: '127.0.0.1',
    PLINTH_DATA_DIR: directory,
    PLINTH_PLATFORM: 'local',
    PLINTH_LOG_LEVEL: process.env.PLINTH_LOG_LEVEL ?? 'error',
  }
  let fatal: PlinthError | undefined
  const server = await startServer({
    environment,
    onFatal: (error) => {
      fatal = error
    },
  })
  const stop = async (): Promise<void> => {
    await server.stop()
    if (kept === undefined) await rm(directory, { recursive: true, force: true })
  }
  try {
    const grant = { tenant: firstTenant, user: 'eval', permissions: userPermissions, lifetime: 86_400 }
    const client = new Client(server.url, await mintToken(grant, environment))
    const ids = await ingest({ client, corpus, vectors, fatal: () => fatal })
    if (kept !== undefined) await removeOthers(client, ids, vectors)
    const { chunks } = (await client.call('GET', '/api/rag/index')) as { chunks: number }
    return { client, server, chunks, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface IngestOptions extends Omit<BenchOptions, 'directory'> {
  readonly client: Client
  /** Why the server stopped, once it has. */
  fatal(): PlinthError | undefined
}

/** Waits until all can be found. @returns the names of the documents. */
async function ingest({ client, corpus, vectors, fatal }: IngestOptions): Promise<ReadonlySet<string>> {
  const sent: string[] = []
  const names = new Set<string>()
  let documents: object[] = []
  let characters = 0
  const send = async (): Promise<void> => {
    if (documents.length === 0) return
    sent.push(await client.created('POST', '/api/documents', { body: { documents } }))
    documents = []
    characters = 0
  }
  for await (const { id, title, text } of corpus) {
    // Collections have such; nothing could be found in them.
    if (`${title}${text}`.trim() === '') continue
    names.add(id)
    const content = title === '' ? text : `# ${title.replaceAll(/\s+/g, ' ')}\n\n${text}`
    documents.push({ source: id, content, content_type: title === '' ? 'text/plain' : 'text/markdown' })
    characters += content.length
    if (documents.length === atATime || characters > charactersAtATime) await send()
  }
  await send()
  const bar = new ProgressBar({ total: names.size, label: vectors ? 'documents with vectors' : 'documents' })
  let seen = 0
  for (const path of sent) {
    for (;;) {
      const failed = fatal()
      if (failed) throw failed
      const figures = (await client.callPatiently('GET', path)) as IngestFigures
      const { total, unchanged, processed, failed: bad } = figures
      const done = endedIn(figures, vectors)
      bar.advanceTo(seen + done)
      if (bad > 0 && unchanged + processed + bad >= total)
        throw new PlinthError('documents_failed', `${bad} documents of the collection can't be read.`, false)
      if (done < total) await pause(lookEvery)
      else {
        seen += done
        break
      }
    }
  }
  bar.end()
  return names
}

/** In a folder that was used before: deletes what the collection holds no more, and waits for vectors that were under way then. */
async function removeOthers(client: Client, names: ReadonlySet<string>, vectors: boolean): Promise<void> {
  for (;;) {
    let waiting = 0
    for await (const { document_id: id, source, embedding } of documentsOf(client)) {
      if (!names.has(source)) await client.callPatiently('DELETE', `/api/documents/${id}`)
      else if (embedding === 'pending') waiting++
    }
    if (!vectors || waiting === 0) return
    await pause(lookEvery)
  }
}

async function* documentsOf(client: Client): AsyncGenerator<ShownDocument> {
  let after = ''
  do {
    const page = (await client.callPatiently('GET', `/api/documents?limit=100${after}`)) as {
      readonly items: readonly ShownDocument[]
      readonly next_cursor: string | null
    }
    yield* page.items
    after = page.next_cursor === null ? '' : `&after=${encodeURIComponent(page.next_cursor)}`
  } while (after !== '')
}
