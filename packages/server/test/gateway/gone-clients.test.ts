/** Clients that leave before anybody asks for the body that they had begun to send. */
import { createServer } from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { Answer, Arrival } from '../../src/exchange.ts'
import { nodeListener } from '../../src/node-listener.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const empty = (): Answer => ({ status: 204, headers: {} })

/** Asks for each body when its client is gone. @returns how that ends, and how to serve. */
function askingLate(): {
  readonly listener: ReturnType<typeof nodeListener>
  readonly begun: Promise<void>
  readonly end: Promise<string>
} {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<string>()
  const handle = async (arrival: Arrival): Promise<Answer> => {
    const gone = arrival.gone?.()
    begun.resolve()
    await new Promise<void>((resolve) => gone?.addEventListener('abort', () => resolve()))
    // Until all who are told that it is gone were told.
    await new Promise(setImmediate)
    const taken = arrival.collect(() => {})
    end.resolve(
      await taken.then(
        () => 'whole',
        (error: Error) => error.message,
      ),
    )
    return empty()
  }
  return { listener: nodeListener(handle, empty), begun: begun.promise, end: end.promise }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

it.each(['{"a', '{"a": 1}'])('a body whose client is gone before it is read breaks off, over HTTP/1.1: %s', async (sent) => {
  const { listener, begun, end } = askingLate()
  const socket = connect(await listen(createServer(listener)), '127.0.0.1')
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n${sent}`)
  await begun
  socket.destroy()
  expect(await end).toBe('The body broke off.')
})

it('a body whose client is gone before it is read breaks off, over HTTP/2', async () => {
  const { listener, begun, end } = askingLate()
  const session = connectHttp2(`http://127.0.0.1:${await listen(createHttp2Server(listener as never))}`)
  closers.push(() => session.destroy())
  const request = session.request({ ':method': 'POST', ':path': '/' })
  request.on('error', () => {})
  request.write('{"a')
  await begun
  request.close(constants.NGHTTP2_CANCEL)
  expect(await end).toBe('The body broke off.')
})

it('a stream that is not wanted, and fails when it is told so, harms nobody', async () => {
  const cancelled = Promise.withResolvers<void>()
  const stream = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled.resolve()
      throw new Error('It can not be ended.')
    },
  })
  const port = await listen(createServer(nodeListener(async () => ({ status: 200, headers: {}, stream }), empty)))
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' })
  await cancelled.promise
  await new Promise(setImmediate)
  expect(response.status).toBe(200)
})
