import { beforeAll, describe, expect, it } from 'vitest'
import type { Acknowledgement, ShownRequest } from '../../../../test/e2e/support/api.ts'
import { expectProblem } from '../support/expect-problem.ts'
import type { Edge } from './edge.ts'

const mebibyte = 1024 * 1024
const uuid = /^[0-9a-f-]{36}$/

interface EdgeOptions {
  open(): Promise<Edge>
  /** The code for who brings no token. */
  readonly tokenMissing: string
}

/** What holds at the HTTP edge, whatever carries it: one suite for node.ts and lambda.ts. */
export function describeEdge(name: string, { open, tokenMissing }: EdgeOptions): void {
  describe(`[G6] the HTTP edge: ${name}`, () => {
    let edge: Edge
    let token: string
    beforeAll(async () => {
      edge = await open()
      token = await edge.token()
    }, 300_000)

    it.each(['/healthz', '/readyz', '/.well-known/jwks.json', '/'])('%s is open to all', async (path) => {
      for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
        const answer = await edge.ask(path, { headers })
        expect(answer.status).toBe(200)
        expect(answer.headers.get('x-request-id')).toMatch(uuid)
      }
    })

    it('x-request-id is new for each answer, whatever the caller sends', async () => {
      const ids = new Set<string>()
      const paths = ['/healthz', '/', '/nothing', '/api/requests', '/api/requests', '/api/nothing', '/metrics', '/openapi.json']
      for (const path of paths) {
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE']) {
          const headers = { 'x-request-id': 'mine' }
          const answer = await edge.ask(path, { token, method, headers, ...(method === 'POST' && { body: { prompt: 'x' } }) })
          ids.add(answer.headers.get('x-request-id') ?? '')
        }
      }
      expect(ids.size).toBe(40)
      expect(ids).not.toContain('mine')
      expect(ids).not.toContain('')
    })

    it("[R127] the console's cookie stands for a token on /api, and for nothing without its CSRF token", async () => {
      const signedIn = await edge.ask<{ csrf_token: string }>('/api/session', { body: { token } })
      expect(signedIn.status).toBe(200)
      const [cookie = ''] = (signedIn.headers.get('set-cookie') ?? '').split(';')
      const read = await edge.ask('/api/requests', { headers: { cookie } })
      expect(read.status).toBe(200)
      const send = (headers: Readonly<Record<string, string>>) =>
        edge.ask('/api/requests', { body: { prompt: 'x' }, headers: { cookie, ...headers } })
      expectProblem(await send({}), 403, 'csrf_token_invalid')
      expect((await send({ 'x-plinth-csrf': signedIn.body.csrf_token })).status).toBe(202)
      expect((await edge.ask('/api/requests', { headers: { cookie: 'plinth_session=a.b.c' } })).status).toBe(401)
    })

    describe('methods and paths', () => {
      it('HEAD is GET without a body', async () => {
        for (const path of ['/healthz', '/api/requests', '/openapi.json', '/metrics']) {
          const answer = await edge.ask(path, { token, method: 'HEAD' })
          expect([path, answer.status, answer.text]).toEqual([path, 200, ''])
        }
        expect((await edge.ask('/api/requests/nobody', { token, method: 'HEAD' })).status).toBe(404)
      })

      it.each([
        ['/api/requests', 'PUT', ['GET', 'POST']],
        ['/api/requests', 'DELETE', ['GET', 'POST']],
        ['/api/requests', 'OPTIONS', ['GET', 'POST']],
        ['/api/requests/x', 'POST', ['GET', 'DELETE']],
        ['/api/requests/x', 'PATCH', ['GET', 'DELETE']],
        ['/api/dead-letters/redrive', 'GET', ['POST']],
        ['/api/events', 'POST', ['GET']],
      ])('%s by %s is 405 and says what it takes', async (path, method, allowed) => {
        const answer = await edge.ask(path, { token, method })
        expectProblem(answer, 405, 'method_not_allowed')
        expect(answer.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(allowed))
      })

      it.each([
        '/api',
        '/api/',
        '/api/nothing',
        '/api/requests/x/nothing',
        '/api/requests/',
        '/v2',
        '/nothing',
        '/healthz/',
        '/index.php',
      ])('%s is 404', async (path) => {
        expectProblem(await edge.ask(path, { token }), 404, 'not_found')
      })

      it('a query is read as it was written', async () => {
        expectProblem(await edge.ask('/api/requests?limit=0', { token }), 400, 'invalid_input', 'limit')
        expectProblem(await edge.ask('/api/requests?l%69mit=5&odd=a%20b%26c', { token }), 400, 'invalid_input', 'odd')
        expect((await edge.ask('/api/requests?limit=%35', { token })).status).toBe(200)
      })
    })

    describe('bodies', () => {
      it('are kept once, and shown as they came', async () => {
        const body = { prompt: 'Größer & 漢字 😀?', request_id: 'edge-1' }
        const headers = { 'idempotency-key': 'edge' }
        const first = await edge.ask<Acknowledgement>('/api/requests', { token, body, headers })
        expect([first.status, first.headers.get('content-type'), first.body.request_id]).toEqual([
          202,
          'application/json',
          'edge-1',
        ])
        const again = await edge.ask<Acknowledgement>('/api/requests', { token, body, headers })
        expect([again.status, again.body]).toEqual([202, first.body])
        const other = { ...body, prompt: 'other' }
        expectProblem(await edge.ask('/api/requests', { token, body: other, headers }), 409)
        const shown = await edge.ask<ShownRequest>('/api/requests/edge-1', { token })
        expect(shown.body).toMatchObject({ request_id: 'edge-1', tenant_id: 'demo' })
      })

      it.each<[string, string | Uint8Array]>([
        ['malformed', '{"prompt":"x"'],
        ['empty', ''],
        ['a list', '[]'],
        ['broken UTF-8', Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])],
        ['an unknown field', '{"prompt":"x","odd":1}'],
        ['a prompt of another type', '{"prompt":1}'],
      ])('one that is %s is 400', async (_, body) => {
        expectProblem(await edge.ask('/api/requests', { token, body }), 400)
      })

      it('one of another type is 400, one that is too large 413', async () => {
        const headers = { 'content-type': 'text/plain' }
        expectProblem(await edge.ask('/api/requests', { token, body: '{"prompt":"x"}', headers }), 400)
        const prompt = 'x'.repeat(10 * mebibyte)
        expectProblem(await edge.ask('/api/requests', { token, body: { prompt } }), 413, 'too_large')
      })

      it('files come as parts of a form', async () => {
        const form = new FormData()
        form.append('files', new Blob(['The ferry leaves at nine.']), 'boats.txt')
        const request = new Request('http://nowhere', { method: 'POST', body: form })
        const headers = { 'content-type': request.headers.get('content-type') ?? '' }
        const body = new Uint8Array(await request.arrayBuffer())
        const answer = await edge.ask<readonly { readonly source: string }[]>('/api/documents', { token, body, headers })
        expect([answer.status, answer.body.map(({ source }) => source)]).toEqual([202, ['boats.txt']])
      })
    })

    describe('who asks', () => {
      it('without a good token gets no further, whatever is asked', async () => {
        for (const path of ['/api/requests', '/api/nothing', '/openapi.json', '/metrics']) {
          expectProblem(await edge.ask(path), 401, tokenMissing)
          expectProblem(await edge.ask(path, { token: 'nonsense' }), 401, 'token_invalid')
        }
        expectProblem(await edge.ask('/api/requests', { token: await edge.token({ lifetime: -60 }) }), 401, 'token_expired')
        const stranger = await edge.token({ tenant: 'nobody' })
        expectProblem(await edge.ask('/api/requests', { token: stranger }), 401, 'tenant_unknown')
      })

      it('[X59] is held to permissions, tenant and status, from the next request on', async () => {
        const reader = await edge.token({ permissions: ['requests:read'] })
        expectProblem(await edge.ask('/api/requests', { token: reader, body: { prompt: 'x' } }), 403, 'permission_denied')
        expectProblem(await edge.ask('/metrics', { token: reader }), 403, 'permission_denied')
        expectProblem(await edge.ask('/api/requests', { token, headers: { tenant_id: 'other' } }), 403)
        await edge.registry.create('paused', 'Paused')
        const paused = await edge.token({ tenant: 'paused' })
        expect((await edge.ask('/api/requests', { token: paused })).status).toBe(200)
        await edge.registry.change('paused', (settings) => ({ ...settings, status: 'suspended' }))
        expectProblem(await edge.ask('/api/requests', { token: paused }), 403, 'tenant_suspended')
      })

      it('[R103] is held to the filters of the tenant, on the way in and on the way out', async () => {
        await edge.registry.create('filtered', 'Filtered')
        const filters = { input: { email: 'block' as const }, output: { deny_list: 'mask' as const }, deny_list: ['Scripted'] }
        await edge.registry.change('filtered', (settings) => ({ ...settings, filters }))
        const own = await edge.token({ tenant: 'filtered' })
        expectProblem(await edge.ask('/api/requests', { token: own, body: { prompt: 'Write to ann@example.com.' } }), 400)
        const asked = { model: 'scripted', messages: [{ role: 'user', content: 'Say something.' }] }
        const answer = await edge.ask('/v1/chat/completions', { token: own, body: asked })
        expect(answer.status).toBe(200)
        expect(answer.text).not.toContain('Scripted')
        expect((await edge.ask('/v1/chat/completions', { token, body: asked })).text).toContain('Scripted')
      })
    })

    it('an answer that streams comes in parts, to its end', async () => {
      const body = { model: 'scripted', stream: true, messages: [{ role: 'user', content: 'Say something.' }] }
      const answer = await edge.ask('/v1/chat/completions', { token, body })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/event-stream')])
      const parts = answer.text.split('\n\n').filter((part) => part.startsWith('data: '))
      expect(parts.length).toBeGreaterThan(2)
      expect(parts.at(-1)).toBe('data: [DONE]')
      const texts = parts.slice(0, -1).map((part) => JSON.parse(part.slice(6)).choices[0]?.delta.content ?? '')
      expect(texts.join('')).toMatch(/^Scripted /)
    })

    it('[X75] metrics count by route and status, and hold nobody', async () => {
      await edge.ask('/api/requests/count-me', { token })
      const answer = await edge.ask('/metrics', { token })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)])
      expect(answer.text).toMatch(/http_server_request_duration(?:_seconds)?_count\{[^}]*http_route="\/api\/requests"[^}]*\} \d+/)
      expect(answer.text).toMatch(/http_response_status_code="404"/)
      for (const word of ['demo', 'count-me', 'ann']) expect(answer.text).not.toMatch(new RegExp(`"${word}"`))
    })

    it('[X18] a trace is found by the caller’s own correlation id, within the tenant', async () => {
      await edge.ask('/api/requests?limit=1', { token, headers: { 'x-correlation-id': 'edge-trace' } })
      const { body, status } = await edge.ask<{ spans: { name: string }[] }>('/api/traces/edge-trace', { token })
      expect([status, body.spans.map((span) => span.name)]).toEqual([200, ['GET /api/requests']])
      await edge.registry.create('tracer', 'Tracer')
      const other = await edge.token({ tenant: 'tracer' })
      expectProblem(await edge.ask('/api/traces/edge-trace', { token: other }), 404, 'not_found')
    })
  })
}
