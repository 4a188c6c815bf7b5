/** What no client of a protocol sends: each is refused in the shape of the protocol that its path belongs to. */
import { connect } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../../../test/e2e/support/api.ts'
import { sendRaw, statusOf } from '../../../../test/e2e/support/raw-http.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

type Protocol = 'openai' | 'anthropic' | 'bedrock'

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

/** All that the gateway serves, with a body that is answered. */
const messages = [{ role: 'user', content: 'x' }]
const operations: readonly (readonly [Protocol, string, object])[] = [
  ['openai', '/v1/chat/completions', { model: 'scripted', messages }],
  ['openai', '/v1/embeddings', { model: 'amazon.titan-embed-text-v2:0', input: 'x' }],
  ['anthropic', '/v1/messages', { model: 'scripted', max_tokens: 10, messages }],
  ['anthropic', '/v1/messages/count_tokens', { model: 'scripted', messages }],
  ['bedrock', '/model/scripted/converse', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
  ['bedrock', '/model/scripted/converse-stream', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
  ['bedrock', '/model/anthropic.claude-3-5-sonnet-20241022-v2%3A0/invoke', { max_tokens: 10, messages }],
  ['bedrock', '/model/anthropic.claude-3-5-sonnet-20241022-v2:0/invoke-with-response-stream', { max_tokens: 10, messages }],
  ['bedrock', '/model/amazon.titan-embed-text-v2:0/invoke', { inputText: 'x' }],
  [
    'bedrock',
    '/model/scripted/count-tokens',
    { input: { converse: { messages: [{ role: 'user', content: [{ text: 'x' }] }] } } },
  ],
]

/** Holds a refusal to the form of its protocol; nothing inward in it. */
function expectRefusal(
  answer: Pick<Answer<unknown>, 'status' | 'headers' | 'text'>,
  protocol: Protocol,
  status: number | readonly number[],
): void {
  const what = answer.text.slice(0, 300)
  expect([status].flat(), what).toContain(answer.status)
  expect(answer.headers.get('content-type'), what).toBe('application/json')
  expect(answer.headers.get('x-request-id'), what).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.headers.get('cache-control')).toMatch(/no-store/)
  const body = JSON.parse(answer.text)
  const message = protocol === 'bedrock' ? body.message : body.error.message
  expect(message).toMatch(/\S/)
  expect(message.length).toBeLessThan(500)
  expect(answer.text).not.toMatch(/node_modules|\.[jt]s:\d|Error:|\\n\s+at /)
  if (protocol === 'openai') expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type'])
  if (protocol === 'anthropic')
    expect([body.type, typeof body.error.type, typeof body.request_id]).toEqual(['error', 'string', 'string'])
  if (protocol === 'bedrock') expect(answer.headers.get('x-amzn-errortype')).toMatch(/^[A-Za-z]+Exception$/)
}

/** A target as it is written here, which fetch would tidy up. */
async function rawly(
  target: string,
  options: { readonly method?: string; readonly bearer?: string; readonly host?: string; readonly body?: string } = {},
): Promise<Answer<unknown>> {
  const { method = 'POST', bearer = token, host = 'x', body = '{}' } = options
  const head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${bearer}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
  const answer = await sendRaw(server.url, Buffer.from(head + body, 'latin1'))
  const [lines = '', text = ''] = answer.split('\r\n\r\n', 2)
  const headers = new Headers(
    lines
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(': ', 2) as [string, string]),
  )
  return { status: statusOf(answer), headers, text, body: undefined }
}

