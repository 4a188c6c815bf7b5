/**
 * The thread that documents are read in, one at a time. It holds nothing that matters: when a document takes too long or too much
 * memory, the thread is ended with it.
 * @module
 */
import { parentPort } from 'node:worker_threads'
import { type OcrPage, type UnreadableCode, UnreadableDocumentError } from '@plinth/core/reading'
import { type FromThread, type ReadRequest, type ToThread, transferable } from './messages.ts'
import { read } from './read.ts'
import { damaged } from './refusals.ts'

const port = parentPort
if (!port) throw new Error('worker.ts runs in a worker thread.')
let seen: ((pages: readonly OcrPage[]) => void) | undefined

port.on('message', (message: ToThread) => {
  if ('seen' in message) seen?.(message.seen)
  else void answer(message.read)
})

// What a parser left behind must not end the thread in the middle of the next document.
process.on('unhandledRejection', () => undefined)

tell({ ready: true })

async function answer(request: ReadRequest): Promise<void> {
  try {
    const found = await read(request, (images) => {
      tell({ look: images })
      return new Promise((resolve) => {
        seen = resolve
      })
    })
    tell(found, [found.table.spans.buffer, ...(typeof found.text === 'string' ? [] : transferable(found.text.sent))])
  } catch (error) {
    const { code, message, cause } = error instanceof UnreadableDocumentError ? error : damaged('what it was sent as', error)
    tell({ refused: code as UnreadableCode, message, ...(cause === undefined ? {} : { cause: String(cause) }) })
  }
}

function tell(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, [...transfer])
}
