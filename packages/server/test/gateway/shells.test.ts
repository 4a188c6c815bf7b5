/** The same calls through each of the shells: Node's two protocols, the web's fetch, and what Lambda's response stream takes. */

import { createServer } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { allPermissions, LocalIssuer, patterns, silentLog } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { bootstrap } from '../../src/bootstrap.ts'
import { alsoHttp2 } from '../../src/connections.ts'
import { arrivalOf, writeAnswer } from '../../src/lambda-exchange.ts'
import { nodeListener } from '../../src/node-listener.ts'
import { startTelemetry } from '../../src/telemetry/telemetry.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly token: string
  readonly body: string
}

interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
}

async function open(): Promise<{ readonly app: App; readonly token: string }> {
  const { platform } = memoryPlatform({ models: scriptedModels(() => 'Größe, 漢字 und 😀, bit by bit.') })
  const identity = await bootstrap(platform)
  const parts = { platform, patterns, telemetry: startTelemetry(), log: silentLog, ready: () => true }
  const app = createApp({ ...identity, ...parts, stopping: new AbortController().signal })
  const issuer = await LocalIssuer.open(platform.operate())
  return { app, token: await issuer.sign({ tenant: 'demo', user: 'ann', permissions: allPermissions, lifetime: 3_600 }) }
}

async function byNode(app: App, ask: (url: string) => Promise<Told>): Promise<Told> {
  const listener = nodeListener(app.handle, app.refuseTarget)
  const server = createServer(listener)
  const http2 = alsoHttp2(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    http2.destroy()
    await closed
  }
}

const shells: Readonly<Record<string, (app: App, asked: Asked) => Promise<Told>>> = {
  "node's HTTP/1.1": (app, { method, path, token, body }) =>
    byNode(app, async (url) => {
      const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` }, body })
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        bytes: Buffer.from(await response.bytes()),
      }
    }),
  "node's HTTP/2": (app, { method, path, token, body }) =>
    byNode(app, async (url) => {
      const session = connect(url)
      const request = session.request({ ':method': method, ':path': path, authorization: `Bearer ${token}` })
      let headers: Record<string, string> = {}
      request.once('response', (found) => {
        headers = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]))
      })
      request.end(body)
      const bytes = await buffer(request)
      session.destroy()
      return { status: Number(headers[':status']), headers, bytes }
    }),
  fetch: async (app, { method, path, token, body }) => {
    const request = new Request(`https://plinth.example${path}`, { method, headers: { authorization: `Bearer ${token}` }, body })
    const response = await app.fetch(request)
    return { status: response.status, headers: Object.fromEntries(response.headers), bytes: Buffer.from(await response.bytes()) }
  },
  "Lambda's": async (app, { method, path, token, body }) => {
    const arrival = arrivalOf({
      httpMethod: method,
      path,
      multiValueHeaders: { Authorization: [`Bearer ${token}`] },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    })
    const response = new PassThrough()
    const written = writeAnswer(response, arrival ? await app.handle(arrival) : app.refuseTarget(), false)
    const whole = await buffer(response)
    await written
    const end = whole.indexOf(Buffer.alloc(8))
    const { statusCode, headers } = JSON.parse(whole.subarray(0, end).toString())
    return { status: statusCode, headers, bytes: whole.subarray(end + 8) }
  },
}

const messages = [{ role: 'user', content: 'x' }]
const blocks = [{ role: 'user', content: [{ text: 'x' }] }]
const calls: readonly (readonly [string, object])[] = [
  ['/v1/chat/completions', { model: 'test/stream', messages, stream: true, stream_options: { include_usage: true } }],
  ['/v1/chat/completions', { model: 'test/model', messages }],
  ['/v1/messages', { model: 'test/stream', max_tokens: 50, messages, stream: true }],
  ['/v1/messages', { model: 'test/stream', max_tokens: 50, messages, stream: true, tenant_id: 'other' }],
  ['/model/test%2Fstream/converse-stream', { messages: blocks }],
  ['/model/test%2Fmodel/converse', { messages: blocks }],
  ['/model/test%2Fnothing/converse-stream', { messages: blocks }],
  ['/v1/nothing', {}],
]

describe.each(calls)('POST %s %j', (path, body) => {
  it('is answered with the same bytes by every shell', async () => {
    const told: Told[] = []
    for (const ask of Object.values(shells)) {
      // A platform of its own for each: its clock and its ids are the same.
      const { app, token } = await open()
      told.push(await ask(app, { method: 'POST', path, token, body: JSON.stringify(body) }))
    }
    const [first] = told
    expect(first?.bytes.length).toBeGreaterThan(20)
    for (const one of told) {
      expect(one.status).toBe(first?.status)
      expect(one.bytes.toString('latin1')).toBe(first?.bytes.toString('latin1'))
      for (const name of ['content-type', 'cache-control', 'x-plinth-model', 'x-request-id', 'x-amzn-errortype'])
        expect(one.headers[name], name).toBe(first?.headers[name])
    }
  })
})
