import { InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { modelOptions } from '../src/index.ts'

const compatible = { PLINTH_MODEL: 'openai-compatible/llama3.2:1b', PLINTH_MODEL_BASE_URL: 'http://localhost:11434/v1' }
const bedrock = { PLINTH_MODEL: 'bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0', AWS_REGION: 'eu-central-1' }

function refusal(environment: Readonly<Record<string, string>>): InvalidInputError {
  try {
    modelOptions(environment)
  } catch (error) {
    if (error instanceof InvalidInputError) return error
    throw error
  }
  throw new Error('It was accepted.')
}

describe('the settings of an OpenAI-compatible server', () => {
  it.each([
    ['http://localhost:11434/v1', 'http://localhost:11434/v1'],
    ['https://models.example.com/v1/', 'https://models.example.com/v1'],
    [' http://[::1]:8000/v1// ', 'http://[::1]:8000/v1'],
    ['HTTP://LOCALHOST:80/v1', 'http://localhost/v1'],
    ['https://models.example.com', 'https://models.example.com'],
  ])('are its address, %s', (text, baseUrl) => {
    expect(modelOptions({ ...compatible, PLINTH_MODEL_BASE_URL: text })).toEqual({
      model: compatible.PLINTH_MODEL,
      openAICompatible: { baseUrl },
      scripted: {},
    })
  })

  it('and a key, where there is one', () => {
    const { openAICompatible } = modelOptions({ ...compatible, PLINTH_MODEL_API_KEY: 'sk-1\n' })
    expect(openAICompatible?.apiKey).toBe('sk-1')
    expect(modelOptions({ ...compatible, PLINTH_MODEL_API_KEY: '' }).openAICompatible).not.toHaveProperty('apiKey')
  })

  it.each([
    ['PLINTH_MODEL_BASE_URL', ''],
    ['PLINTH_MODEL_BASE_URL', 'localhost:11434'],
    ['PLINTH_MODEL_BASE_URL', 'ftp://models.example.com/v1'],
    ['PLINTH_MODEL_BASE_URL', 'http://ann:secret@models.example.com/v1'],
    ['PLINTH_MODEL_BASE_URL', 'http://models.example.com/v1?key=secret'],
    ['PLINTH_MODEL_BASE_URL', 'http://models.example.com/v1#secret'],
    ['PLINTH_MODEL_API_KEY', 'secret key'],
    ['PLINTH_MODEL_API_KEY', 'secret\r\nx: y'],
    ['PLINTH_MODEL_API_KEY', 'sécret'],
  ])('name the variable and keep its value to themselves: %s=%j', (name, value) => {
    const { field, message } = refusal({ ...compatible, [name]: value })
    expect(field).toBe(name)
    expect(message).toContain(name)
    expect(message).not.toContain('secret')
  })

  it.each(['openai-compatible/', 'openai-compatible/a b', `openai-compatible/${'x'.repeat(201)}`, 'openai-compatible/é'])(
    'need a name that a header can carry: %j',
    (PLINTH_MODEL) => {
      expect(refusal({ ...compatible, PLINTH_MODEL }).field).toBe('PLINTH_MODEL')
    },
  )
})

describe('the settings of Bedrock', () => {
  it.each([
    [{ AWS_REGION: 'eu-central-1' }, 'eu-central-1'],
    [{ AWS_DEFAULT_REGION: 'us-gov-west-1' }, 'us-gov-west-1'],
    [{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'eu-west-1' }, 'us-east-1'],
    [{ PLINTH_REGION: 'ap-southeast-2', AWS_REGION: 'us-east-1' }, 'ap-southeast-2'],
    [{ PLINTH_REGION: 'local', AWS_REGION: 'us-east-1' }, 'us-east-1'],
    [{ PLINTH_REGION: 'eusc-de-east-1' }, 'eusc-de-east-1'],
  ])('are a region: %j', (variables, region) => {
    const { AWS_REGION: _, ...others } = bedrock
    expect(modelOptions({ ...others, ...variables })).toEqual({ model: bedrock.PLINTH_MODEL, bedrock: { region }, scripted: {} })
  })

  it('and an endpoint and a key, where there are any', () => {
    const endpoints = { AWS_ENDPOINT_URL: 'http://localhost:1/', AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://localhost:2/' }
    expect(modelOptions({ ...bedrock, ...endpoints, AWS_BEARER_TOKEN_BEDROCK: 'key' }).bedrock).toEqual({
      region: 'eu-central-1',
      endpoint: 'http://localhost:2',
      agentEndpoint: 'http://localhost:1',
      bearerToken: 'key',
    })
    expect(modelOptions({ ...bedrock, AWS_ENDPOINT_URL: 'http://localhost:1' }).bedrock?.endpoint).toBe('http://localhost:1')
  })

  it.each([
    ['AWS_REGION', ''],
    ['AWS_REGION', 'Frankfurt'],
    ['AWS_REGION', 'eu-central-1.evil.example#'],
    ['AWS_ENDPOINT_URL', 'localhost'],
    ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'http://user:secret@localhost'],
    ['AWS_BEARER_TOKEN_BEDROCK', 'a secret'],
    ['PLINTH_MODEL', 'bedrock/'],
    ['PLINTH_MODEL', 'bedrock/anthropic.claude-99'],
    ['PLINTH_MODEL', 'bedrock/scripted'],
    ['PLINTH_MODEL', 'bedrock/amazon.titan-embed-text-v2:0'],
    ['PLINTH_MODEL', 'anthropic.claude-sonnet-5'],
  ])('name the variable: %s=%j', (name, value) => {
    const { field, message } = refusal({ ...bedrock, [name]: value })
    expect(field).toBe(name)
    expect(message).toContain(name)
    expect(message).not.toContain('secret')
  })
})

describe('a provider that is not named', () => {
  it('is not configured, whatever its variables say', () => {
    const variables = { PLINTH_MODEL_BASE_URL: 'nonsense', AWS_REGION: 'eu-central-1', AWS_BEARER_TOKEN_BEDROCK: 'key' }
    expect(modelOptions(variables)).toEqual({ scripted: {} })
    expect(modelOptions({ ...variables, PLINTH_MODEL: 'scripted' })).toEqual({ model: 'scripted', scripted: {} })
  })
})