describe('a path', () => {
  const ids: readonly string[] = [
    ...[
      '%2F',
      '%2f..%2f',
      'a%2Fb',
      '%2e%2e%2f',
      '..%2f..%2fapi%2frequests',
      '%5C',
      '%00',
      'a%00b',
      '%0d%0aX-Evil:%201',
      '%0A',
      '%1b%5b2J',
    ],
    ...[
      '%zz',
      '%',
      '%ff%fe',
      '%c0%ae%c0%ae',
      '%ED%A0%80',
      '%F0%9F%98%80',
      '%252F',
      '%252e%252e',
      '%25%32%46',
      '__proto__',
      'constructor',
    ],
    ...['%E2%80%AE', 'a;b=c', '{id}', ':id', '*', "'%20OR%20'1'='1", '%3Cscript%3E', 'a'.repeat(5_000), '%41'.repeat(2_000)],
  ]
  it.each(ids.map((id) => [id.slice(0, 40), id]))('with the model "%s" has none', async (_, id) => {
    for (const action of ['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream', 'count-tokens'])
      expectRefusal(await rawly(`/model/${id}/${action}`), 'bedrock', [400, 404])
    expectRefusal(await rawly(`/v1/models/${id}`, { method: 'GET' }), 'openai', [400, 404])
  })

  it('decodes an id once', async () => {
    const body = JSON.stringify({ max_tokens: 10, messages })
    const id = 'anthropic.claude-3-5-sonnet-20241022-v2'
    for (const [written, status] of [
      [`${id}:0`, 200],
      [`${id}%3A0`, 200],
      [`${id}%3a0`, 200],
      [`%61${id.slice(1)}%3A0`, 200],
      [`${id}%253A0`, 404],
      [`arn:aws:bedrock:us-east-1::foundation-model%2F${id}%3A0`, 200],
      [`arn:aws:bedrock:us-east-1::foundation-model%252F${id}%3A0`, 404],
      [`arn:aws:bedrock:us-east-1::foundation-model/${id}%3A0`, 404],
    ] as const)
      expect((await rawly(`/model/${written}/invoke`, { body })).status, written).toBe(status)
  })

  it.each([
    ['/model', 'bedrock'],
    ['/model/', 'bedrock'],
    ['/model//converse', 'bedrock'],
    ['/model/scripted', 'bedrock'],
    ['/model/scripted/', 'bedrock'],
    ['/model/scripted/converse/', 'bedrock'],
    ['/model/scripted//converse', 'bedrock'],
    ['/model/scripted/converse/x', 'bedrock'],
    ['/model/scripted/CONVERSE', 'bedrock'],
    ['/model/scripted/toString', 'bedrock'],
    ['/model/scripted/constructor', 'bedrock'],
    ['/model/scripted/apply', 'bedrock'],
    ['/model/../v1/chat/completions', 'bedrock'],
    ['/model/../converse', 'bedrock'],
    ['/model/./converse', 'bedrock'],
    ['/model/%2e%2e/converse', 'bedrock'],
    ['/model/%2E./api/requests', 'bedrock'],
    ['/model/scripted/../../api/requests', 'bedrock'],
    ['/model/x%2f..%2f../../api/requests', 'bedrock'],
    ['/model/..\\..\\api/converse', 'bedrock'],
    ['/model\\scripted\\converse', 'bedrock'],
    ['http://elsewhere.example/model/../api/requests', 'bedrock'],
    ['/v1', 'openai'],
    ['/v1/', 'openai'],
    ['/v1//chat/completions', 'openai'],
    ['/v1/chat//completions', 'openai'],
    ['/v1/chat/completions/', 'openai'],
    ['/v1/chat/%63ompletions', 'openai'],
    ['/v1/chat/completions;x=1', 'openai'],
    ['/v1/CHAT/completions', 'openai'],
    ['/v1/toString', 'openai'],
    ['/v1/__proto__', 'openai'],
    ['/v1/proxy/chat/completions', 'openai'],
    ['/v1/responses', 'openai'],
    ['/v1/../api/requests', 'openai'],
    ['/v1/%2e%2e/api/requests', 'openai'],
    ['/v1/models/../chat/completions', 'openai'],
    ['/v1/models/%2e%2e/chat/completions', 'openai'],
    ['/v1/models/%2e', 'openai'],
    ['/v1/messages/../chat/completions', 'anthropic'],
    ['/v1/messages/', 'anthropic'],
    ['/v1/messages/batches', 'anthropic'],
    ['/v1/messages/%2e%2e/messages', 'anthropic'],
    ['/v1/messages//count_tokens', 'anthropic'],
  ] as const)('such as %s is no other, and nothing without a token', async (path, protocol) => {
    for (const method of ['POST', 'GET']) {
      expectRefusal(await rawly(path, { method }), protocol, 404)
      expectRefusal(await rawly(path, { method, bearer: 'nobody' }), protocol, 401)
    }
  })

  it.each([
    '//v1/chat/completions',
    '//model/scripted/converse',
    '/%761/chat/completions',
    '/V1/models',
    '/mode%6c/scripted/converse',
  ])("such as %s is nobody's", async (path) => {
    const { status, text } = await rawly(path)
    expect(status).toBe(404)
    expect(JSON.parse(text)).toMatchObject({ code: 'not_found' })
  })

  it('is the same in the absolute form, and for whatever host', async () => {
    const body = JSON.stringify({ model: 'scripted', messages })
    for (const host of ['x', '', 'evil.example', 'localhost:4000/#@x', '[::1', 'x:99999', '169.254.169.254']) {
      expect((await rawly('/v1/chat/completions', { host, body })).status).toBe(200)
      expectRefusal(await rawly('/v1/chat/completions', { host, body, bearer: 'nobody' }), 'openai', 401)
    }
    expect((await rawly('http://169.254.169.254/v1/chat/completions', { body })).status).toBe(200)
    expectRefusal(await rawly('http://elsewhere.example/v1/models', { bearer: 'nobody', method: 'GET' }), 'openai', 401)
    const session = connect(server.url)
    for (const headers of [
      { ':path': '/v1/models/..%2fx' },
      { ':path': '/model/../api/requests' },
      { ':path': 'http://x/v1/nothing' },
    ]) {
      const request = session.request({ ...headers, authorization: `Bearer ${token}` })
      const status = await new Promise((resolve) =>
        request.once('response', (found) => resolve(found[':status'])).once('error', () => resolve('reset')),
      )
      expect(['reset', 404]).toContain(status)
      request.close()
    }
    session.destroy()
  })
})

