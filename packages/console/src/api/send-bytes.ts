import { addressOf, credentials, Problem, problemOf } from './client.ts'

/**
 * Puts the bytes of a file to a path of the API, telling how far it is: fetch can't tell that of what it sends.
 * @param told the share that is sent, 0 to 1.
 * @throws Problem; an AbortError when `signal` fires.
 */
export async function sendBytes(path: string, file: Blob, told: (share: number) => void, signal: AbortSignal): Promise<void> {
  const exchange = new XMLHttpRequest()
  exchange.open('PUT', addressOf(path))
  exchange.setRequestHeader('content-type', 'application/octet-stream')
  for (const [name, value] of Object.entries(credentials())) exchange.setRequestHeader(name, value)
  exchange.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0)
  const stop = (): void => exchange.abort()
  signal.addEventListener('abort', stop)
  try {
    await new Promise<void>((resolve, reject) => {
      exchange.onload = () => resolve()
      exchange.onerror = () =>
        reject(new Problem({ status: 0, code: 'unreachable', detail: 'The server can’t be reached. Is it running?' }))
      exchange.onabort = () => reject(new DOMException('It was stopped.', 'AbortError'))
      exchange.send(file)
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (exchange.status >= 300) throw await problemOf(new Response(exchange.responseText, { status: exchange.status }))
}
