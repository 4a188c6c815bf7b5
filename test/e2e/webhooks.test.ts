import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call, listAll, type ShownEvent } from './support/api.ts'
import { filesWith } from './support/files.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { accept, reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'
import { verify, WebhookSink } from './support/webhook-sink.ts'

interface Made {
  readonly subscriber_id: string
  readonly secret: string
}

interface Delivery {
  readonly status: string
  readonly attempts: number
  readonly event_id: string
  readonly error: { readonly code: string; readonly status?: number } | null
}

const everything = { tenant: 'demo', user: 'hooks', permissions: ['*'], lifetime: 3_600 }

async function subscribe(server: RunningPlinth, token: string, url: string, pattern: object = {}): Promise<Made> {
  const answer = await call<Made>(server.url, '/api/subscribers', { token, body: { pattern, target: { type: 'webhook', url } } })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body
}

function deliveriesOf(server: RunningPlinth, token: string, { subscriber_id }: Made): Promise<Delivery[]> {
  return listAll<Delivery>(server.url, `/api/subscribers/${subscriber_id}/deliveries`, token)
}

describe('[R21] webhooks of a real server', () => {
  it('arrive signed, survive kill -9 and receivers that fail, and every repetition has its first id', {
    timeout: 300_000,
  }, async () => {
    const folder = temporaryFolder()
    const sink = await WebhookSink.open()
    const variables = { PLINTH_OUTBOUND_ALLOW: sink.host }
    let server = await startPlinth(folder, variables)
    const token = await mintToken(everything, { PLINTH_DATA_DIR: folder })
    const { body: own } = await call<{ secret: string }>(server.url, '/api/webhooks/secret', { token })
    const steady = await subscribe(server, token, sink.url('/steady'))
    const flaky = await subscribe(server, token, sink.url('/flaky'), { type: [{ suffix: '.completed' }] })
    const seen = new Set<string>()
    sink.answers.set('/flaky', ({ event }, response) => {
      response.writeHead(seen.has(event.id) ? 200 : 500).end()
      seen.add(event.id)
    })
    // It holds its answers back until the server is killed: what was on its way then is lost, and has to come again.
    let killed = false
    const held = new Set<string>()
    sink.answers.set('/steady', ({ event }, response) => {
      if (killed || held.size >= 20) response.writeHead(200).end()
      else held.add(event.id)
    })

    const ids: string[] = []
    for (let index = 0; index < 60; index++) {
      ids.push(await accept(server, token, { prompt: `Tell ${index}`, callback_url: sink.url('/callback') }))
      if (index !== 39) continue
      await until('deliveries on their way', () => held.size >= 20)
      await server.process.kill()
      killed = true
      server = await startPlinth(folder, variables)
    }
    for (const id of ids) await reach(server, token, id, 'completed')
    const events = await listAll<ShownEvent>(server.url, '/api/events', token)
    const closing = events.filter((event) => event.type === 'genai.request.completed')
    expect(closing).toHaveLength(60)
    const idsAt = (path: string): Set<string> => new Set(sink.at(path).map(({ event }) => event.id))
    await until(
      'every event to be told',
      async () => {
        const all = [...(await deliveriesOf(server, token, steady)), ...(await deliveriesOf(server, token, flaky))]
        return all.length === 180 && all.every(({ status }) => status === 'delivered')
      },
      { within: 60_000, every: 200 },
    )
    await until('every callback', () => idsAt('/callback').size === 60, { within: 20_000 })

    expect(idsAt('/steady')).toEqual(new Set(events.map(({ id }) => id)))
    expect(idsAt('/flaky')).toEqual(new Set(closing.map(({ id }) => id)))
    expect(idsAt('/callback')).toEqual(new Set(closing.map(({ id }) => id)))
    for (const id of held) expect(sink.at('/steady').filter(({ event }) => event.id === id).length).toBeGreaterThan(1)
    const secrets: Readonly<Record<string, string>> = {
      '/steady': steady.secret,
      '/flaky': flaky.secret,
      '/callback': own.secret,
    }
    for (const told of sink.told) {
      verify(told, secrets[told.path] ?? '')
      expect(told.headers['webhook-id']).toBe(told.event.id)
      // What was told is what the API shows, whichever attempt it was.
      expect(told.event).toEqual(events.find(({ id }) => id === told.event.id))
      expect(() => verify({ ...told, text: `${told.text} ` }, secrets[told.path] ?? '')).toThrow()
    }
    expect((await server.process.stop()).code).toBe(0)
  })

  it('do nothing that a receiver with bad intent would like, and leave no secret behind', { timeout: 300_000 }, async () => {
    const folder = temporaryFolder()
    const sink = await WebhookSink.open()
    const inside = await WebhookSink.open()
    const server = await startPlinth(folder, { PLINTH_OUTBOUND_ALLOW: sink.host, PLINTH_LOG_LEVEL: 'debug' })
    const token = await mintToken(everything, { PLINTH_DATA_DIR: folder })
    const canary = 'canary-of-a-webhook-path'
    let drip: NodeJS.Timeout | undefined
    sink.answers.set(`/redirect/${canary}`, (_, response) => response.writeHead(307, { location: inside.url('/secrets') }).end())
    sink.answers.set(`/endless/${canary}`, (_, response) => {
      response.writeHead(200)
      const talk = (): void => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', talk)
      talk()
    })
    sink.answers.set(`/loris/${canary}`, (_, response) => {
      response.writeHead(200)
      drip = setInterval(() => response.write('x'), 100)
      response.on('close', () => clearInterval(drip))
    })
    sink.answers.set(`/gone/${canary}`, (_, response) => response.writeHead(410).end())
    const kinds = ['redirect', 'endless', 'loris', 'gone'] as const
    const made = new Map<string, Made>()
    for (const kind of kinds)
      made.set(kind, await subscribe(server, token, sink.url(`/${kind}/${canary}`), { type: [{ suffix: '.received' }] }))
    const closed = await call(server.url, '/api/subscribers', {
      token,
      body: { target: { type: 'webhook', url: inside.url('/') } },
    })
    expect(closed.status).toBe(400)
    expect(closed.text).not.toContain(inside.host)

    await accept(server, token, { prompt: 'Be told.', request_id: 'told' })
    const ended = (kind: string) =>
      until(
        `an attempt to end: ${kind}`,
        async () => {
          const [delivery] = await deliveriesOf(server, token, made.get(kind) as Made)
          return delivery && (delivery.error !== null || delivery.status !== 'pending') && delivery
        },
        { within: 40_000 },
      )
    expect(await ended('redirect')).toMatchObject({ status: 'pending', error: { code: 'receiver_refused', status: 307 } })
    expect(await ended('endless')).toMatchObject({ status: 'delivered', attempts: 1 })
    expect(await ended('loris')).toMatchObject({ status: 'pending', error: { code: 'timeout', status: 200 } })
    expect(await ended('gone')).toMatchObject({ status: 'failed', error: { code: 'receiver_gone', status: 410 } })
    expect(inside.told).toEqual([])
    // The server is well, and quick, all the while.
    await reach(server, token, 'told', 'completed')

    const letters = await listAll<{ dead_letter_id: string; kind: string; reason: string }>(
      server.url,
      '/api/dead-letters',
      token,
    )
    expect(letters).toMatchObject([{ kind: 'delivery', reason: 'receiver_gone', request_id: 'told' }])
    sink.answers.delete(`/gone/${canary}`)
    const gone = made.get('gone') as Made
    await call(server.url, `/api/subscribers/${gone.subscriber_id}`, { token, method: 'PATCH', body: { status: 'active' } })
    const redriven = await call(server.url, '/api/dead-letters/redrive', { token, method: 'POST' })
    expect(redriven.body).toEqual({ redriven: [letters[0]?.dead_letter_id] })
    await until('the redriven delivery', async () => (await deliveriesOf(server, token, gone))[0]?.status === 'delivered')
    expect(new Set(sink.at(`/gone/${canary}`).map(({ headers }) => headers['webhook-id'])).size).toBe(1)

    const secret = gone.secret.slice('whsec_'.length)
    await server.process.stop()
    for (const text of [canary, secret, sink.host]) {
      expect(filesWith(folder, text), text).toEqual([])
      expect(server.process.stderr.includes(text), `logs with ${text}`).toBe(false)
      expect(server.process.stdout.includes(text), `output with ${text}`).toBe(false)
    }
    expect(server.process.stderr).toContain('"level":20')
  })
})
