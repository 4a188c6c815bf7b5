import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CorpusDocument, PlinthError, userPermissions } from '@plinth/core'
import { firstTenant, startServer } from '@plinth/server'
import { Client } from '../client.ts'
import { mintToken } from '../local-identity.ts'
import { ProgressBar } from '../progress-bar.ts'

/** A Plinth of its own with the collection in it, on a data folder that goes with it: nobody's own documents count in. */
export interface Bench {
  readonly client: Client
  /** The collection's id of each document's name. */
  readonly chunks: number
  stop(): Promise<void>
}

export interface BenchOptions {
  readonly corpus: AsyncIterable<CorpusDocument>
  /** Whether to wait for vectors. */
  readonly vectors: boolean
}

const atATime = 100
const pause = 250

export async function openBench({ corpus, vectors }: BenchOptions): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-eval-'))
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
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const grant = { tenant: firstTenant, user: 'eval', permissions: userPermissions, lifetime: 86_400 }
    const client = new Client(server.url, await mintToken(grant, environment))
    const chunks = await ingest(client, corpus, vectors, () => fatal)
    return { client, chunks, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface ShownIngest {
  readonly total: number
  readonly processed: number
  readonly failed: number
  readonly embedded: number
}

async function ingest(
  client: Client,
  corpus: AsyncIterable<CorpusDocument>,
  vectors: boolean,
  fatal: () => PlinthError | undefined,
): Promise<number> {
  const sent: string[] = []
  let documents: object[] = []
  let count = 0
  const send = async (): Promise<void> => {
    if (documents.length === 0) return
    sent.push(await client.created('POST', '/api/documents', { body: { documents } }))
    documents = []
  }
  for await (const { id, title, text } of corpus) {
    count++
    const content = title === '' ? text : `# ${title.replaceAll(/\s+/g, ' ')}\n\n${text}`
    documents.push({ source: id, content, content_type: title === '' ? 'text/plain' : 'text/markdown' })
    if (documents.length === atATime) await send()
  }
  await send()
  const bar = new ProgressBar({ total: count, label: vectors ? 'documents with vectors' : 'documents' })
  let seen = 0
  for (const path of sent) {
    for (;;) {
      const failed = fatal()
      if (failed) throw failed
      const { total, processed, failed: bad, embedded } = (await client.callPatiently('GET', path)) as ShownIngest
      const done = (vectors ? embedded : processed) + bad
      bar.advanceTo(seen + done)
      if (bad > 0 && processed + bad >= total)
        throw new PlinthError('documents_failed', `${bad} documents of the collection can't be read.`, false)
      if (done < total) await new Promise((resolve) => setTimeout(resolve, pause))
      else {
        seen += done
        break
      }
    }
  }
  bar.end()
  const { chunks } = (await client.call('GET', '/api/rag/index')) as { chunks: number }
  return chunks
}
