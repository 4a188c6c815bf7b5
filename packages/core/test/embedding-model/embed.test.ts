import { APICallError, type EmbeddingModelV4CallOptions } from '@ai-sdk/provider'
import { SpanStatusCode } from '@opentelemetry/api'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { type EmbeddingCall, type Embeddings, embedTexts, ModelFailure, newTenant } from '../../src/index.ts'
import { type EmbeddingScript, FakeClock, type ScriptedModels, scriptedModels } from '../../src/testing/index.ts'
import { tickMilliseconds } from '../../src/ticker.ts'
import { TelemetryBench } from '../telemetry-bench.ts'

const telemetry = new TelemetryBench().register()
beforeEach(() => telemetry.clear())

interface Asked {
  readonly clock: FakeClock
  readonly models: ScriptedModels
  readonly answer: Promise<Embeddings>
}

/** Asks the scripted model, which takes three texts a call. */
function ask(texts: readonly string[], parts: Partial<EmbeddingCall> = {}, script?: EmbeddingScript): Asked {
  const clock = new FakeClock()
  const models = scriptedModels(() => '', script)
  const caller = { tenant: 'alpha', user: 'ada', correlationId: 'c-1', permissions: new Set() }
  // A call looks at nothing else of a scope than who calls, and what time it is.
  const scope = { caller, tenant: newTenant('alpha', 'Alpha', 0), clock } as unknown as Parameters<typeof embedTexts>[0]
  const resolved = models.resolveEmbedding()
  const answer = embedTexts(scope, { resolved, texts, requestId: 'request-1', timeout: 10_000, ...parts })
  answer.catch(() => {})
  return { clock, models, answer }
}

/** The first number of each vector: the length of its text. */
const firsts = ({ vectors }: Embeddings): unknown[] => vectors.map(([first]) => first)

/** A model that answers when it is told to. */
function held(): { readonly script: EmbeddingScript; readonly waiting: (() => void)[]; running: number; most: number } {
  const state = { waiting: [] as (() => void)[], running: 0, most: 0, script: (() => undefined) as EmbeddingScript }
  state.script = async () => {
    state.most = Math.max(state.most, ++state.running)
    await new Promise<void>((resolve) => state.waiting.push(resolve))
    state.running--
    return undefined
  }
  return state
}

describe('making vectors', () => {
  it('hands on texts, length, purpose and a signal, and gives back vectors, tokens and price', async () => {
    const { models, clock, answer } = ask(['a', 'bcd'], { dimensions: 2, purpose: 'document' })
    expect(await answer).toEqual({
      vectors: [
        [1, 97 / 65_536],
        [3, 98 / 65_536],
      ],
      inputTokens: 4,
      usd: 4 / 1e6,
      latencyMs: 0,
      modelId: 'test/embedding',
    })
    expect(models.embeddingCalls).toEqual([
      {
        values: ['a', 'bcd'],
        dimensions: 2,
        providerOptions: { plinth: { purpose: 'document' } },
        headers: { 'x-client-request-id': 'request-1' },
        abortSignal: expect.any(AbortSignal),
      },
    ])
    await clock.advance(tickMilliseconds)
    expect(clock.timers).toBe(0)
  })

  it('says nothing of length and purpose unless it is told to', async () => {
    const { models, answer } = ask(['a'])
    expect((await answer).vectors).toEqual([[1, 97 / 65_536, 0, 0]])
    expect(Object.keys(models.embeddingCalls[0] ?? {}).sort()).toEqual(['abortSignal', 'headers', 'values'])
  })

  it('takes as many calls as there must be, and keeps the order, whatever comes back first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', maxLength: 5 }), { maxLength: 20 }),
        fc.integer({ min: 0, max: 6 }),
        fc.infiniteStream(fc.nat({ max: 3 })),
        async (texts, parallel, delays) => {
          const slow: EmbeddingScript = async () => {
            for (let turn = delays.next().value ?? 0; turn > 0; turn--) await Promise.resolve()
            return undefined
          }
          const { models, answer } = ask(texts, { parallel }, slow)
          const made = await answer
          expect(firsts(made)).toEqual(texts.map(({ length }) => length))
          expect(made.inputTokens).toBe(texts.join('').length)
          expect(models.embeddingCalls.map(({ values }) => values.length)).toEqual(
            Array.from({ length: Math.ceil(texts.length / 3) }, (_, index) => Math.min(3, texts.length - 3 * index)),
          )
        },
      ),
    )
  })

  it('asks nobody about no texts', async () => {
    const { models, answer } = ask([])
    expect(await answer).toEqual({ vectors: [], inputTokens: 0, usd: 0, latencyMs: 0, modelId: 'test/embedding' })
    expect([models.embeddingCalls, telemetry.spans, telemetry.measurements]).toEqual([[], [], []])
  })

  it.each([
    [undefined, 1],
    [1, 1],
    [3, 3],
    [99, 4],
  ])('has no more calls at once than are let: %s', async (parallel, most) => {
    const model = held()
    const { answer } = ask(Array(12).fill('x'), { parallel }, model.script)
    for (let turn = 0; turn < 12; turn++) {
      await new Promise(setImmediate)
      for (const go of model.waiting.splice(0)) go()
    }
    expect((await answer).vectors).toHaveLength(12)
    expect(model.most).toBe(most)
  })

  it('sends no half characters', async () => {
    const { models, answer } = ask(['a\ud83d', '\ude00b', '😀'])
    await answer
    expect(models.embeddingCalls[0]?.values).toEqual(['a\ufffd', '\ufffdb', '😀'])
  })

  it.each([0, -1, 9, 2.5, Number.NaN])(
    'refuses %s dimensions of a model that has 1 to 8, before anything is asked',
    async (dimensions) => {
      const { models, answer } = ask(['a'], { dimensions })
      expect(await rejection(answer)).toMatchObject({
        code: 'invalid_input',
        field: 'dimensions',
        message: expect.stringContaining('1 to 8'),
      })
      expect(models.embeddingCalls).toEqual([])
    },
  )

  it.each([undefined, Number.NaN, -1, '7', 1e12])('takes %s tokens for none, since it is no count', async (tokens) => {
    const { answer } = ask(['a'], {}, () => ({ usage: { tokens: tokens as number } }))
    expect(await answer).toMatchObject({ inputTokens: 0, usd: 0 })
  })
})

