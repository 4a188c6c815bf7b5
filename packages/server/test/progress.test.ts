import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { patterns, processGenaiRequest, silentLog, WorkerHost } from '@plinth/core'
import { scriptedModels, streamOf } from '@plinth/core/testing'
import { localPlatform, systemClock } from '@plinth/local'
import { bootstrap, createApp, nodeListener, startTelemetry } from '@plinth/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { lastText, readStream, type StreamEvent } from './support/read-stream.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const kinds = (events: readonly StreamEvent[]): unknown[] =>
  events.map(({ event, data }) => (event === 'status' ? data.type : event))

describe("a request's stream of events", () => {
  let server: TestServer
  let token: string
  beforeAll(async () => {
    server = await startTestServer()
    token = await server.token()
  })
  const submit = (body: object) => call<Acknowledgement>(server.url, '/api/requests', { token, body })
  const show = async (id: string): Promise<ShownRequest> =>
    (await call<ShownRequest>(server.url, `/api/requests/${id}`, { token })).body

  it('gives the whole text by tokens, also of a model that answers at once', async () => {
    await submit({ prompt: 'x', request_id: 'whole', callback_url: 'https://example.com/told' })
    const events = await readStream(server.url, '/api/requests/whole/events', token)
    expect(kinds(events)).toEqual(['received', 'started', 'token', 'completed', 'done'])
    const shown = await show('whole')
    expect(lastText(events)).toBe(shown.result?.text)
    const { callback_url, ...rest } = shown as ShownRequest & { callback_url: string }
    expect(events.at(-1)?.data).toEqual(rest)
    const ids = events.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((left, right) => left - right))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('resumes at any of its ids, and in the middle of a text', async () => {
    await submit({ prompt: 'y', request_id: 'cut' })
    const events = await readStream(server.url, '/api/requests/cut/events', token)
    for (const [index, { id }] of events.entries()) {
      const rest = await readStream(server.url, '/api/requests/cut/events', token, { after: id })
      expect(rest).toEqual(events.slice(index + 1))
    }
    const started = events.find(({ data }) => data.type === 'started')?.id ?? 0
    const text = (await show('cut')).result?.text ?? ''
    for (const offset of [1, 5, text.length - 1]) {
      const rest = await readStream(server.url, '/api/requests/cut/events', token, { after: started + offset })
      expect(lastText(rest)).toBe(text.slice(offset))
    }
  })

  it('tells a Last-Event-ID apart that no stream gave: behind the end of a request nothing comes, ahead of the log it is refused', async () => {
    await submit({ prompt: 'z', request_id: 'ahead' })
    const events = await readStream(server.url, '/api/requests/ahead/events', token)
    const headers = (id: number): Record<string, string> => ({ authorization: `Bearer ${token}`, 'last-event-id': `${id}` })
    const beyond = await fetch(`${server.url}/api/requests/ahead/events`, { headers: headers((events.at(-1)?.id ?? 0) + 1) })
    expect(beyond.status).toBe(204)
    const deaf = await fetch(`${server.url}/api/events/stream`, { headers: headers(99_999_999) })
    expect([deaf.status, ((await deaf.json()) as { field: string }).field]).toEqual([400, 'Last-Event-ID'])
  })

  it('of one that failed or was cancelled ends with error', async () => {
    await submit({ prompt: '[[fail]]', request_id: 'failed' })
    await submit({ prompt: 'x', request_id: 'cancelled', not_before: '2999-01-01T00:00:00Z' })
    await call(server.url, '/api/requests/cancelled', { token, method: 'DELETE' })
    for (const [id, type] of [
      ['failed', 'failed'],
      ['cancelled', 'cancelled'],
    ]) {
      const events = await readStream(server.url, `/api/requests/${id}/events`, token)
      expect(kinds(events).slice(-2)).toEqual([type, 'error'])
      expect(events.at(-1)?.data).toMatchObject({ request_id: id, status: type, result: null })
    }
  })
})

describe('the text of a model that answers bit by bit, on the embedded platform', () => {
  const words = Array.from({ length: 40 }, (_, index) => `word ${index} \u{1f600} `)
  const directory = temporaryFolder()

  /** A Plinth of this process with a model that says a word every 50 ms. */
  async function open() {
    const models = scriptedModels(() => ({
      stream: streamOf(
        (async function* () {
          for (const delta of words) {
            await new Promise((resolve) => setTimeout(resolve, 50))
            yield { type: 'text-delta' as const, id: '0', delta }
          }
          const none = { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined }
          const usage = { inputTokens: none, outputTokens: { total: 1, text: undefined, reasoning: undefined } }
          yield { type: 'finish' as const, finishReason: { unified: 'stop' as const, raw: 'stop' }, usage }
        })(),
      ),
    }))
    const platform = await localPlatform({ directory, models })
    const { issuer, authenticator } = await bootstrap(platform)
    const stopping = new AbortController()
    const telemetry = startTelemetry()
    const parts = { platform, patterns, authenticator, issuer, telemetry, log: silentLog }
    const app = createApp({ ...parts, ready: () => true, stopping: stopping.signal })
    const server = createServer(nodeListener(app.handle, app.refuseTarget))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const host = new WorkerHost({ platform, patterns, log: silentLog })
    const token = await issuer.sign({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 })
    const scope = platform.scope(await authenticator.authenticate(`Bearer ${token}`, 'test'))
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token,
      scope,
      models,
      close: async () => {
        stopping.abort()
        await host.drain()
        server.closeAllConnections()
        await platform.close()
      },
    }
  }

  it('comes while it is said, resumes after a cut and after a restart, and is the result', async () => {
    const first = await open()
    await processGenaiRequest(first.scope, { prompt: 'x', model_id: 'test/stream', request_id: 'bits' })
    const path = '/api/requests/bits/events'
    const tokens = (events: readonly StreamEvent[]): number => events.filter(({ event }) => event === 'token').length
    const begin = await readStream(first.url, path, first.token, { enough: (events) => tokens(events) === 2 })
    const status = async (): Promise<ShownRequest> =>
      (await call<ShownRequest>(first.url, '/api/requests/bits', { token: first.token })).body
    expect(await status()).toMatchObject({ status: 'processing', attempts: 1 })
    const middle = await readStream(first.url, path, first.token, {
      after: begin.at(-1)?.id ?? 0,
      enough: (e) => tokens(e) === 2,
    })
    expect((await status()).status).toBe('processing')
    await until('its end', async () => (await status()).status === 'completed')
    await first.close()

    const second = await open()
    const end = await readStream(second.url, path, second.token, { after: middle.at(-1)?.id ?? 0 })
    const all = [...begin, ...middle, ...end]
    expect(lastText(all)).toBe(words.join(''))
    expect(kinds(all).filter((kind) => kind !== 'token')).toEqual(['received', 'started', 'completed', 'done'])
    for (const { event, data } of all) if (event === 'token') expect(String(data.text).isWellFormed()).toBe(true)
    await second.close()
  })

  it('ends within half a second when it is cancelled', async () => {
    const plinth = await open()
    await processGenaiRequest(plinth.scope, { prompt: 'x', model_id: 'test/stream', request_id: 'stopped' })
    const path = '/api/requests/stopped'
    await readStream(plinth.url, `${path}/events`, plinth.token, { enough: (events) => events.at(-1)?.event === 'token' })
    const { signal } = plinth.models.calls[0] ?? {}
    expect(signal?.aborted).toBe(false)
    const cancelled = Date.now()
    expect((await call(plinth.url, path, { token: plinth.token, method: 'DELETE' })).status).toBe(202)
    await until('the end of the call', () => signal?.aborted, { every: 5 })
    expect(Date.now() - cancelled).toBeLessThan(1_000)
    await plinth.close()
    expect(systemClock.now() - cancelled).toBeLessThan(3_000)
  })
})
