import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { SlowModel } from '../../../test/e2e/support/slow-model.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { readStream } from './support/read-stream.ts'
import { startTestServer } from './support/test-server.ts'

/** How long the model takes, milliseconds. */
let takes = 500
let model: SlowModel

beforeAll(async () => {
  model = await SlowModel.start(() => takes)
})
afterAll(() => model.close())

/** A server whose model is at work on a question, and the answer to that. @param signal ends the client. */
async function whileAnswering(signal?: AbortSignal) {
  const server = await startTestServer(model.environment)
  const token = await server.token()
  const content = 'The pump PX-4711 is serviced every 400 hours by the team of line 7.'
  await call(server.url, '/api/documents', { token, body: { documents: [{ source: 'pump.txt', content }] } })
  await until('the document', async () => {
    const { body } = await call<{ items: { status: string }[] }>(server.url, '/api/documents', { token })
    return body.items[0]?.status === 'processed'
  })
  const before = model.asked.length
  const query = 'How often is the pump PX-4711 serviced?'
  const answer = call<{ response: string }>(server.url, '/api/rag/query', {
    token,
    body: { query },
    ...(signal ? { signal } : {}),
  })
  await until('the call of the model', () => model.asked.length > before)
  return { server, token, answer }
}

describe('a server that stops [X75]', () => {
  it('goes on with what it is answering', async () => {
    const { server, answer } = await whileAnswering()
    const stopped = server.stop()
    expect((await answer).status).toBe(200)
    await stopped
  })

  it('says so where an answer takes too long, and asks to come again', async () => {
    takes = 60_000
    const { server, answer } = await whileAnswering()
    const stopped = server.stop()
    expectProblem(await answer, 503, 'stopping')
    await stopped
  })

  it('ends streams of events at once', async () => {
    const server = await startTestServer()
    const token = await server.token()
    await call(server.url, '/api/requests', { token, body: { prompt: 'x' } })
    let seen = false
    const reading = readStream(server.url, '/api/events/stream', token, {
      after: 0,
      enough: () => {
        seen = true
        return false
      },
    })
    await until('an event', () => seen)
    let stopped = false
    const stop = server.stop().then(() => {
      stopped = true
    })
    await reading
    expect(stopped).toBe(false)
    await stop
  })
})

describe('a client that leaves', () => {
  it('ends the call of the model that works for it, and nothing else', async () => {
    takes = 60_000
    const client = new AbortController()
    const { server, token, answer } = await whileAnswering(client.signal)
    const before = model.left
    client.abort()
    await expect(answer).rejects.toThrow(/abort/)
    await until('the end of the call', () => model.left === before + 1)
    takes = 0
    const next = await call<{ response: string }>(server.url, '/api/rag/query', {
      token,
      body: { query: 'How often is PX-4711 serviced?' },
    })
    expect(next.status).toBe(200)
    expect(model.left).toBe(before + 1)
  })
})
