/** The floor of what a gateway on Node.js can cost: it passes bytes on and looks at nothing. @module */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const { Pool } = createRequire(new URL('../../../packages/models/package.json', import.meta.url))('undici')
const upstream = new Pool(process.argv[2], { connections: 128, pipelining: 1 })
const passed = ({ 'content-type': type, 'content-length': length }) => ({
  'content-type': type,
  ...(length && { 'content-length': length }),
})

const server = createServer((request, response) => {
  const { url: path, method, headers } = request
  upstream.stream(
    { path, method, headers: passed(headers), body: request, opaque: response },
    ({ statusCode, headers: answered, opaque }) => opaque.writeHead(statusCode, passed(answered)),
    (error) => {
      if (error && !response.headersSent) response.writeHead(502).end()
    },
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })))
