import { connect } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { Administrator } from './administrator.ts'
import { tenantsOf } from './raw-folder.ts'

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start()
})

describe('a request whose body is still on its way when its tenant leaves', () => {
  it('is acknowledged to nobody, and leaves nothing', async () => {
    await admin.onboard('slow')
    const token = await admin.server.token({ tenant: 'slow' })
    // So that its signature is remembered, and who asks is known as soon as it arrives.
    await call(admin.server.url, '/api/requests?limit=1', { token })
    const slow = await SlowRequest.begin(admin.server.url, '/api/requests', token, JSON.stringify({ prompt: 'late' }))
    await admin.shown('slow')
    await admin.offboard('slow')
    await admin.sweep()
    expect(await slow.end()).toBe(403)
    expect(tenantsOf(admin.folder)).not.toContain('slow')
  })
})

/** A request that sends its head, and its body when it is told to. */
class SlowRequest {
  readonly #answer: Promise<string>
  readonly #send: () => void

  private constructor(answer: Promise<string>, send: () => void) {
    this.#answer = answer
    this.#send = send
  }

  /** Resolves when the server has it in hand. */
  static begin(url: string, path: string, token: string, body: string): Promise<SlowRequest> {
    const { hostname, port } = new URL(url)
    const lines = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
    ]
    const begun = Promise.withResolvers<SlowRequest>()
    const ended = Promise.withResolvers<string>()
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      if (text.startsWith('HTTP/1.1 100')) {
        begun.resolve(new SlowRequest(ended.promise, () => socket.write(body)))
        return
      }
      socket.destroy()
      ended.resolve(text)
    })
    socket.once('error', (error) => {
      begun.reject(error)
      ended.reject(error)
    })
    return begun.promise
  }

  /** Sends the body. @returns the status of the answer. */
  async end(): Promise<number> {
    this.#send()
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(await this.#answer)?.[1])
  }
}