const two = ['a', 'b']

describe('vectors that make no sense', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an object', {}],
    ['fewer than there are texts', [[1]]],
    ['more than there are texts', [[1], [2], [3]]],
    ['no numbers', [['1'], ['2']]],
    ['NaN', [[1], [Number.NaN]]],
    ['something endless', [[1], [Number.POSITIVE_INFINITY]]],
    ['none', [null, null]],
    ['empty ones', [[], []]],
    ['several lengths', [[1], [1, 2]]],
  ])('are a failure: %s', async (_, embeddings) => {
    const { answer } = ask(two, {}, () => ({ embeddings: embeddings as number[][] }))
    expect(await rejection(answer)).toMatchObject({ kind: 'transient', code: 'model_answer_malformed' })
  })

  it('are a failure when one call gives other lengths than the next', async () => {
    let calls = 0
    const script: EmbeddingScript = ({ values }) => ({ embeddings: values.map(() => Array(++calls > 3 ? 5 : 4).fill(1)) })
    expect(await rejection(ask(['a', 'b', 'c', 'd'], {}, script).answer)).toMatchObject({ code: 'model_answer_malformed' })
  })

  it('are a failure for good when they are not as long as was asked for', async () => {
    const { answer } = ask(two, { dimensions: 3 }, () => ({ embeddings: [Array(4).fill(1), Array(4).fill(1)] }))
    expect(await rejection(answer)).toMatchObject({ kind: 'permanent', code: 'model_dimensions_ignored' })
  })
})

