import { type Call, get, Problem, pathOf, send } from '../../api/client.ts'
import { type Running, untilFound } from './try-card.tsx'

interface Document {
  readonly document_id: string
  readonly status: string
  readonly error?: { readonly message: string } | null
}

/** Puts a document in. */
export function documentCall(source: string, content: string): Call {
  return { method: 'POST', path: '/api/documents', body: { documents: [{ source, content }] } }
}

/** Puts a document in, and waits until it is found. @throws Problem when it can't be read. */
export async function readDocument(running: Running, call: Call): Promise<void> {
  const [sent] = await send<readonly Document[]>(call, running.signal)
  const path = pathOf('/api/documents/{}', [sent?.document_id ?? ''])
  await untilFound(running, 'document that can be searched', async () => {
    const { status, error } = await get<Document>(path, running.signal)
    if (status === 'failed')
      throw new Problem({ status: 0, code: 'failed', detail: error?.message ?? 'The document can’t be read.' })
    return status === 'processed' || undefined
  })
}
