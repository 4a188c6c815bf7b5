/** What the function behind the API measures, and where its spans go; on AWS's services as moto has them. */
import { PassThrough, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { LocalIssuer, type Operator } from '@plinth/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeWithMoto, motoVariables } from '../../packages/aws/test/support/moto.ts'
import type { RestApi } from '../../packages/cdk/test/support/rest-api.ts'
import { Collector } from '../../packages/outbound/test/collector.ts'
import { apiOfFunctions } from './support/aws.ts'

type Line = Readonly<Record<string, unknown>>

const question = { model: 'scripted', messages: [{ role: 'user', content: 'CANARY of the question' }], max_tokens: 50 }

describeWithMoto("[R123] [X75] the API's function", (moto) => {
  let collector: Collector
  let api: RestApi
  let operator: Operator
  let token: string
  const lines: Line[] = []

  beforeAll(async () => {
    collector = await Collector.open()
    const variables = { PLINTH_MODEL: 'scripted', AWS_LAMBDA_FUNCTION_NAME: 'plinth-api' }
    const where = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    ;({ api, operator } = await apiOfFunctions({ ...motoVariables(moto.endpoint), ...variables, ...where }))
    await api.ask({ path: '/readyz' })
    const issuer = await LocalIssuer.open(operator)
    token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 3_600 })
  })
  beforeEach(() => {
    lines.length = 0
    const write = process.stdout.write.bind(process.stdout) as (text: string) => boolean
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      if (!String(text).includes('"_aws"')) return write(String(text))
      lines.push(JSON.parse(String(text)))
      return true
    })
  })
  afterEach(() => vi.restoreAllMocks())
  afterAll(() => collector?.close())

  const ask = (correlation: string, stream: boolean) =>
    api.ask({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-correlation-id': correlation },
      body: { ...question, stream },
    })

  it.each([
    ['whole', false],
    ['in parts', true],
  ])('tells of a model that answered %s, once, when all of it was written, and names nobody', async (_, stream) => {
    const correlation = `c-${stream}`
    const { status, body } = await ask(correlation, stream)
    expect([status, lines.length]).toEqual([200, 1])
    if (stream) expect(body).toContain('[DONE]')
    const [{ InputTokens, OutputTokens, ModelDuration, ...line } = {}] = lines
    expect(line).toMatchObject({ Pattern: 'api', ModelCost: [0] })
    for (const tokens of [InputTokens, OutputTokens]) expect(Number(tokens)).toBeGreaterThan(0)
    expect(ModelDuration).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toMatch(/demo|ada|scripted|CANARY/)
    const spans = collector.of(correlation)
    expect(spans.map(({ name }) => name)).toContain('POST /v1/chat/completions')
    for (const { service } of spans) expect(service).toBe('plinth-api')
    expect(JSON.stringify(spans)).not.toContain('CANARY')
  })

  it('writes nothing of a call in which no model was asked', async () => {
    expect((await api.ask({ path: '/healthz' })).status).toBe(200)
    expect(lines).toEqual([])
  })

  it('also tells of what it did when whoever asked is gone in the middle', async () => {
    const { handler } = (await import('../../packages/server/src/lambda.ts')) as {
      handler: (...given: unknown[]) => Promise<void>
    }
    const response = Object.assign(new PassThrough({ highWaterMark: 1 }), { setContentType() {} })
    const correlation = 'c-gone'
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-correlation-id': correlation }
    const over = handler(
      {
        httpMethod: 'POST',
        path: '/v1/chat/completions',
        multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
        body: JSON.stringify({ ...question, stream: true }),
        isBase64Encoded: false,
      },
      response satisfies Writable,
    )
    response.once('data', () => response.destroy())
    await over
    expect(collector.of(correlation).map(({ name }) => name)).toContain('POST /v1/chat/completions')
  })

  it('answers as soon, and as well, when the collector hangs', async () => {
    collector.hangs = true
    const response = Object.assign(new PassThrough(), { setContentType() {} })
    const { handler } = (await import('../../packages/server/src/lambda.ts')) as {
      handler: (...given: unknown[]) => Promise<void>
    }
    const event = {
      httpMethod: 'GET',
      path: '/api/requests',
      multiValueHeaders: { authorization: [`Bearer ${token}`] },
      body: null,
    }
    let isOver = false
    const over = handler(event, response).then(() => {
      isOver = true
    })
    expect((await buffer(response)).toString()).toContain('"statusCode":200')
    expect(isOver).toBe(false)
    await over
    // It isn't asked again for a while, so that nothing waits.
    const asked = collector.asked.length
    expect((await api.ask({ path: '/api/requests', headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
    expect(collector.asked.length).toBe(asked)
  })
})