describe('making vectors that fails', () => {
  it.each([
    [429, 'throttle', 'model_throttled'],
    [402, 'quota', 'model_quota'],
    [400, 'permanent', 'model_request_refused'],
    [503, 'transient', 'model_unavailable'],
  ])('is sorted by its status: %s [X10, X19]', async (statusCode, kind, code) => {
    const fault = new APICallError({ message: 'raw', url: '', requestBodyValues: {}, statusCode })
    const failure = await rejection(ask(two, {}, () => Promise.reject(fault)).answer)
    expect(failure).toBeInstanceOf(ModelFailure)
    expect(failure).toMatchObject({ kind, code })
    expect((failure as ModelFailure).message).not.toContain('raw')
  })

  it('ends with its first fault: no more is asked, and what runs is told', async () => {
    const signals: EmbeddingModelV4CallOptions['abortSignal'][] = []
    const script: EmbeddingScript = ({ values, abortSignal }) => {
      signals.push(abortSignal)
      return values[0] === 'bad' ? Promise.reject(new Error('raw')) : new Promise(() => {})
    }
    const texts = ['a', 'a', 'a', 'bad', 'b', 'b', 'c', 'c', 'c']
    const { answer } = ask(texts, { parallel: 2 }, script)
    expect(await rejection(answer)).toMatchObject({ code: 'model_failed' })
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
  })

  it('asks for no more when a call that ran beside comes back after the fault', async () => {
    const beside = held()
    const script: EmbeddingScript = (call) => (call.values[0] === 'bad' ? Promise.reject(new Error('raw')) : beside.script(call))
    const { models, answer } = ask(['a', 'a', 'a', 'bad', 'b', 'b', 'c', 'c', 'c'], { parallel: 2 }, script)
    await rejection(answer)
    for (const go of beside.waiting.splice(0)) go()
    await new Promise(setImmediate)
    expect(models.embeddingCalls).toHaveLength(2)
  })

  it('is ended when it takes too long, all calls together [X10]', async () => {
    const model = held()
    const { clock, models, answer } = ask(Array(6).fill('x'), {}, model.script)
    await clock.advance(6_000)
    for (const go of model.waiting.splice(0)) go()
    await clock.advance(4_000)
    expect(models.embeddingCalls.map(({ abortSignal }) => abortSignal?.aborted)).toEqual([false, false])
    await clock.advance(tickMilliseconds)
    expect(await rejection(answer)).toMatchObject({ kind: 'transient', code: 'model_timeout' })
    expect(models.embeddingCalls.at(-1)?.abortSignal?.aborted).toBe(true)
    await clock.advance(tickMilliseconds)
    expect(clock.timers).toBe(0)
  })

  it("ends with the signal's reason when it is aborted, before or while it runs, and is no failure [X7]", async () => {
    const controller = new AbortController()
    const running = ask(two, { signal: controller.signal }, () => new Promise(() => {}))
    await new Promise(setImmediate)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await rejection(running.answer)).toBe(reason)
    expect(running.models.embeddingCalls[0]?.abortSignal?.aborted).toBe(true)
    const late = ask(two, { signal: controller.signal })
    expect(await rejection(late.answer)).toBe(reason)
    expect(late.models.embeddingCalls).toEqual([])
    expect(telemetry.measurements).toEqual([])
  })
})

describe('the telemetry of embeddings', () => {
  const request = { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'test/embedding' }

  it('is one span for all calls, in the words of the GenAI conventions, without content [X17, X75]', async () => {
    await ask(['CANARY', 'b', 'c', 'd'], { dimensions: 5 }).answer
    expect(telemetry.spans).toEqual([
      {
        name: 'embeddings test/embedding',
        attributes: {
          ...request,
          'plinth.tenant_id': 'alpha',
          'plinth.correlation_id': 'c-1',
          'gen_ai.provider.name': 'test',
          'gen_ai.response.model': 'test/embedding',
          'gen_ai.embeddings.dimension.count': 5,
          'gen_ai.usage.input_tokens': 9,
        },
        status: undefined,
        ended: 1,
        more: [],
      },
    ])
    expect(telemetry.measurements).toEqual([
      { instrument: 'gen_ai.client.operation.duration', value: 0, attributes: request },
      { instrument: 'gen_ai.client.token.usage', value: 9, attributes: { ...request, 'gen_ai.token.type': 'input' } },
      { instrument: 'plinth.model.cost', value: 9 / 1e6, attributes: request },
    ])
  })

  it('of a failure has its code, and how long it took [X10, X19, X75]', async () => {
    const { clock, answer } = ask(['CANARY'], {}, () => new Promise(() => {}))
    await clock.advance(11_000)
    expect(await rejection(answer)).toMatchObject({ code: 'model_timeout' })
    expect(telemetry.spans).toMatchObject([{ status: { code: SpanStatusCode.ERROR, message: 'model_timeout' }, ended: 1 }])
    expect(telemetry.measurements).toEqual([
      {
        instrument: 'gen_ai.client.operation.duration',
        value: expect.closeTo(10, 0),
        attributes: { ...request, 'error.type': 'model_timeout' },
      },
    ])
    expect(JSON.stringify([telemetry.spans, telemetry.measurements])).not.toContain('CANARY')
  })
})
