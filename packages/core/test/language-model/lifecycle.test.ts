import { describe, expect, it } from 'vitest'
import { classifyFailure, type ModelEntry, type Models, mayAskAnother, priceOf, warnOfLifecycles } from '../../src/index.ts'
import { scriptedModels } from '../../src/testing/index.ts'

const { entry: active, model } = scriptedModels(() => '').resolve()
const entryOf = (lifecycle: ModelEntry['lifecycle']): ModelEntry => ({ ...active, lifecycle })
const retired = entryOf({ status: 'retired', retired: '2025-10-28', successor: 'test/other' })
const legacy = entryOf({ status: 'legacy', retired: '2027-01-31' })
const fault = (name: string, status?: number): Error =>
  Object.assign(new Error('raw words'), { name }, status && { $metadata: { httpStatusCode: status } })

describe('a model that its provider serves no more [X74]', () => {
  it.each([
    ['retired', retired, 'test/model, which was retired on 2025-10-28. Its maker names test/other in its place.'],
    ['legacy', legacy, 'test/model, which is to be retired on 2027-01-31.'],
    ['active', active, 'test/model.'],
  ])('is told with its day, and with what to ask instead: %s', (_, entry, words) => {
    const failure = classifyFailure(fault('ResourceNotFoundException', 404), { entry, model })
    expect(failure).toMatchObject({ kind: 'permanent', code: 'model_gone', retryable: false })
    expect(failure.message).toBe(`The provider does not serve ${words}`)
  })

  it('is told of without more where nobody knows which it is, or another stood in for it', () => {
    const stranger = { entry: retired, model: { provider: 'another' } }
    for (const asked of [undefined, stranger])
      expect(classifyFailure(fault('ResourceNotFoundException'), asked).message).toBe('The provider does not serve this model.')
  })

  it.each(['ValidationException', 'SomethingNewException'])('is gone whatever it is refused by: %s', (name) => {
    expect(classifyFailure(fault(name, 400), { entry: retired, model }).code).toBe('model_gone')
    for (const entry of [active, legacy])
      expect(classifyFailure(fault(name, 400), { entry, model }).code).toBe('model_request_refused')
    expect(classifyFailure(fault(name, 400), { entry: retired, model: { provider: 'another' } }).code).toBe(
      'model_request_refused',
    )
  })

  it.each([
    ['a throttle', fault('ThrottlingException', 429), 'model_throttled'],
    ['a fault', fault('InternalServerException', 500), 'model_unavailable'],
    ['no access', fault('AccessDeniedException', 403), 'model_access_denied'],
    ['a body that is too large', fault('ValidationException', 413), 'model_request_refused'],
  ])('is asked like any other as long as it answers: %s', (_, error, code) => {
    expect(classifyFailure(error, { entry: retired, model }).code).toBe(code)
  })
})

it.each([
  ['ResourceNotFoundException', true],
  ['AccessDeniedException', true],
  ['ThrottlingException', true],
  ['ServiceQuotaExceededException', true],
  ['InternalServerException', true],
  ['ValidationException', false],
  ['ContentFilteredException', false],
])('another model may answer after %s: %s', (name, may) => {
  expect(mayAskAnother(classifyFailure(fault(name)))).toBe(may)
})

describe('what is warned of when a Plinth starts [X74]', () => {
  function modelsOf(
    language: ModelEntry,
    { embedding = active, reranking }: { embedding?: ModelEntry; reranking?: ModelEntry } = {},
  ): Models {
    const base = scriptedModels(() => '')
    return {
      ...base,
      resolve: () => ({ ...base.resolve(), entry: language }),
      resolveEmbedding: () => ({ ...base.resolveEmbedding(), entry: embedding }),
      ...(reranking && {
        resolveReranking: () => ({ ...base.resolveEmbedding(), entry: reranking, model: { ...model } as never }),
      }),
    }
  }

  function warned(models: Models): readonly object[] {
    const lines: object[] = []
    warnOfLifecycles(models, { warn: (fields, message) => lines.push({ ...fields, message }) })
    return lines
  }
  const message = 'A model that is configured is legacy or retired.'

  it('are the models that are configured and at their end, each once', () => {
    expect(warned(modelsOf(active))).toEqual([])
    expect(warned(modelsOf(legacy, { embedding: retired, reranking: { ...legacy, id: 'test/rerank' } }))).toEqual([
      { model: 'test/model', status: 'legacy', retired: '2027-01-31', message },
      { model: 'test/model', status: 'retired', retired: '2025-10-28', successor: 'test/other', message },
      { model: 'test/rerank', status: 'legacy', retired: '2027-01-31', message },
    ])
  })

  it('is none for which another stands in', () => {
    expect(warned(modelsOf({ ...retired, provider: 'another' }))).toEqual([])
  })
})

describe('the price of a call', () => {
  const price = { input: 10, output: 20, date: '2026-01-01', source: 'made up for tests' }
  const tokens = { input: 100, output: 10, cacheRead: 60, cacheWrite: 30 }

  it('is that of the input for what a cache had a part in, where no other is known', () => {
    expect(priceOf(price, tokens)).toBe(priceOf(price, { input: 100, output: 10 }))
  })

  it('counts what was read and written by its share', () => {
    const usd = priceOf({ ...price, cached: { read: 0.1, write: 1.25 } }, tokens)
    expect(usd).toBeCloseTo((10 * 10 + 60 * 1 + 30 * 12.5 + 10 * 20) / 1e6, 12)
  })

  it('is never less for a provider that counts more cached than there was', () => {
    const cached = { read: 0.1, write: 1.25 }
    expect(priceOf({ ...price, cached }, { input: 5, output: 0, cacheRead: 100 })).toBeCloseTo(100 / 1e6, 12)
  })
})
