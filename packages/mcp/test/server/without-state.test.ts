import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Client, FetchLike } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { arrivalOf, writeAnswer } from '../../../server/src/lambda-exchange.ts'
import { type App, openApp } from './support/app.ts'
import { callTool, connect, type Revision, revisions } from './support/clients.ts'

const connectBy = (fetch: FetchLike, token: string, revision: Revision): Promise<Client> =>
  connect('http://plinth', token, { revision, fetch })

/** Each request to the next of several. */
function inTurn(apps: readonly App[]): { readonly fetchBy: FetchLike; readonly counts: number[] } {
  const counts = apps.map(() => 0)
  let next = 0
  return {
    counts,
    fetchBy: (url, init) => {
      const at = next++ % apps.length
      counts[at] = (counts[at] ?? 0) + 1
      return apps[at]?.fetch(new Request(url, init)) ?? Promise.reject(new Error('There is no such app.'))
    },
  }
}

/** As API Gateway hands a request to a function, and takes its answer. */
function byGateway(app: App): FetchLike {
  return async (url, init) => {
    const request = new Request(url, init)
    const headers = Object.fromEntries([...request.headers].map(([name, value]) => [name, [value]]))
    const event = { httpMethod: request.method, path: new URL(request.url).pathname, multiValueHeaders: headers }
    const body = Buffer.from(await request.arrayBuffer()).toString('base64')
    const arrival = arrivalOf({ ...event, body, isBase64Encoded: true })
    const response = new PassThrough()
    const written = buffer(response)
    await writeAnswer(response, arrival ? await app.handle(arrival) : app.refuseTarget(), false)
    const all = await written
    const end = all.indexOf(Buffer.alloc(8))
    const { statusCode, headers: answered } = JSON.parse(all.subarray(0, end).toString()) as {
      statusCode: number
      headers: Record<string, string>
    }
    const content = all.subarray(end + 8)
    return new Response(content.byteLength > 0 ? new Uint8Array(content) : null, { status: statusCode, headers: answered })
  }
}

describe.each(revisions)('revision %s', (revision) => {
  it('needs no process twice: each message may be answered by another', async () => {
    const one = await openApp()
    const two = await openApp({ memory: one.memory })
    const { fetchBy, counts } = inTurn([one.app, two.app])
    const client = await connectBy(fetchBy, one.token, revision)
    expect((await client.listTools()).tools.length).toBeGreaterThan(5)
    const { content } = await callTool(client, 'submit', { prompt: 'x', idempotency_key: 'once' })
    const again = await callTool(client, 'submit', { prompt: 'x', idempotency_key: 'once' })
    expect(again.content.request_id).toBe(content.request_id)
    for (let turn = 0; turn < 2; turn++)
      expect((await callTool(client, 'get_request', { request_id: content.request_id })).isError).toBe(false)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(3)
    await client.close()
  })

  it('is served in a function as it is on a socket', async () => {
    const { app, token } = await openApp()
    const client = await connectBy(byGateway(app), token, revision)
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    expect((await client.listTools()).tools.length).toBeGreaterThan(5)
    const { content } = await callTool(client, 'run_workflow', { request: 'Something.' })
    const shown = await callTool(client, 'get_workflow', { workflow_id: content.workflow_id })
    expect(shown.content).toMatchObject({ workflow_id: content.workflow_id, status: 'planning' })
    expect(await callTool(client, 'search', { query: '' })).toMatchObject({ isError: true, content: { field: 'query' } })
    await client.close()
    const refused = connectBy(byGateway(app), 'nonsense', revision)
    await expect(refused).rejects.toThrow()
  })
})
