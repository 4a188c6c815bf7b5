import { connect } from 'node:http2'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { chunk, OpenAIStub } from '../../packages/models/test/openai-stub.ts'
import { startPlinth } from './support/plinth-process.ts'
import { sendRaw } from './support/raw-http.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 3_600 }

describe("the gateway's process", () => {
  it('logs each line whole, and nothing of what it was sent [X64]', async () => {
    const folder = temporaryFolder()
    const server = await startPlinth(folder, { PLINTH_LOG_LEVEL: 'debug' })
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
    const mark = 'SECRET-MARK'
    const odd = [
      `${mark}\u2028x`,
      `${mark}%0aX`,
      `${mark}' OR '1'='1`,
      `{"level":50,"msg":"${mark}"}`,
      `${mark}\u001b[2J`,
      `${mark}\u0085`,
    ]
    const body = JSON.stringify({ model: mark, messages: [{ role: 'user', content: `${mark}\n` }], [mark]: mark })
    for (const value of odd)
      for (const [bearer, path] of [
        [value, '/v1/models'],
        [token, `/model/${encodeURIComponent(`${value}\r\n`)}/converse`],
        [token, `/v1/models/${encodeURIComponent(`${value}\n`)}`],
        [token, '/v1/chat/completions'],
        [token, '/v1/messages'],
      ]) {
        const names = ['x-correlation-id', 'amz-sdk-invocation-id', 'user-agent', 'host']
        const headers = names.map((name) => `${name}: ${value}\r\n`).join('')
        const length = `content-length: ${Buffer.byteLength(body)}`
        const head = `POST ${path} HTTP/1.1\r\n${headers}authorization: Bearer ${bearer}\r\n${length}\r\nconnection: close\r\n\r\n`
        await sendRaw(server.url, head + body)
      }
    const { milliseconds, code } = await server.process.stop()
    expect([code, milliseconds < 10_000]).toEqual([0, true])
    const lines = server.process.stderr.split('\n').filter((line) => line !== '')
    expect(lines.length).toBeGreaterThan(20)
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), msg: expect.any(String) })
    expect(server.process.stderr).not.toContain(mark)
    expect(server.process.stderr).not.toContain(token.slice(-20))
  })

  it('ends in time with sessions, streams and silent connections open, and tells its streams so', async () => {
    const stub = await OpenAIStub.start()
    const folder = temporaryFolder()
    const server = await startPlinth(folder, { PLINTH_MODEL: 'openai-compatible/x', PLINTH_MODEL_BASE_URL: stub.url })
    const authorization = `Bearer ${await mintToken(grant, { PLINTH_DATA_DIR: folder })}`
    stub.reply({ stream: [chunk({ role: 'assistant', content: 'one' }), new Promise<void>(() => {})] })
    const session = connect(server.url)
    session.on('error', () => {})
    const request = session.request({ ':method': 'POST', ':path': '/v1/messages', authorization })
    request.on('error', () => {})
    request.end(
      JSON.stringify({ model: 'openai-compatible/x', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'x' }] }),
    )
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    await until('its first word', () => text.includes('one'))
    // A body that never comes, and connections that say nothing, or half a word.
    const half = session.request({ ':method': 'POST', ':path': '/v1/messages', authorization })
    half.on('error', () => {})
    half.write('{')
    const silent = [sendRaw(server.url, '', { within: 20_000 }), sendRaw(server.url, 'PR', { within: 20_000 })]
    const { milliseconds, code } = await server.process.stop()
    expect([code, milliseconds < 10_000]).toEqual([0, true])
    expect(text).not.toContain('message_stop')
    expect(text).toContain('event: error')
    await Promise.all(silent)
    await stub.close()
  })
})
