/**
 * The HTTP server around a contender: POST /api/requests answers 202 once the request is durable, workers are in the same
 * process. It does the least that the contract asks for: token, JSON, prompt, idempotency key.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { loadContender } from '../../contenders/contenders.mjs'

const { name, edge, token, settings } = JSON.parse(process.argv[2])
const { open } = await loadContender(name)
const contender = await open(settings)
let accepted = 0
let done = 0
await contender.work(() => {
  done++
})

async function accept(authorization, key, text) {
  if (authorization !== `Bearer ${token}`) return { status: 401, body: { code: 'token_invalid' } }
  const body = JSON.parse(text)
  if (typeof body.prompt !== 'string' || body.prompt === '') return { status: 400, body: { code: 'invalid_input' } }
  const id = key ?? randomUUID()
  await contender.submit({ key: id, prompt: body.prompt, tenant: 'demo' })
  accepted++
  const at = new Date(Date.now() + 2_000).toISOString()
  return {
    status: 202,
    body: { request_id: id, status: 'processing', estimated_completion: '2 seconds', estimated_completion_at: at },
  }
}

const stats = () => ({ accepted, done })

function honoListener() {
  const app = new Hono()
  app.post('/api/requests', async (context) => {
    const { status, body } = await accept(
      context.req.header('authorization'),
      context.req.header('idempotency-key'),
      await context.req.text(),
    )
    return context.json(body, status)
  })
  app.get('/stats', (context) => context.json(stats()))
  return getRequestListener(app.fetch)
}

function bareListener(request, response) {
  const answer = ({ status, body }) => {
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  }
  if (request.method === 'GET') return answer({ status: 200, body: stats() })
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    accept(request.headers.authorization, request.headers['idempotency-key'], Buffer.concat(parts).toString()).then(
      answer,
      (error) => answer({ status: 500, body: { code: error.message } }),
    )
  })
}

const server = createServer(edge === 'bare' ? bareListener : honoListener())
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, pid: process.pid }))
})
process.once('SIGTERM', () => process.exit(0))
