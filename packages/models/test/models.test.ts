import { InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { catalogue, createModels, modelOptions } from '../src/index.ts'
import { HandClock, say } from './support.ts'

const clock = new HandClock()

describe('createModels', () => {
  it('answers by quoting unless told otherwise', async () => {
    const models = createModels({ clock })
    expect(models.defaultModel).toBe('local/extractive')
    const { entry, servedBy, model } = models.resolve()
    expect([entry.id, servedBy, model.modelId]).toEqual(['local/extractive', 'local/extractive', 'local/extractive'])
    expect(models.entries()).toBe(catalogue)
  })

  it('serves every language model of other providers by the configured one, at its own price', async () => {
    const models = createModels({ model: 'scripted', clock })
    for (const entry of catalogue.filter(({ kind, provider }) => kind === 'language' && provider === 'bedrock')) {
      const resolved = models.resolve(`us.${entry.id}`)
      expect(resolved).toMatchObject({ entry, servedBy: 'scripted' })
      expect(await say(resolved.model, 'hello')).toMatch(/^Scripted /)
    }
    expect(models.resolve('local/extractive').servedBy).toBe('local/extractive')
    expect(createModels({ clock }).resolve('scripted').servedBy).toBe('scripted')
  })

  it('refuses ids that it cannot resolve', () => {
    const models = createModels({ clock })
    for (const id of ['nothing', '', 'amazon.titan-embed-text-v2:0']) {
      expect(() => models.resolve(id)).toThrow(expect.objectContaining({ code: 'model_unknown', field: 'model_id' }))
    }
  })

  it.each(['bedrock/anthropic.claude-sonnet-5', 'openai-compatible/llama3', 'anthropic.claude-sonnet-5', 'nothing', ''])(
    'says what works instead of %j',
    (model) => {
      expect(() => createModels({ model, clock })).toThrow(/local\/extractive or scripted/)
      expect(() => createModels({ model, clock })).toThrow(InvalidInputError)
    },
  )

  it('passes the settings of the scripted model on', async () => {
    const hand = new HandClock()
    const { model } = createModels({ scripted: { latencyMs: 250, failureRate: 1 }, clock: hand }).resolve('scripted')
    const answer = say(model, 'hello')
    await Promise.resolve()
    expect(hand.waiting.map(({ delay }) => delay)).toEqual([250])
    hand.runAll()
    await expect(answer).rejects.toMatchObject({ statusCode: 429 })
  })
})

describe('modelOptions', () => {
  it('reads the environment', () => {
    expect(modelOptions({})).toEqual({ scripted: {} })
    expect(modelOptions({ PLINTH_MODEL: '', PLINTH_SCRIPTED_LATENCY_MS: '', HOME: 'x' })).toEqual({ scripted: {} })
    expect(
      modelOptions({ PLINTH_MODEL: 'scripted', PLINTH_SCRIPTED_LATENCY_MS: '20', PLINTH_SCRIPTED_FAILURE_RATE: '0.25' }),
    ).toEqual({ model: 'scripted', scripted: { latencyMs: 20, failureRate: 0.25 } })
  })

  it.each([
    ['PLINTH_MODEL', 'gpt-4'],
    ['PLINTH_MODEL', 'bedrock/anthropic.claude-sonnet-5'],
    ['PLINTH_SCRIPTED_LATENCY_MS', '-1'],
    ['PLINTH_SCRIPTED_LATENCY_MS', '10ms'],
    ['PLINTH_SCRIPTED_LATENCY_MS', ' 10'],
    ['PLINTH_SCRIPTED_LATENCY_MS', '1e3'],
    ['PLINTH_SCRIPTED_LATENCY_MS', '3600001'],
    ['PLINTH_SCRIPTED_FAILURE_RATE', '1.01'],
    ['PLINTH_SCRIPTED_FAILURE_RATE', '10%'],
    ['PLINTH_SCRIPTED_FAILURE_RATE', 'NaN'],
  ])('refuses %s=%j and names it', (name, value) => {
    expect(() => modelOptions({ [name]: value })).toThrow(InvalidInputError)
    expect(() => modelOptions({ [name]: value })).toThrow(
      expect.objectContaining({ field: name, message: expect.stringContaining(name) }),
    )
  })
})
