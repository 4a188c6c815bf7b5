import { InvalidInputError, type ModelLimit, ProcessGate } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../src/index.ts'
import { modelLimits } from '../src/model-limits.ts'

const read = (text: string | undefined): Record<string, ModelLimit> =>
  Object.fromEntries(modelLimits(text === undefined ? {} : { PLINTH_MODEL_LIMITS: text }))

describe('PLINTH_MODEL_LIMITS', () => {
  it.each([undefined, '', '  ', ';', ' ; ; '])('limits nothing when it is empty: %j', (text) => {
    expect(read(text)).toEqual({})
  })

  it('names models in all their spellings, by what will answer for them', () => {
    const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
    expect(read(`bedrock/${haiku}=concurrency:8,tokens_per_minute:200000`)).toEqual({
      [haiku]: { concurrency: 8, tokensPerMinute: 200_000 },
    })
    expect(read(` ${haiku} = tokens_per_minute : 5 ;`)).toEqual({ [haiku]: { tokensPerMinute: 5 } })
    expect(read(`bedrock/eu.${haiku}=concurrency:1;us.${haiku}=concurrency:2`)).toEqual({
      [`eu.${haiku}`]: { concurrency: 1 },
      [`us.${haiku}`]: { concurrency: 2 },
    })
    expect(read(`arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.${haiku}=concurrency:3`)).toEqual({
      [`eu.${haiku}`]: { concurrency: 3 },
    })
    expect(read('openai-compatible/llama3.1:8b=concurrency:1;scripted=concurrency:2;local/extractive=concurrency:4')).toEqual({
      'openai-compatible/llama3.1:8b': { concurrency: 1 },
      scripted: { concurrency: 2 },
      'local/extractive': { concurrency: 4 },
    })
  })

  it('takes what a model has no word on from *', () => {
    expect(read('scripted=tokens_per_minute:9;*=concurrency:32;local/extractive=concurrency:1')).toEqual({
      '*': { concurrency: 32 },
      scripted: { concurrency: 32, tokensPerMinute: 9 },
      'local/extractive': { concurrency: 1 },
    })
  })

  it.each([
    'scripted',
    'scripted=',
    'scripted=concurrency',
    'scripted=concurrency:',
    'scripted=concurrency:0',
    'scripted=concurrency:-1',
    'scripted=concurrency:1.5',
    'scripted=concurrency:1e3',
    'scripted=concurrency:0x10',
    'scripted=concurrency:9999999999999999',
    'scripted=concurrency:1:2',
    'scripted=concurrency:1,',
    'scripted=concurrency:1,concurrency:2',
    'scripted=requests:1',
    'scripted=constructor:1',
    'scripted=concurrency:1;scripted=tokens_per_minute:2',
    'bedrock/anthropic.claude-haiku-4-5-20251001-v1:0=concurrency:1;anthropic.claude-haiku-4-5-20251001-v1:0=concurrency:1',
    '*=concurrency:1;*=concurrency:1',
    '=concurrency:1',
    'gpt-99=concurrency:1',
    'us.scripted=concurrency:1',
    'bedrock/no.such-model=concurrency:1',
    'concurrency:8',
  ])('is refused by its name when it is malformed: %s', (text) => {
    let refused: unknown
    try {
      read(text)
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(InvalidInputError)
    expect(refused).toMatchObject({ field: 'PLINTH_MODEL_LIMITS', message: expect.stringContaining('PLINTH_MODEL_LIMITS') })
  })

  it('is read as it was meant, or refused, whatever it is; and a gate takes what was read', () => {
    const limit = fc.record(
      { concurrency: fc.integer({ min: 1, max: 10 ** 9 }), tokens_per_minute: fc.integer({ min: 1, max: 10 ** 12 }) },
      { requiredKeys: [] },
    )
    const ids = fc.uniqueArray(fc.constantFrom(...catalogue.map(({ id }) => id), 'openai-compatible/x:y'), { maxLength: 6 })
    fc.assert(
      fc.property(ids, fc.array(limit, { minLength: 6, maxLength: 6 }), fc.string(), (models, limits, noise) => {
        const meant = models.flatMap((model, index) => {
          const parts = Object.entries(limits[index] ?? {}).map(([name, value]) => `${name}:${value}`)
          return parts.length === 0 ? [] : [{ model, parts }]
        })
        const text = meant.map(({ model, parts }) => `${model}=${parts.join(',')}`).join(';')
        const found = modelLimits({ PLINTH_MODEL_LIMITS: text })
        expect([...found.keys()]).toEqual(meant.map(({ model }) => model))
        for (const { model, parts } of meant) {
          const { concurrency, tokensPerMinute } = found.get(model) ?? {}
          const words = [concurrency && `concurrency:${concurrency}`, tokensPerMinute && `tokens_per_minute:${tokensPerMinute}`]
          expect(words.filter(Boolean).sort()).toEqual([...parts].sort())
        }
        new ProcessGate({ clock: new FakeClock(), limits: found })
        try {
          modelLimits({ PLINTH_MODEL_LIMITS: noise })
        } catch (error) {
          expect(error).toMatchObject({ field: 'PLINTH_MODEL_LIMITS' })
        }
      }),
    )
  })
})
