import { afterEach, describe, expect, it } from 'vitest'
import { fetchUrl } from '../../../src/multi-agent/tools/fetch-url.ts'
import type { ToolAnswer } from '../../../src/multi-agent/tools/tool.ts'
import type { ReceiverAnswer } from '../../../src/testing/memory-outbound.ts'
import { EventBench } from '../../event-driven/bench.ts'

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

async function get(
  url: unknown,
  answers: Readonly<Record<string, ReceiverAnswer>> = {},
  hosts = ['example.org', '*.docs.test', 'rebinding.test', 'localhost', '127.0.0.1'],
): Promise<ToolAnswer> {
  bench ??= await EventBench.open(() => 'x')
  bench.memory.outbound.answer = ({ url: asked }) => answers[asked] ?? { body: `The page ${asked}.` }
  const answer = fetchUrl(hosts).run({
    scope: await bench.scope(),
    input: { url } as never,
    key: 'k',
    results: { get: () => undefined, steps: () => [] },
    signal: new AbortController().signal,
  })
  await bench.pass(30_000)
  return answer
}

function asked(): readonly string[] {
  return bench?.memory.outbound.requests.map(({ url }) => url) ?? []
}

describe('fetch_url', () => {
  it.each(['https://example.org/', 'http://example.org/a?b=c', 'https://EXAMPLE.org:443/', 'https://deep.down.docs.test/x'])(
    'reads %s',
    async (url) => {
      const { text, failed, sources } = await get(url)
      expect([text, failed]).toEqual([`The page ${asked()[0]}.`, undefined])
      expect(sources).toEqual(asked())
    },
  )

  it('reads a host whose usual port is named, at that port only', async () => {
    const hosts = ['example.org:443', '*.docs.test:80']
    for (const url of ['https://example.org/', 'https://example.org:443/', 'http://a.docs.test/'])
      expect(await get(url, {}, hosts)).toMatchObject({ sources: [url] })
    for (const url of ['http://example.org/', 'https://example.org:8443/', 'https://a.docs.test/', 'http://example.org:4430/'])
      expect(await get(url, {}, hosts)).toMatchObject({ failed: true })
  })

  it.each([
    'https://other.org/',
    'https://example.org.evil.test/',
    'https://evil-example.org/',
    'https://example.org@evil.test/',
    'https://docs.test/',
    'https://evildocs.test/',
    'https://example.org:8443/',
    'https://example.org./',
    'file:///etc/passwd',
    'ftp://example.org/',
    'javascript:alert(1)',
    'https://exаmple.org/',
    'no URL',
    '',
  ])('reads nothing of a host that is not named: %j', async (url) => {
    expect((await get(url)).failed).toBe(true)
    expect(asked()).toEqual([])
  })

  it.each([
    'http://user:secret@example.org/',
    'http://localhost/',
    'http://127.0.0.1/',
    'http://0x7f.1/',
    'https://rebinding.test/',
  ])('goes through the guard also where the host is named: %s', async (url) => {
    const { text, failed } = await get(url)
    expect([failed, asked()]).toEqual([true, []])
    expect(text).toMatch(/^The (?:host is or leads to an address that may not be called|URL must be http)/)
  })

  it('follows a redirect to hosts that are named, and tells from where it read', async () => {
    const answer = await get('http://example.org/', {
      'http://example.org/': { status: 301, headers: { location: 'https://example.org/new' } },
      'https://example.org/new': { status: 302, headers: { location: '../other' } },
    })
    expect(answer).toEqual({ text: 'The page https://example.org/other.', sources: ['https://example.org/other'] })
  })

  it.each([
    'https://evil.test/',
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:8080/',
    'file:///etc/passwd',
    '//evil.test/x',
  ])('follows none to others: %s', async (location) => {
    const answer = await get('https://example.org/', { 'https://example.org/': { status: 302, headers: { location } } })
    expect([answer.failed, asked()]).toEqual([true, ['https://example.org/']])
  })

  it('follows none without end', async () => {
    const circle = { status: 302, headers: { location: 'https://example.org/' } }
    expect(await get('https://example.org/', { 'https://example.org/': circle })).toMatchObject({ failed: true })
    expect(asked()).toHaveLength(5)
  })

  it.each([
    [{ body: 'x'.repeat(3_000_000) }, 'larger than is read'],
    [{ hangs: 'at once' }, 'no whole answer in time'],
    [{ hangs: 'in the body' }, 'no whole answer in time'],
    [{ status: 500 }, 'answered 500'],
    ['unreachable', 'could not be reached'],
    [{ headers: { 'content-type': 'image/png' } }, 'image/png, which is not read'],
    [{ headers: { 'content-type': 'application/x-msdownload' } }, 'which is not read'],
    [{ headers: { 'content-encoding': 'gzip' } }, 'packed its answer'],
  ] as const)('says what went wrong: %j', async (answer, words) => {
    expect(await get('https://example.org/', { 'https://example.org/': answer })).toEqual({
      text: expect.stringContaining(words),
      failed: true,
    })
  })

  it.each([
    'text/plain',
    'application/json; charset=utf-8',
    'text/csv',
    'application/ld+json',
    'application/xml',
    'text/plain; charset=nonsense',
  ])('reads %s', async (type) => {
    const answer = { headers: { 'content-type': type }, body: '{"a": "ä"}' }
    expect((await get('https://example.org/', { 'https://example.org/': answer })).text).toBe('{"a": "ä"}')
  })
})
