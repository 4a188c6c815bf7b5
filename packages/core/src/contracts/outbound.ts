import { expect } from 'vitest'
import { type Outbound, type OutboundCode, OutboundError, type OutboundRequest } from '../ports/outbound.ts'
import type { ReceiverAnswer } from '../testing/memory-outbound.ts'
import { type ContractOptions, describeContract, type Subject } from './contract.ts'
import { pass, until } from './settling.ts'

/** A request as a receiver saw it. */
export interface ReceivedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What an outbound port's contract is tried on: the port, and somebody's server that answers by {@link contractAnswer}. */
export interface OutboundSubject {
  readonly outbound: Outbound
  /** The URL of a path at the receiver, which may be called. */
  url(path: string): string
  /** Everything that reached the receiver. */
  received(): readonly ReceivedRequest[]
  /** URLs of addresses that may not be called, to be seen without a look-up; each leads to the receiver if it is called. */
  readonly refused: readonly string[]
  /** The same, where the name has to be looked up first. */
  readonly refusedName: string
  /** Where nobody listens. */
  readonly deaf: string
}

const large = 5_000

/** How the receiver of the contract answers a path. */
export function contractAnswer(path: string): ReceiverAnswer {
  const [, kind = '', detail = ''] = path.split(/[/?]/)
  if (kind === 'status') return { status: Number(detail), headers: { 'x-answer': detail, location: '/moved' }, body: 'Why so.' }
  if (kind === 'large') return { status: 201, body: 'x'.repeat(Number(detail)) }
  if (kind === 'silent') return { hangs: 'at once' }
  if (kind === 'half') return { status: 202, body: 'Half of', hangs: 'in the body' }
  if (kind === 'cookie') return { headers: { 'set-cookie': 'session=1; Path=/' } }
  return { headers: { 'content-type': 'text/plain' }, body: `You said ${path}` }
}

