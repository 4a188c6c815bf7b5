/** HTTP/2 by hand (RFC 9113), for what no client would send. @module */
import { connect, type Socket } from 'node:net'

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
export const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, continuation: 9 } as const
export const flags = { endStream: 1, endHeaders: 4 } as const

export function frame(type: number, flag: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flag
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A block of headers, each a literal without indexing and without Huffman (RFC 7541, 6.2.2). */
export function block(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => Buffer.concat([integer(Buffer.byteLength(value)), Buffer.from(value)])
  return Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

/** With a prefix of seven bits (RFC 7541, 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

export interface Frame {
  readonly type: number
  readonly flag: number
  readonly stream: number
  readonly payload: Buffer
}

/** A connection that sends what it is told to, and keeps what it is told. */
export class RawConnection {
  readonly socket: Socket
  closed = false
  #bytes: Buffer = Buffer.alloc(0)

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ port: Number(port), host: hostname })
    this.socket.setNoDelay()
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
    })
    // What a server hangs up on may still be on its way.
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
    })
  }

  get text(): string {
    return this.#bytes.toString('latin1')
  }

  get frames(): readonly Frame[] {
    const found: Frame[] = []
    for (let at = 0; at + 9 <= this.#bytes.length; ) {
      const end = at + 9 + this.#bytes.readUIntBE(at, 3)
      if (end > this.#bytes.length) break
      const [type = 0, flag = 0] = this.#bytes.subarray(at + 3, at + 5)
      const stream = this.#bytes.readUInt32BE(at + 5) & 0x7fffffff
      found.push({ type, flag, stream, payload: this.#bytes.subarray(at + 9, end) })
      at = end
    }
    return found
  }

  /** Is done when it was handed on. */
  send(...parts: readonly (Buffer | string)[]): Promise<void> {
    return new Promise((resolve) => this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))), () => resolve()))
  }

  /** Greets as a client does. */
  async greet(): Promise<void> {
    await this.send(preface, frame(types.settings, 0, 0))
  }
}
