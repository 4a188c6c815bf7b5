import { request } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, type Problem, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { sendRaw, statusOf } from '../../../test/e2e/support/raw-http.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const mebibyte = 1024 * 1024

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  call(server.url, '/api/requests', { token, body, headers })

describe('a body that is no JSON object', () => {
  it.each<[string, string | Uint8Array]>([
    ['malformed', '{"prompt":"x"'],
    ['empty', ''],
    ['white space', '  \n'],
    ['two values', '{"prompt":"x"}{"prompt":"y"}'],
    ['a comment', '{"prompt":"x"}//'],
    ['single quotes', "{'prompt':'x'}"],
    ['NaN', '{"prompt":NaN}'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a list of requests', '[{"prompt":"x"}]'],
    ['text', '"x"'],
    ['a number', '1'],
    ['broken UTF-8', Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from('{"prompt":"x"}', 'utf16le')],
    ['a byte order mark of UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0x00])],
    ['100,000 lists deep', `{"prompt":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['100,000 objects deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['100,000 lists deep and not closed', '['.repeat(100_000)],
    ['a huge number of keys', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`],
  ])('%s is 400', async (_, body) => {
    expectProblem(await post(body), 400)
  })

  it.each([
    '{"__proto__":{"prompt":"x"}}',
    '{"prompt":"x","__proto__":{"priority":"high"}}',
    '{"constructor":{"prototype":{}},"prompt":"x"}',
  ])('%s pollutes nothing', async (body) => {
    const { status } = await post(body)
    expect(status).toBe(400)
    expect(({} as Record<string, unknown>).prompt).toBeUndefined()
    expect(({} as Record<string, unknown>).priority).toBeUndefined()
  })

  it('a UTF-8 byte order mark is passed over or refused, never an error of ours', async () => {
    expect([202, 400]).toContain(
      (await post(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"prompt":"x"}')]))).status,
    )
  })
})

describe('the content type', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'json',
    ';',
  ])('%s is 400', async (type) => {
    expectProblem(await post('{"prompt":"x"}', { 'content-type': type }), 400)
  })

  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.plinth+json'])(
    '%s is taken',
    async (type) => {
      expect((await post('{"prompt":"x"}', { 'content-type': type })).status).toBe(202)
    },
  )
})

describe('[X20] the size of a body', () => {
  it('a prompt of 1 MB is taken, and its result can be read', async () => {
    const prompt = 'word '.repeat(200_000)
    const answer = await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt } })
    expect(answer.status).toBe(202)
    const shown = await until('its result', async () => {
      const { body } = await call<ShownRequest>(server.url, `/api/requests/${answer.body.request_id}`, { token })
      return body.status === 'completed' && body
    })
    expect(shown.result?.text).toMatch(/\S/)
    expect(shown.usage?.input_tokens).toBeGreaterThan(100_000)
  })

  it('exactly 10 MiB is taken, one byte more is 413', async () => {
    const around = JSON.stringify({ prompt: '' }).length
    const prompt = 'x'.repeat(10 * mebibyte - around)
    expect((await post(JSON.stringify({ prompt }))).status).toBe(202)
    expectProblem(await post(JSON.stringify({ prompt: `${prompt}x` })), 413, 'too_large')
  })

  it('an announced size is refused before it is sent', async () => {
    const answer = await sendRaw(
      server.url,
      `POST /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{`,
    )
    expect(statusOf(answer)).toBe(413)
    expect(answer).toContain('"too_large"')
  })

  it('without one it is counted', async () => {
    const answer = await sendChunks(12, 'x'.repeat(mebibyte))
    expect(answer.status).toBe(413)
    expect((JSON.parse(answer.text) as Problem).code).toBe('too_large')
  })

  it('chunks below the limit are taken', async () => {
    expect((await sendChunks(1, '{"prompt":"in chunks"}')).status).toBe(202)
  })

  it.each(['abc', '-1', '1, 2', '0x10', '1e3'])('the length "%s" never is an error of ours', async (length) => {
    const answer = await sendRaw(
      server.url,
      `POST /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${length}\r\n\r\n{"prompt":"x"}`,
    )
    expect(statusOf(answer)).toBe(400)
  })
})

/** Sends a body without a length, chunk by chunk, until it is answered. */
function sendChunks(amount: number, chunk: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}/api/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    for (let number = 0; number < amount; number++) sent.write(chunk)
    sent.end()
  })
}
