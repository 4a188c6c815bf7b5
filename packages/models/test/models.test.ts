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

  it.each(['anthropic.claude-sonnet-5', 'nothing', '', 'openai-compatible/'])('says what works instead of %j', (model) => {
    expect(() => createModels({ model, clock })).toThrow(
      /local\/extractive, scripted, bedrock\/<model id> or openai-compatible\/<model>/,
    )
    expect(() => createModels({ model, clock })).toThrow(InvalidInputError)
  })

  it.each([
    ['bedrock/anthropic.claude-sonnet-5', 'bedrock'],
    ['openai-compatible/llama3', 'openAICompatible'],
  ])('says what %s needs', (model, field) => {
    expect(() => createModels({ model, clock })).toThrow(
      expect.objectContaining({ field, message: expect.stringContaining(field) }),
    )
  })

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

const sonnet = 'anthropic.claude-sonnet-5'
const bedrock = { region: 'eu-central-1', bearerToken: 'key' }
const openAICompatible = { baseUrl: 'http://localhost:11434/v1' }

describe('the models of a configured server', () => {
  const model = 'openai-compatible/llama3.2'
  const models = createModels({ model, openAICompatible, clock })

  it('are one: it answers by default, by name, and for those whose provider is not configured', () => {
    expect(models.defaultModel).toBe(model)
    expect(models.resolve()).toBe(models.resolve(model))
    expect(models.resolve()).toMatchObject({ id: model, servedBy: model, incremental: true, entry: { id: model } })
    expect(models.resolve(`us.${sonnet}`)).toMatchObject({
      id: sonnet,
      servedBy: model,
      incremental: true,
      entry: { id: sonnet, price: { input: 2 } },
    })
    expect(models.resolve('scripted')).toMatchObject({ servedBy: 'scripted', incremental: false })
  })

  it('stand in the catalogue, at a price that nobody knows', () => {
    const [first, ...others] = models.entries()
    expect(first).toMatchObject({ id: model, provider: 'openai-compatible', price: { input: 0, output: 0, source: 'not known' } })
    expect(others).toEqual(catalogue)
  })

  it.each(['openai-compatible/other', 'openai-compatible/LLAMA3.2', 'llama3.2', 'us.openai-compatible/llama3.2'])(
    'are no others: %s is unknown [X13]',
    (id) => {
      expect(() => models.resolve(id)).toThrow(expect.objectContaining({ code: 'model_unknown' }))
      expect(() => createModels({ clock }).resolve(id)).toThrow(expect.objectContaining({ code: 'model_unknown' }))
    },
  )
})

describe('the models of Bedrock, configured', () => {
  it('are all of the price table that write text', () => {
    const models = createModels({ model: `bedrock/eu.${sonnet}`, bedrock, clock })
    expect(models.entries()).toBe(catalogue)
    for (const { id, kind, provider } of catalogue) {
      if (kind === 'language') expect(models.resolve(id).servedBy).toBe(id)
      else if (id !== 'scripted') expect(() => models.resolve(id)).toThrow(expect.objectContaining({ code: 'model_unknown' }))
      if (provider === 'bedrock' && kind === 'language') expect(models.resolve(`us.${id}`).model.modelId).toBe(`us.${id}`)
    }
  })

  it('answer beside another configured model', () => {
    const models = createModels({ model: 'scripted', bedrock, clock })
    expect(models.resolve().servedBy).toBe('scripted')
    expect(models.resolve(`us.${sonnet}`).servedBy).toBe(`us.${sonnet}`)
  })

  it('show when they are retired, and are asked all the same [X74]', () => {
    const { entry, servedBy } = createModels({ model: `bedrock/${sonnet}`, bedrock, clock }).resolve(retired)
    expect([entry.lifecycle.status, servedBy]).toEqual(['retired', retired])
  })

  it('are kept by what was asked for, so that they are the same the next time', () => {
    const models = createModels({ model: `bedrock/eu.${sonnet}`, bedrock, clock })
    for (const id of [undefined, sonnet, `us.${sonnet}`, `bedrock/global.${sonnet}`, arnOf('123456789012'), 'scripted'])
      expect(models.resolve(models.resolve(id).id)).toBe(models.resolve(id))
  })

  it('are remembered, but not without end', () => {
    const models = createModels({ model: `bedrock/${sonnet}`, bedrock, clock })
    const first = models.resolve(arnOf('000000000000'))
    expect(models.resolve(arnOf('000000000000'))).toBe(first)
    for (let account = 1; account <= 1_000; account++) models.resolve(arnOf(`${account}`.padStart(12, '0')))
    expect(models.resolve(arnOf('000000001000'))).toBe(models.resolve(arnOf('000000001000')))
    expect(models.resolve(arnOf('000000000000'))).not.toBe(first)
  })
})

const retired = 'anthropic.claude-3-5-sonnet-20241022-v2:0'

function arnOf(account: string): string {
  return `arn:aws:bedrock:eu-central-1:${account}:inference-profile/eu.${sonnet}`
}

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
