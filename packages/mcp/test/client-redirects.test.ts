import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { openSource, signal } from './support/open-source.ts'

const opened: Server[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A server on a socket, with what it was sent: first lines, headers and bodies. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, origin: string) => void) {
  const seen: string[] = []
  let origin = ''
  const server = createServer(async (request, response) => {
    const body = await text(request)
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`)
    answer(request, response, origin)
  })
  opened.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, seen }
}

const json = (response: ServerResponse, body: object): unknown =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

describe('a redirect of whoever gives out tokens', () => {
  it.each([301, 302, 303, 307, 308])('by %i leads the secret nowhere else [X64]', async (status) => {
    const elsewhere = await serve((_, response) => json(response, { access_token: 'theirs', token_type: 'bearer' }))
    const issuer = await serve(({ url }, response, origin) => {
      if (url === '/token') return void response.writeHead(status, { location: `${elsewhere.origin}/token` }).end()
      if (url?.startsWith('/.well-known/oauth-protected-resource'))
        return void json(response, { resource: `${origin}/mcp`, authorization_servers: [origin] })
      if (url?.startsWith('/.well-known/'))
        return void json(response, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          response_types_supported: ['code'],
          grant_types_supported: ['client_credentials'],
          token_endpoint_auth_methods_supported: ['client_secret_post'],
        })
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    })
    const oauth = { issuer: issuer.origin, clientId: 'plinth', clientSecret: 'CLIENT-SECRET' }
    const source = openSource({ h: { url: `${issuer.origin}/mcp`, oauth } })
    await expect(source.call('alpha', 'h.t', {}, { key: 'k', signal })).rejects.toMatchObject({ name: 'ToolSourceError' })
    // It did come as far as the secret, at the place that whoever runs Plinth named.
    expect(issuer.seen.filter((one) => one.startsWith('POST /token')).join()).toContain('CLIENT-SECRET')
    expect(elsewhere.seen).toEqual([])
  })
})
