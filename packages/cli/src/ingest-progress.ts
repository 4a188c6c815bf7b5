import { setTimeout as pause } from 'node:timers/promises'
import { PlinthError } from '@plinth/core'
import type { Client } from './client.ts'
import type { SentBatch, ShownDocument } from './document-sender.ts'

/** How far an ingest is, as the server shows it. */
export interface IngestFigures {
  readonly total: number
  readonly unchanged: number
  readonly processed: number
  readonly embedded: number
  readonly failed: number
  readonly superseded: number
}

const lookEvery = 250
/** Documents that are asked for at once. */
const asked = 10

/**
 * Waits until all of a batch is read.
 * @param options.vectors whether they must be found by vectors, too.
 * @param options.told how many of it have ended, at each look.
 * @returns the documents as they are then, and how many were there before.
 */
export async function awaitBatch(
  client: Client,
  batch: SentBatch,
  options: { readonly vectors: boolean; readonly told: (ended: number) => void },
): Promise<{ readonly documents: readonly ShownDocument[]; readonly unchanged: number }> {
  const { location, unsent } = batch
  if (location === undefined) return { documents: [], unchanged: 0 }
  const { vectors, told } = options
  for (;;) {
    const figures = (await client.callPatiently('GET', location)) as IngestFigures
    const ended = endedIn(figures, vectors)
    told(unsent.length + ended)
    if (ended >= figures.total) return { documents: await endedOf(client, batch, vectors), unchanged: figures.unchanged }
    await pause(lookEvery)
  }
}

/** Documents of an ingest that nothing more is done with. */
export function endedIn({ unchanged, processed, embedded, failed, superseded }: IngestFigures, vectors: boolean): number {
  return unchanged + failed + superseded + (vectors ? Math.min(embedded, processed) : processed)
}

/** The documents of a batch that is read, as they ended. What was on its way before, as another batch, is waited for. */
async function endedOf(client: Client, { documents }: SentBatch, vectors: boolean): Promise<readonly ShownDocument[]> {
  const ended: ShownDocument[] = []
  for (let at = 0; at < documents.length; at += asked)
    ended.push(...(await Promise.all(documents.slice(at, at + asked).map((each) => endOf(client, each, vectors)))))
  return ended
}

async function endOf(client: Client, sent: ShownDocument, vectors: boolean): Promise<ShownDocument> {
  for (let shown = sent; ; ) {
    if (shown.status === 'failed' || (shown.status === 'processed' && (!vectors || shown.embedding === 'done'))) return shown
    if (shown !== sent) await pause(lookEvery)
    try {
      shown = (await client.callPatiently('GET', `/api/documents/${encodeURIComponent(sent.document_id)}`)) as ShownDocument
    } catch (error) {
      if (!PlinthError.is(error) || error.code !== 'not_found') throw error
      return { ...sent, status: 'failed', error: { code: 'document_gone', message: 'It was deleted meanwhile.' } }
    }
  }
}
