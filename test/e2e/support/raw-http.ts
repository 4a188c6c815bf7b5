import { connect } from 'node:net'

/**
 * Sends bytes as they are and gives what comes back until the other side closes, or falls silent after an answer: for what
 * no HTTP client would send.
 */
export function sendRaw(url: string, text: string | Buffer, options: { readonly within?: number } = {}): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    const end = (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(options.within ?? 3_000, end)
    socket.on('data', (bytes: Buffer) => {
      answer += bytes.toString('latin1')
      if (isComplete(answer)) end()
    })
    socket.on('error', end)
    socket.on('close', end)
    socket.on('connect', () => socket.write(text))
  })
}

/** The status of a raw answer; 0 for none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}

function isComplete(answer: string): boolean {
  const [head = '', body] = answer.split('\r\n\r\n', 2)
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  return body !== undefined && length !== undefined && body.length >= Number(length)
}
