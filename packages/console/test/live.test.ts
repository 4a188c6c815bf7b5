import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import type { Problem } from '../src/api/client.ts'
import { type LiveEvent, type LiveState, live } from '../src/api/live.ts'

/** What each connection asked for, in order. */
let asked: string[][]
let answer: (response: ServerResponse, follow: readonly string[]) => void

const server = createServer((request, response) => {
  const follow = new URL(request.url ?? '', 'http://here').searchParams.getAll('follow')
  asked.push(follow)
  answer(response, follow)
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Where calls go is beside the page.
  vi.stubGlobal('document', { baseURI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
})

beforeEach(() => {
  asked = []
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function stream(
  response: ServerResponse,
  ...events: readonly (readonly [event: string, follow: string, id: number, data: object])[]
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frames = events.map(([event, follow, id, data]) => `event: ${event}\ndata: ${JSON.stringify({ follow, id, data })}\n\n`)
  response.write(frames.join(''))
}

function follow(path: string): { readonly taken: LiveEvent[]; readonly refused: Problem[]; end(): void } {
  const [taken, refused]: [LiveEvent[], Problem[]] = [[], []]
  const end = live.follow({ path, take: (event) => void taken.push(event), refused: (problem) => void refused.push(problem) })
  return { taken, refused, end }
}

function watch(): { readonly states: LiveState[]; end(): void } {
  const states: LiveState[] = []
  return { states, end: live.watch((state) => void states.push(state)) }
}

it('a stream that is refused for good is told of, by its request too, and asked for once', async () => {
  answer = (response) => {
    stream(response, ['problem', '/api/gone', 0, { status: 404, code: 'not_found', detail: 'Not there.', request_id: 'r-1' }])
    response.end()
  }
  const { states, end } = watch()
  const { refused, end: unfollow } = follow('/api/gone')
  await until('the end of all asking', () => states.includes('open') && states.at(-1) === 'idle')
  expect(refused.map(({ code, requestId }) => [code, requestId])).toEqual([['not_found', 'r-1']])
  expect(asked).toHaveLength(1)
  unfollow()
  end()
})

it('a connection that is refused as a whole is not said to be under way', async () => {
  answer = (response) => response.writeHead(403).end('{"code":"tenant_suspended","detail":"It is suspended."}')
  const { states, end } = watch()
  const { refused, end: unfollow } = follow('/api/one')
  await until('the refusal', () => refused.length > 0)
  await until('the state', () => states.at(-1) === 'idle')
  unfollow()
  end()
})

it('what comes for a page that is gone is not given to the one in its place, nor does that one begin behind it', async () => {
  const path = '/api/events/stream'
  let second: ReturnType<typeof follow> | undefined
  answer = (response) =>
    asked.length === 1
      ? stream(response, ['one', path, 41, { tenant: 'first' }], ['two', path, 42, { tenant: 'first' }])
      : stream(response, ['one', path, 7, { tenant: 'second' }])
  const unfollow = live.follow({
    path,
    // As a page does that is shown for another tenant.
    take: () => {
      unfollow()
      second ??= follow(path)
    },
    refused: () => undefined,
  })
  await until('what the second one is told', () => second?.taken.some(({ id }) => id === 7))
  expect(second?.taken.map(({ id, data }) => [id, data.tenant])).toEqual([[7, 'second']])
  expect(asked).toEqual([[path], [path]])
  second?.end()
})