describe.each(operations)('%s %s', (protocol, path, good) => {
  const post = (options: Parameters<typeof call>[2]): Promise<Answer<unknown>> => call(server.url, path, { token, ...options })

  it('is answered when all is well, whatever its content type', async () => {
    for (const type of ['application/json', 'application/octet-stream', 'text/plain', 'x', ''])
      expect((await post({ body: JSON.stringify(good), headers: { 'content-type': type } })).status).toBe(200)
  })

  it('looks at the token first: not at the body, nor the method', async () => {
    for (const body of [good, '{', Buffer.from([0xff]), 'x'.repeat(11 * 1024 * 1024)])
      expectRefusal(await post({ token: undefined, body }), protocol, 401)
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expectRefusal(await post({ token: 'nobody', method, ...(method === 'GET' ? {} : { body: '{' }) }), protocol, 401)
  })

  it('takes nothing but POST', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await post({ method })
      expectRefusal(answer, protocol, 405)
      expect(answer.headers.get('allow')).toBe('POST')
    }
  })

  it('refuses what is no body', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    for (const body of [
      '',
      ' ',
      '{',
      'null',
      '1',
      '[]',
      '"x"',
      deep,
      `{"a":${deep}}`,
      Buffer.from('{"a":"\xff"}', 'latin1'),
      '\ufeff{}',
      '{"__proto__":{}}',
    ])
      expectRefusal(await post({ body }), protocol, 400)
    expectRefusal(await post({ body: JSON.stringify({ ...good, padding: ' '.repeat(11 * 1024 * 1024) }) }), protocol, 413)
  })

  it('[X58] refuses another tenant in body, header and query, and takes its own', async () => {
    for (const tenant_id of ['other', '', null, 1, ['demo'], '_system', 'DEMO'])
      expectRefusal(await post({ body: { ...good, tenant_id } }), protocol, 403)
    expectRefusal(await post({ body: JSON.stringify(good).replace('{', '{"tenant\\u005fid":"other",') }), protocol, 403)
    for (const name of ['x-tenant-id', 'tenant-id', 'tenant_id'])
      expectRefusal(await post({ body: good, headers: { [name]: 'other' } }), protocol, 403)
    expectRefusal(await call(server.url, `${path}?tenant_id=other`, { token, body: good }), protocol, 403)
    const own = { body: { ...good, tenant_id: 'demo' }, headers: { 'x-tenant-id': 'demo' } }
    expect((await call(server.url, `${path}?tenant_id=demo&x=%00`, { token, ...own })).status).toBe(200)
  })

  it('needs the permission for it', async () => {
    const reader = await server.token({ permissions: ['models:read', 'requests:write'] })
    expectRefusal(await post({ token: reader, body: good }), protocol, 403)
  })
})

describe('a token', () => {
  const odd = [
    ...[
      "' OR '1'='1",
      "'; DROP TABLE record;--",
      `${'$'}{jndi:ldap://x/a}`,
      '{{7*7}}',
      '../../etc/passwd',
      '%00',
      '<script>alert(1)</script>',
      '$(id)',
      '`id`',
    ],
    ...[
      '__proto__',
      'null',
      'undefined',
      'true',
      '[object Object]',
      '\u00ff\u00fe',
      'a'.repeat(9_000),
      'plk_',
      'plk_x',
      'eyJhbGciOiJub25lIn0.e30.',
      '..',
      '.',
    ],
    ...['Bearer x', 'x\tx', ' x', 'x x', 'x,y', '{"alg":"none"}'],
  ]
  it.each(odd.map((one) => [one.slice(0, 40), one]))('such as "%s" is none', async (_, one) => {
    for (const [protocol, path] of operations) expectRefusal(await rawly(path, { bearer: one }), protocol, 401)
    expectRefusal(
      await call(server.url, '/v1/messages', { headers: { 'x-api-key': one.replace(/^ | $/g, '') }, body: {} }),
      'anthropic',
      401,
    )
  })

  it('with a line break in it never arrives', async () => {
    for (const one of ['x\nX-Evil: 1', 'x\r\n x', 'x\rx', 'x\0x']) {
      const answer = await sendRaw(
        server.url,
        `GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${one}\r\nConnection: close\r\n\r\n`,
      )
      expect([400, 401], one).toContain(statusOf(answer))
    }
  })
})

afterAll(async () => {
  expect((await call(server.url, '/readyz')).status).toBe(200)
})