/** The promises of {@link Outbound}, one test each. */
export function describeOutboundContract(adapter: string, options: ContractOptions<OutboundSubject>): void {
  describeContract('Outbound', adapter, options, {
    'a request arrives as it was sent, and its answer comes back whole': async (subject) => {
      const { port } = subject()
      const body = JSON.stringify({ text: 'Grüße, 世界' })
      const headers = { 'content-type': 'application/json', 'webhook-id': 'abc', 'user-agent': 'contract' }
      const answer = await port.outbound.send(post(port, '/echo/a?b=c%20d', { headers, body }))
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain' } })
      expect(new TextDecoder().decode(answer.body)).toBe('You said /echo/a?b=c%20d')
      const received = port.received().find(({ path }) => path.startsWith('/echo/a'))
      expect(received).toMatchObject({ method: 'POST', path: '/echo/a?b=c%20d', body, headers })
    },

    'bytes arrive as they are, and a request without a body has none': async (subject) => {
      const { port } = subject()
      await port.outbound.send(post(port, '/bytes', { method: 'PUT', body: new TextEncoder().encode('Grüße') }))
      await port.outbound.send(post(port, '/nothing', { method: 'DELETE' }))
      const seen = port.received().map(({ method, path, body }) => [method, path, body])
      expect(seen).toContainEqual(['PUT', '/bytes', 'Grüße'])
      expect(seen).toContainEqual(['DELETE', '/nothing', ''])
    },

    'any status is an answer, with its headers and body': async (subject) => {
      const { port } = subject()
      for (const status of [200, 204, 400, 404, 410, 429, 500, 503]) {
        const answer = await port.outbound.send(post(port, `/status/${status}`))
        expect(answer).toMatchObject({ status, headers: { 'x-answer': String(status) } })
        if (status !== 204) expect(new TextDecoder().decode(answer.body)).toBe('Why so.')
      }
    },

    'a redirect is an answer, and is not followed': async (subject) => {
      const { port } = subject()
      for (const status of [301, 302, 303, 307, 308])
        expect((await port.outbound.send(post(port, `/status/${status}`))).status).toBe(status)
      expect(port.received().filter(({ path }) => path.startsWith('/moved'))).toEqual([])
    },

    'a receiver gets no cookies back, and no headers that nobody gave': async (subject) => {
      const { port } = subject()
      await port.outbound.send(post(port, '/cookie/1'))
      await port.outbound.send(post(port, '/cookie/2', { headers: { 'x-mine': '1' } }))
      const second = port.received().find(({ path }) => path === '/cookie/2')
      const needed = ['host', 'connection', 'content-length', 'transfer-encoding', 'x-mine']
      expect(Object.keys(second?.headers ?? {}).filter((name) => !needed.includes(name))).toEqual([])
    },

    'an answer of the most bytes is read, one above it is too_large, with its status': async (subject) => {
      const { port } = subject()
      const fits = await port.outbound.send(post(port, `/large/${large}`, { maxBytes: large }))
      expect(fits.body.byteLength).toBe(large)
      const error = await failure(subject(), post(port, `/large/${large + 1}`, { maxBytes: large }))
      expect(error).toMatchObject({ code: 'too_large', status: 201 })
      expect(await failure(subject(), post(port, '/large/3000000', { maxBytes: 0 }))).toMatchObject({ code: 'too_large' })
    },

    'who says nothing, or never ends, is a timeout': async (subject) => {
      const { port } = subject()
      const silent = await failure(subject(), post(port, '/silent', { timeout: 200 }))
      expect(silent).toMatchObject({ code: 'timeout', status: undefined })
      expect(await failure(subject(), post(port, '/half', { timeout: 200 }))).toMatchObject({ code: 'timeout', status: 202 })
    },

    'where nobody listens is unreachable': async (subject) => {
      const { port } = subject()
      expect(await failure(subject(), { ...post(port, '/'), url: port.deaf })).toMatchObject({
        code: 'unreachable',
        retryable: true,
      })
    },

    'an address that may not be called is refused at sight, by checkUrl and by send': async (subject) => {
      const { port } = subject()
      expect(port.refused.length).toBeGreaterThan(0)
      const before = port.received().length
      for (const url of port.refused) {
        expect(
          codeOf(() => port.outbound.checkUrl(url)),
          url,
        ).toBe('address_refused')
        expect(await failure(subject(), { ...post(port, '/'), url }), url).toMatchObject({ code: 'address_refused' })
      }
      expect(port.received()).toHaveLength(before)
    },

    'a name that leads to such an address is refused when it is called': async (subject) => {
      const { port } = subject()
      const before = port.received().length
      expect(() => port.outbound.checkUrl(port.refusedName)).not.toThrow()
      const error = await failure(subject(), { ...post(port, '/'), url: port.refusedName })
      expect(error).toMatchObject({ code: 'address_refused' })
      expect(error.message).not.toContain(new URL(port.refusedName).hostname)
      expect(port.received()).toHaveLength(before)
    },

    'what is no plain web URL is url_invalid, by checkUrl and by send': async (subject) => {
      const { port } = subject()
      for (const url of invalidUrls) {
        expect(
          codeOf(() => port.outbound.checkUrl(url)),
          url.slice(0, 80),
        ).toBe('url_invalid')
        const error = await failure(subject(), { ...post(port, '/'), url })
        expect(error, url.slice(0, 80)).toMatchObject({ code: 'url_invalid', retryable: false })
      }
    },

    'a call is cancelled by its signal, before and while it waits': async (subject) => {
      const { port } = subject()
      const before = port.received().length
      expect(await failure(subject(), post(port, '/early', { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' })
      expect(port.received()).toHaveLength(before)
      const stop = new AbortController()
      const waiting = failure(subject(), post(port, '/silent/2', { signal: stop.signal }), false)
      await until(subject(), () => port.received().some(({ path }) => path === '/silent/2'), 'the request arrives')
      stop.abort()
      expect(await waiting).toMatchObject({ code: 'cancelled' })
    },

    'many at a time get each their own answer': async (subject) => {
      const { port } = subject()
      const paths = Array.from({ length: 60 }, (_, index) => `/many/${index}`)
      const answers = await Promise.all(paths.map((path) => port.outbound.send(post(port, path))))
      expect(answers.map(({ body }) => new TextDecoder().decode(body))).toEqual(paths.map((path) => `You said ${path}`))
    },
  })
}

const invalidUrls = [
  '',
  'example.test',
  '//example.test/',
  'ftp://example.test/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://',
  'https://user@example.test/',
  'https://user:password@example.test/',
  'http://example.test:99999/',
  'http://exa mple.test/',
  'http://example.test/a b',
  'http://example.test/\nhost',
  ' http://example.test/',
  'http:\\\\example.test\\',
  'http://[::1/',
  'http://1.2.3.4.5/',
  'http://256.0.0.1/',
  `http://example.test/${'a'.repeat(2_048)}`,
]

function post(port: OutboundSubject, path: string, parts: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'POST', url: port.url(path), timeout: 10_000, maxBytes: 100_000, ...parts }
}

/** The error that a request fails with; time passes where it is the test's own. */
async function failure(subject: Subject<OutboundSubject>, request: OutboundRequest, passing = true): Promise<OutboundError> {
  const ended = subject.port.outbound.send(request).then(
    (answer) => new Error(`It was answered with ${answer.status}.`),
    (error: unknown) => error,
  )
  if (passing) await pass(subject, request.timeout + 1)
  const error = await ended
  if (!(error instanceof OutboundError)) throw error
  return error
}

function codeOf(work: () => void): OutboundCode | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof OutboundError ? error.code : undefined
  }
}
