import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chunks } from '../../../packages/models/test/openai-stub.ts'
import { type Acknowledgement, call, listAll, type ShownRequest } from '../support/api.ts'
import { until } from '../support/until.ts'
import { Practice } from './practice.ts'

/** What the provider does: one call at a time and 429 for all others, or a key that it refuses. */
let mood: 'one at a time' | 'refuses the key' = 'one at a time'
let throttled = 0
let model: Server
let practice: Practice
let token: string

beforeAll(async () => {
  let running = 0
  model = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    request.resume().once('end', () => {
      if (mood === 'refuses the key')
        return answer(401, { error: { message: 'Bad key.', type: 'invalid_request_error', code: 'invalid_api_key' } })
      if (running > 0) {
        throttled++
        return answer(429, { error: { message: 'Slow down.', type: 'tokens', code: 'rate_limit_exceeded' } })
      }
      running++
      // As long as a model takes at the least, so that calls of one time meet.
      setTimeout(() => {
        running--
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunks('An answer.').join(''))
      }, 50)
    })
  })
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve))
  practice = await Practice.start({
    PLINTH_MODEL: 'openai-compatible/small',
    PLINTH_MODEL_BASE_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`,
    PLINTH_MODEL_API_KEY: 'none',
  })
  token = await practice.token()
})

afterAll(() => model?.close())

const send = async (name: string): Promise<string> => {
  const body = { prompt: `Prompt ${name}`, request_id: name }
  const answer = await call<Acknowledgement>(practice.server.url, '/api/requests', { token, body })
  expect(answer.status).toBe(202)
  return answer.body.request_id
}
const statuses = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await listAll<ShownRequest>(practice.server.url, '/api/requests', token)).map((one) => [one.request_id, one.status]),
  )

describe('[R119] runbooks about providers', () => {
  it('throttling: no call is refused any more, and all that was accepted is completed', async () => {
    // A client that always has some requests under way, whatever becomes of them.
    let flooding = true
    const names: string[] = []
    const flood = (async () => {
      while (flooding) {
        const waiting = Object.values(await statuses()).filter((status) => status === 'processing').length
        for (let more = waiting; more < 6; more++) names.push(await send(`flood-${names.length}`))
      }
    })()

    try {
      await until('the first throttle', () => throttled > 0)
      const seen = await until('a throttle among the metrics', async () => {
        const text = await practice.follow('throttling', 'Notice')
        return text.includes('error_type="model_throttled"') && text
      })
      expect(seen).toContain('"request_id"')
      await practice.follow('throttling', 'Find the cause')
      await practice.follow('throttling', 'Do')
    } finally {
      flooding = false
      await flood
    }
    // Without the limit most of a burst meet at the provider, each time. Workers know of it within a second.
    await until('a burst that is not throttled', async () => {
      const before = throttled
      const burst = await Promise.all(Array.from({ length: 12 }, (_, number) => send(`burst-${names.length + number}`)))
      names.push(...burst)
      await until('the answers', async () => {
        const found = await statuses()
        return burst.every((name) => found[name] === 'completed')
      })
      return throttled === before
    })
    await practice.follow('throttling', 'Over when')

    expect(await statuses()).toEqual(Object.fromEntries(names.map((name) => [name, 'completed'])))
    expect(await practice.plinth('tenants', 'show', 'demo')).toMatch(/calls at a time +4\b/)
  })

  it('dead letters: with the key mended, all are done again', async () => {
    mood = 'refuses the key'
    const names = Array.from({ length: 4 }, (_, number) => `dead-${number}`)
    await Promise.all(names.map(send))
    await until('all of them failed', async () =>
      Object.entries(await statuses()).every(([name, status]) => !name.startsWith('dead-') || status === 'failed'),
    )

    expect(await practice.follow('dead-letters', 'Notice')).toMatch(/warning\s+dead letters[\s\S]*model_access_denied/)
    expect(await practice.follow('dead-letters', 'Find the cause')).toMatch(/4 "reason":"model_access_denied"/)
    mood = 'one at a time'
    expect(await practice.follow('dead-letters', 'Do')).toContain('"status":"completed"')
    expect(await practice.follow('dead-letters', 'Over when')).toMatch(/ok\s+dead letters: None/)

    expect(Object.values(await statuses()).filter((status) => status !== 'completed')).toEqual([])
  })
})
