import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { arrivalOf, type ProxyEvent, writeAnswer } from '../src/lambda-exchange.ts'

function event(parts: Partial<ProxyEvent> = {}): ProxyEvent {
  return { httpMethod: 'GET', path: '/api/requests', multiValueHeaders: null, multiValueQueryStringParameters: null, ...parts }
}

async function written(answer: Parameters<typeof writeAnswer>[1], head = false): Promise<{ head: unknown; body: string }> {
  const response = new PassThrough()
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  await writeAnswer(response, answer, head)
  const all = Buffer.concat(chunks)
  const end = all.indexOf(Buffer.alloc(8))
  return { head: JSON.parse(all.subarray(0, end).toString()), body: all.subarray(end + 8).toString() }
}

describe("a request of API Gateway's", () => {
  it('is read with its query, its headers and its body', async () => {
    const arrival = arrivalOf(
      event({
        httpMethod: 'POST',
        path: '/api/requests/a%2Fb',
        multiValueQueryStringParameters: { type: ['a b&c', 'd'], limit: ['5'] },
        multiValueHeaders: { Authorization: ['Bearer x'], 'X-Odd': ['1', '2'], Cookie: ['a=1', 'b=2'], 'X-Api-Key': ['plk_x'] },
        body: Buffer.from('{"prompt":"ü"}').toString('base64'),
        isBase64Encoded: true,
      }),
    )
    expect(arrival).toMatchObject({ method: 'POST', path: '/api/requests/a%2Fb', hasBody: true })
    expect([arrival?.query.getAll('type'), arrival?.query.get('limit')]).toEqual([['a b&c', 'd'], '5'])
    const names = ['authorization', 'x-odd', 'cookie', 'x-api-key', 'x-absent']
    expect(names.map((name) => arrival?.header(name))).toEqual(['Bearer x', '1, 2', 'a=1; b=2', 'plk_x', undefined])
    const body: Uint8Array[] = []
    await arrival?.collect((chunk) => void body.push(chunk))
    expect(Buffer.concat(body).toString()).toBe('{"prompt":"ü"}')
  })

  it('without anything has neither query nor body, and a path that leads elsewhere is normalised', () => {
    expect(arrivalOf(event())).toMatchObject({ path: '/api/requests', hasBody: false })
    expect(arrivalOf(event({ path: '/healthz/../api/requests' }))?.path).toBe('/api/requests')
  })
})

describe('an answer in the form that a streaming integration reads', () => {
  it('is status and headers, eight zero bytes, and the body', async () => {
    const answer = { status: 202, headers: { 'content-type': 'application/json' }, body: '{"a":1}' }
    expect(await written(answer)).toEqual({
      head: { statusCode: 202, headers: { 'content-type': 'application/json' } },
      body: '{"a":1}',
    })
    expect((await written(answer, true)).body).toBe('')
  })

  it('streams, and ends the stream and the call when the client goes', async () => {
    const encoder = new TextEncoder()
    const pieces = ['data: 1\n\n', 'data: 2\n\n']
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const next = pieces.shift()
        if (next === undefined) controller.close()
        else controller.enqueue(encoder.encode(next))
      },
    })
    expect((await written({ status: 200, headers: {}, stream })).body).toBe('data: 1\n\ndata: 2\n\n')

    const cancelled = Promise.withResolvers<void>()
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encoder.encode('x'.repeat(1_000))),
      cancel: () => cancelled.resolve(),
    })
    const response = new PassThrough()
    const over = writeAnswer(response, { status: 200, headers: {}, stream: endless }, false)
    response.once('data', () => response.destroy())
    await cancelled.promise
    await over
  })
})
