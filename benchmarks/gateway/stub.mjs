/** A provider that answers at once, in OpenAI's form: whole, or as 20 pieces that come all together. @module */
import { createServer } from 'node:http'

const usage = { prompt_tokens: 12, completion_tokens: 80, total_tokens: 92 }
const head = { id: 'chatcmpl-1', created: 1, model: 'stub' }
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(8)
const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage,
})
const event = (delta, finish_reason, more) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`
const pieces = `${event({ content: 'quick brown ' }, null).repeat(20)}${event({}, 'stop', { usage })}data: [DONE]\n\n`

const server = createServer((request, response) => {
  let streamed = false
  request.on('data', (chunk) => {
    streamed ||= chunk.includes('"stream":true')
  })
  request.on('end', () => {
    if (streamed) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(pieces)
    else response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(whole) }).end(whole)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })))
