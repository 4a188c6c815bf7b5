import { createDocumentReader } from '@plinth/documents'
import { systemClock } from '@plinth/local'
import { GuardedHttp, type GuardedHttpOptions } from '@plinth/outbound'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchUrl } from '../../core/src/multi-agent/tools/fetch-url.ts'
import type { ToolAnswer } from '../../core/src/multi-agent/tools/tool.ts'
import { EventBench } from '../../core/test/event-driven/bench.ts'
import { Receiver } from './receiver.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** Reads an address as an agent does that may read these hosts. */
async function get(url: string, hosts: readonly string[], options: Partial<GuardedHttpOptions> = {}): Promise<ToolAnswer> {
  const outbound = new GuardedHttp({ clock: systemClock, ...options })
  const bench = await EventBench.open(() => 'x', { worker: false })
  const reader = createDocumentReader({ clock: systemClock })
  closers.push(() => outbound.close())
  return fetchUrl(hosts).run({
    scope: { ...(await bench.scope()), outbound, reader },
    input: { url },
    key: 'k',
    results: { get: () => undefined, steps: () => [] },
    signal: AbortSignal.timeout(20_000),
  })
}

const page = `<html><head><title>Pumps</title><script>steal()</script><style>p{}</style></head>
<body><h1>Pumps</h1><p>Serviced every <b>400</b> hours.</p><!-- hidden --></body></html>`

async function receiver(): Promise<Receiver> {
  const opened: Receiver = await Receiver.open((request, response) => {
    const bomb = `${'<script '.repeat(50_000)}${'<'.repeat(500_000)}`
    if (request.url === '/away') response.writeHead(302, { location: `http://localhost:${opened.port}/` }).end()
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(request.url === '/bomb' ? bomb : page)
  })
  closers.push(() => opened.close())
  return opened
}

describe('fetch_url over real sockets', () => {
  it('reads the words of a page', async () => {
    const { port } = await receiver()
    const { text, failed } = await get(`http://127.0.0.1:${port}/`, [`127.0.0.1:${port}`], { allow: ['127.0.0.1'] })
    expect(failed).toBeUndefined()
    expect(text).toContain('Serviced every 400 hours.')
    expect(text).not.toMatch(/steal|hidden|p\{/)
  })

  it('never reaches this machine, whatever the name, the spelling or a redirect says, though the definition names it', async () => {
    const server = await receiver()
    const { port } = server
    const hosts = ['127.0.0.1', 'localhost', 'rebinding.test'].map((host) => `${host}:${port}`)
    const lookup = async (): Promise<string[]> => ['127.0.0.1']
    for (const host of ['127.0.0.1', 'localhost', '0x7f000001', '2130706433', 'rebinding.test', '[::ffff:127.0.0.1]'])
      expect(await get(`http://${host}:${port}/`, hosts, { lookup })).toMatchObject({ failed: true })
    expect(server.connections).toBe(0)
  })

  it('follows no redirect to a host that is not named', async () => {
    const server = await receiver()
    const { text, failed } = await get(`${server.url('/away')}`, [`127.0.0.1:${server.port}`], {
      allow: ['127.0.0.1', 'localhost'],
    })
    expect([failed, text]).toEqual([true, `localhost:${server.port} is none of the hosts that can be read.`])
    expect(server.received.map(({ path }) => path)).toEqual(['/away'])
  })

  it('a name that changes its mind reaches nobody: what was looked at is what is called', async () => {
    const server = await receiver()
    let asked = 0
    const lookup = async (): Promise<string[]> => (++asked === 1 ? ['198.51.100.7', '127.0.0.1'] : ['127.0.0.1'])
    expect(await get(`http://rebinding.test:${server.port}/`, [`rebinding.test:${server.port}`], { lookup })).toMatchObject({
      failed: true,
    })
    expect(server.connections).toBe(0)
  })

  it('a page that is made to be read for ever ends soon', async () => {
    const server = await receiver()
    const started = performance.now()
    await get(server.url('/bomb'), [`127.0.0.1:${server.port}`], { allow: ['127.0.0.1'] })
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})
