import { describe, expect, it } from 'vitest'
import { createModels, modelOptions } from '../src/index.ts'
import { callOnce, ways } from './call.ts'
import { HandClock } from './support.ts'

/** Set by `npm run verify:aws`, and by who runs it: a model that the account may call, such as `bedrock/eu.amazon.nova-lite-v1:0`. */
const { PLINTH_VERIFY_AWS: run, PLINTH_VERIFY_MODEL: model } = process.env

describe('Bedrock itself', () => {
  it.for(ways)('answers a call of one token, and says what it used: %s [R14]', async (way, context) => {
    if (!run || !model) return context.skip('npm run verify:aws asks the model that PLINTH_VERIFY_MODEL names')
    const models = createModels({ ...modelOptions({ ...process.env, PLINTH_MODEL: model }), clock: new HandClock() })
    const { usage, modelId } = await callOnce(models.resolve(), way, { prompt: 'Say yes.', maxTokens: 1 })
    expect(usage.input_tokens).toBeGreaterThan(0)
    expect(usage.output_tokens).toBeGreaterThan(0)
    expect(model).toContain(modelId)
  })
})
