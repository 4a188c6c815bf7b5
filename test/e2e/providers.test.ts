import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { answerOf, BedrockStub, eventsOf, hello } from '../../packages/models/test/bedrock-stub.ts'
import { chunks, errorBody, OpenAIStub, text } from '../../packages/models/test/openai-stub.ts'
import { call, type Page } from './support/api.ts'
import { filesWith } from './support/files.ts'
import { PlinthProcess, type RunningPlinth, serverEnvironment, startPlinth } from './support/plinth-process.ts'
import { accept, reach, show } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'bedrock-secret', sessionToken: 'bedrock-session' }
const region = 'eu-central-1'
const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const arn = `arn:aws:bedrock:${region}:123456789012:inference-profile/eu.${haiku}`
const retired = 'anthropic.claude-3-5-sonnet-20241022-v2:0'

/** Events of a request as a client sees them, until it ends or there are enough. */
async function follow(
  server: { readonly url: string },
  token: string,
  id: string,
  enough: (seen: string) => boolean = (seen) => /^event: (?:done|error)$/m.test(seen),
): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${server.url}/api/requests/${id}/events`, { headers, signal: AbortSignal.timeout(20_000) })
  let seen = ''
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    seen += part
    if (seen.endsWith('\n\n') && enough(seen)) break
  }
  return seen
}

/** The text that the token events add up to. */
function tokensOf(events: string): string {
  return [...events.matchAll(/^event: token\ndata: (.*)$/gm)]
    .map(([, data = '{}']) => (JSON.parse(data) as { readonly text: string }).text)
    .join('')
}

interface Letter {
  readonly request_id: string
  readonly reason: string
}

describe('a server with an OpenAI-compatible model', () => {
  let stub: OpenAIStub
  let server: RunningPlinth
  let token: string
  const folder = temporaryFolder()
  const environment = { PLINTH_MODEL: 'openai-compatible/llama3.2', PLINTH_MODEL_API_KEY: 'a-secret-of-mine' }

  beforeAll(async () => {
    stub = await OpenAIStub.start()
    server = await startPlinth(folder, { ...environment, PLINTH_MODEL_BASE_URL: stub.url })
    token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
  })
  beforeEach(() => stub.reset())
  afterAll(() => stub.close())

  it('answers by it: default, by name, and for a Bedrock id; with text as it comes [R8, R14]', async () => {
    expect(server.model).toBe('openai-compatible/llama3.2')
    const own = await accept(server, token, { prompt: 'Grüß Gott', max_tokens: 50 })
    expect(tokensOf(await follow(server, token, own))).toBe(text)
    expect(await show(server, token, own)).toMatchObject({
      status: 'completed',
      model_id: 'openai-compatible/llama3.2',
      attempts: 1,
      result: { text, stop_reason: 'end_turn', model_id: 'openai-compatible/llama3.2' },
      usage: { input_tokens: 19, output_tokens: 10, usd: 0 },
    })
    expect(stub.calls[0]).toMatchObject({
      headers: { authorization: 'Bearer a-secret-of-mine', 'idempotency-key': `demo:${own}:1` },
      body: { model: 'llama3.2', messages: [{ role: 'user', content: 'Grüß Gott' }], max_tokens: 50, stream: true },
    })
    const named = await accept(server, token, { prompt: 'x', model_id: 'openai-compatible/llama3.2' })
    expect((await reach(server, token, named, 'completed')).result?.text).toBe(text)
    const foreign = await accept(server, token, { prompt: 'x', model_id: `us.${haiku}` })
    expect(await reach(server, token, foreign, 'completed')).toMatchObject({
      model_id: haiku,
      result: { model_id: 'openai-compatible/llama3.2' },
      // Four of its tokens were read from a cache, at a tenth.
      usage: { usd: (15 * 1 + 4 * 0.1 + 10 * 5) / 1e6 },
    })
    const other = await call(server.url, '/api/requests', { token, body: { prompt: 'x', model_id: 'openai-compatible/other' } })
    expect([other.status, other.body.code]).toEqual([400, 'model_unknown'])
  })

  it('shows the text while it comes', async () => {
    let goOn: () => void = () => {}
    const paused = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const half = chunks().length / 2
    stub.reply({ stream: [...chunks().slice(0, half), paused, ...chunks().slice(half)] })
    const id = await accept(server, token, { prompt: 'x' })
    const following = follow(server, token, id, (seen) => tokensOf(seen) !== '')
    const before = tokensOf(await following)
    expect(text.startsWith(before)).toBe(true)
    expect((await show(server, token, id)).status).toBe('processing')
    goOn()
    expect((await reach(server, token, id, 'completed')).result?.text).toBe(text)
  })

  it('waits when it is told to slow down, without using up a retry [X9]', async () => {
    stub.reply({ status: 429, body: errorBody('m', 'requests', 'rate_limit_exceeded'), headers: { 'retry-after': '2' } })
    const id = await accept(server, token, { prompt: 'x' })
    const shown = await reach(server, token, id, 'completed')
    expect(shown).toMatchObject({ attempts: 2, result: { text } })
    const at = (type: string): number => Date.parse(shown.timeline.findLast((entry) => entry.type === type)?.at ?? '')
    expect(shown.timeline.map(({ type }) => type)).toContain('throttled')
    expect(at('started') - at('throttled')).toBeGreaterThanOrEqual(2_000)
    expect(new Set(stub.calls.map((each) => each.headers['idempotency-key']))).toEqual(new Set([`demo:${id}:1`]))
  })

  it('gives up at a spent quota, keeps it as a dead letter, and redrives it [X11]', async () => {
    stub.reply({ status: 429, body: errorBody('Your words', 'insufficient_quota', 'insufficient_quota') })
    const id = await accept(server, token, { prompt: 'x' })
    const failed = await reach(server, token, id, 'failed')
    expect(failed).toMatchObject({ attempts: 1, error: { code: 'model_quota', retryable: false } })
    expect(JSON.stringify(failed)).not.toContain('Your words')
    const letters = await call<Page<Letter>>(server.url, '/api/dead-letters', { token })
    expect(letters.body.items).toContainEqual(expect.objectContaining({ request_id: id, reason: 'model_quota' }))
    const redriven = await call(server.url, `/api/dead-letters/${id}/redrive`, { token, method: 'POST' })
    expect(redriven.status).toBe(202)
    expect((await reach(server, token, id, 'completed')).result?.text).toBe(text)
    expect(stub.calls.at(-1)?.headers['idempotency-key']).toBe(`demo:${id}:2`)
  })

  it('goes on after a kill in the middle of an answer, under the same key [X7]', async () => {
    stub.reply('silence')
    const id = await accept(server, token, { prompt: 'x' })
    await until('the call', () => stub.calls.length === 1)
    await server.process.kill()
    server = await startPlinth(folder, { ...environment, PLINTH_MODEL_BASE_URL: stub.url })
    expect((await reach(server, token, id, 'completed')).result?.text).toBe(text)
    expect(stub.calls.map((each) => each.headers['idempotency-key'])).toEqual([`demo:${id}:1`, `demo:${id}:1`])
  })

  it('reports what breaks, and keeps the key to itself', async () => {
    stub.reply({ stream: [...chunks().slice(0, 3), 'reset'] }, { status: 401, body: errorBody('m', 'x', 'invalid_api_key') })
    const id = await accept(server, token, { prompt: 'x' })
    expect(await reach(server, token, id, 'failed')).toMatchObject({ attempts: 2, error: { code: 'model_access_denied' } })
    expect(server.process.stdout + server.process.stderr).not.toContain('a-secret-of-mine')
    expect(filesWith(folder, 'a-secret-of-mine')).toEqual([])
  })
})

describe('a server with a model of Bedrock', () => {
  let stub: BedrockStub
  let server: RunningPlinth
  let token: string

  beforeAll(async () => {
    stub = await BedrockStub.start({ region, credentials: keys })
    const folder = temporaryFolder()
    server = await startPlinth(folder, {
      PLINTH_MODEL: `bedrock/eu.${haiku}`,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stub.url,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    })
    token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
  })
  beforeEach(() => stub.reset())
  afterAll(() => stub.close())

  it.each([
    [undefined, `bedrock/eu.${haiku}`, `eu.${haiku}`, 46],
    [`us.${haiku}`, `us.${haiku}`, `us.${haiku}`, 46],
    [arn, arn, `eu.${haiku}`, 46],
    [retired, retired, retired, 138],
  ])('calls the model as it was asked for: %s [R8, R14, X74]', async (model_id, kept, answeredBy, microdollars) => {
    const id = await accept(server, token, { prompt: 'Hello', ...(model_id !== undefined && { model_id }) })
    expect(tokensOf(await follow(server, token, id))).toBe(hello.output?.message?.content?.[0]?.text)
    expect(await show(server, token, id)).toMatchObject({
      model_id: kept,
      result: { model_id: answeredBy, stop_reason: 'end_turn' },
      usage: { input_tokens: 11, output_tokens: 7, usd: microdollars / 1e6 },
    })
    expect(stub.calls[0]).toMatchObject({ operation: 'converse-stream', modelId: kept.replace('bedrock/', '') })
    expect(stub.calls[0]?.body).toMatchObject({ inferenceConfig: { maxTokens: 1_000 } })
  })

  it('waits when it is throttled, before and in the middle of a stream [X9]', async () => {
    stub.reply(
      { fault: 'ThrottlingException', headers: { 'retry-after': '1' } },
      { stream: [...eventsOf(hello).slice(0, 3), { exception: 'ThrottlingException' }] },
      { stream: eventsOf(answerOf('Done at last.')) },
    )
    const id = await accept(server, token, { prompt: 'x' })
    const shown = await reach(server, token, id, 'completed')
    expect(shown).toMatchObject({ attempts: 3, result: { text: 'Done at last.' } })
    expect(shown.timeline.filter(({ type }) => type === 'throttled')).toHaveLength(2)
  })

  it('tells a quota from a throttle, and a refusal from a fault [X11]', async () => {
    const seen: Record<string, unknown> = {}
    for (const fault of ['ServiceQuotaExceededException', 'ValidationException', 'AccessDeniedException'] as const) {
      stub.reply({ fault })
      const { attempts, error } = await reach(server, token, await accept(server, token, { prompt: 'x' }), 'failed')
      seen[fault] = [attempts, error?.code]
    }
    expect(seen).toEqual({
      ServiceQuotaExceededException: [1, 'model_quota'],
      ValidationException: [1, 'model_request_refused'],
      AccessDeniedException: [1, 'model_access_denied'],
    })
    const letters = await call<Page<Letter>>(server.url, '/api/dead-letters', { token })
    expect(letters.body.items.map(({ reason }) => reason).sort()).toEqual([
      'model_access_denied',
      'model_quota',
      'model_request_refused',
    ])
  })
})

describe('what a provider lacks is said before anything is made', () => {
  it.each([
    [{ PLINTH_MODEL: 'openai-compatible/llama3.2' }, 'PLINTH_MODEL_BASE_URL'],
    [{ PLINTH_MODEL: `bedrock/${haiku}` }, 'AWS_REGION'],
    [{ PLINTH_MODEL: 'bedrock/anthropic.claude-99', AWS_REGION: region }, 'PLINTH_MODEL'],
  ])('%j', async (environment, variable) => {
    const started = new PlinthProcess(['start'], { environment: serverEnvironment(`${temporaryFolder()}/data`, environment) })
    expect(await started.exited).toEqual({ code: 1, signal: null })
    expect(started.stderr).toContain(variable)
    expect(started.stderr).not.toMatch(/\n\s+at /)
  })
})
