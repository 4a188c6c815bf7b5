import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConverse } from '../../../src/gateway/bedrock/converse.ts'
import { readInvoke } from '../../../src/gateway/bedrock/invoke.ts'
import { refuseBedrock } from '../../../src/gateway/bedrock/refuse.ts'
import type { Refusal, RefusalKind } from '../../../src/gateway/refusal.ts'
import { bytesOf } from '../support/wire.ts'
import { describeWithBoto3, runBoto3 } from './support/boto3.ts'
import { head, textParts, type Wire, wireOf } from './support/clients.ts'
import { type ReceivedCall, WireServer } from './support/wire-server.ts'

/** Status, name, and how often each client tries. */
const expected: Readonly<Record<RefusalKind, readonly [status: number, name: string, boto3: number, javascript: number]>> = {
  invalid: [400, 'ValidationException', 1, 1],
  unauthorized: [401, 'AccessDeniedException', 1, 1],
  forbidden: [403, 'AccessDeniedException', 1, 1],
  closed: [403, 'AccessDeniedException', 1, 1],
  not_found: [404, 'ResourceNotFoundException', 1, 1],
  model_unknown: [404, 'ResourceNotFoundException', 1, 1],
  method_not_allowed: [405, 'UnknownOperationException', 1, 1],
  too_large: [413, 'ValidationException', 1, 1],
  encoding: [415, 'ValidationException', 1, 1],
  rate_limited: [429, 'ThrottlingException', 5, 3],
  budget: [400, 'ServiceQuotaExceededException', 1, 1],
  content: [400, 'ValidationException', 1, 1],
  upstream_throttled: [429, 'ThrottlingException', 5, 3],
  upstream_failed: [424, 'ModelErrorException', 1, 1],
  upstream_timeout: [408, 'ModelTimeoutException', 1, 1],
  unavailable: [503, 'ServiceUnavailableException', 5, 3],
  internal: [500, 'InternalServerException', 5, 3],
}
const kinds = Object.keys(expected) as RefusalKind[]

/** The exceptions that the service model has in each stream; no other may come. */
const inConverse = [
  'internalServerException',
  'modelStreamErrorException',
  'validationException',
  'throttlingException',
  'serviceUnavailableException',
]
const inInvoke = [...inConverse, 'modelTimeoutException']

function refusalOfKind(kind: RefusalKind): Refusal {
  return { kind, code: 'some_code', message: 'This is why.', field: 'messages.0.content' }
}

const hi = { messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }] }
const claude = { id: 'anthropic.claude', family: 'anthropic.claude', kind: 'language' } as const

/** The model's name is the kind of refusal. */
function refuse({ modelId, operation, body }: ReceivedCall): Wire {
  const refusal = refusalOfKind(modelId as RefusalKind)
  if (operation !== 'converse-stream' && operation !== 'invoke-with-response-stream')
    return wireOf(refuseBedrock(refusal, head.id))
  const call = operation === 'converse-stream' ? readConverse(modelId, body, true) : readInvoke(modelId, claude, body, true)
  const encoder = call.stream(head)
  const parts = textParts(['hel', 'lo']).slice(0, 3)
  const pieces = [encoder.start(), ...parts.map((part) => encoder.part(part)), encoder.fail(refusal)].map(bytesOf)
  return { status: 200, headers: { ...encoder.headers }, pieces }
}

let server: WireServer
beforeAll(async () => {
  server = await WireServer.start(refuse)
})
afterAll(() => server.close())

describe("AWS's client for JavaScript", () => {
  const client = (): BedrockRuntimeClient =>
    new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint: server.url,
      token: { token: 'key' },
      authSchemePreference: ['httpBearerAuth'],
      requestHandler: new NodeHttpHandler(),
    })

  it.concurrent.each(kinds)('knows a refusal, and tries again only where that helps: %s', async (modelId) => {
    const [status, name, , attempts] = expected[modelId]
    const before = server.attempts(modelId)
    const error = await client()
      .send(new ConverseCommand({ modelId, ...hi }))
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      name,
      message: 'messages.0.content: This is why.',
      $metadata: { httpStatusCode: status, requestId: head.id, attempts },
    })
    expect(server.attempts(modelId) - before).toBe(attempts)
  })

  it.each(kinds)('is told in the middle of a stream of Converse, by an exception of its union: %s', async (modelId) => {
    const { stream = [] } = await client().send(new ConverseStreamCommand({ modelId, ...hi }))
    const { texts, error } = await readToEnd(stream, (event) =>
      'contentBlockDelta' in event ? event.contentBlockDelta?.delta?.text : '',
    )
    expect(texts).toBe('hello')
    expect(inConverse.map(capitalized)).toContain(error.name)
    expect(error.message).toBe('messages.0.content: This is why.')
  })

  it.each(kinds)('is told in the middle of a stream of InvokeModel, by an exception of its union: %s', async (modelId) => {
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
    })
    const { body: stream = [] } = await client().send(new InvokeModelWithResponseStreamCommand({ modelId, body }))
    const { texts, error } = await readToEnd(stream, ({ chunk }) => {
      const event = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as { delta?: { text?: string } }
      return event.delta?.text
    })
    expect(texts).toBe('hello')
    expect(inInvoke.map(capitalized)).toContain(error.name)
    if (modelId === 'upstream_timeout') expect(error.name).toBe('ModelTimeoutException')
    expect(error.message).toBe('messages.0.content: This is why.')
  })
})

describeWithBoto3('boto3', () => {
  it('knows a refusal, and tries again only where that helps', async () => {
    const asking = kinds.map((kind) => ask(kind, `client.converse(modelId='${kind}', messages=messages)`))
    const found = await runBoto3<readonly BotoError[]>(server.url, [preparing, ...asking].join('\n'))
    const wanted = kinds.map((kind) => {
      const [status, name, attempts] = expected[kind]
      return { code: name, message: 'messages.0.content: This is why.', status, retries: attempts - 1 }
    })
    expect(found).toEqual(wanted)
  })

  it('is told in the middle of a stream', async () => {
    const asking = ask(
      'rate_limited',
      "[event for event in client.converse_stream(modelId='rate_limited', messages=messages)['stream']]",
    )
    const [error] = await runBoto3<readonly BotoError[]>(server.url, [preparing, asking].join('\n'))
    expect(error).toMatchObject({ code: 'throttlingException', message: 'messages.0.content: This is why.' })
  })
})

describe('a refusal', () => {
  it('says how long to wait, in whole seconds, and one where nobody knows', () => {
    const wait = (retryAfter?: number): string | undefined =>
      refuseBedrock({ kind: 'rate_limited', code: 'c', message: 'm', ...(retryAfter !== undefined && { retryAfter }) }, 'r')
        .headers['retry-after']
    expect([wait(), wait(0), wait(2.1), wait(60)]).toEqual(['1', '1', '3', '60'])
    expect(refuseBedrock(refusalOfKind('budget'), 'r').headers).not.toHaveProperty('retry-after')
  })

  it('holds one line and nothing but the message, whatever stands in it', () => {
    const { body = '', headers } = refuseBedrock({ kind: 'invalid', code: 'c', message: 'a\nb\r"\u2028' }, 'r')
    expect(JSON.parse(body)).toEqual({ message: 'a\nb\r"\u2028' })
    expect(body).not.toMatch(/[\r\n]/)
    expect(headers).toMatchObject({ 'x-amzn-requestid': 'r', 'x-amzn-errortype': 'ValidationException' })
  })
})

interface BotoError {
  readonly code: string
  readonly message: string
  readonly status: number
  readonly retries: number
}

const preparing = `
from botocore.exceptions import ClientError
messages = ${JSON.stringify(hi.messages)}
result = []
def told(error):
    response = error.response
    metadata = response.get('ResponseMetadata', {})
    return {'code': response['Error']['Code'], 'message': response['Error']['Message'], 'status': metadata.get('HTTPStatusCode'), 'retries': metadata.get('RetryAttempts')}
`

function ask(kind: string, call: string): string {
  return [
    `try:`,
    `    ${call}`,
    `    result.append('${kind} was answered')`,
    `except ClientError as error:`,
    `    result.append(told(error))`,
  ].join('\n')
}

async function readToEnd<T>(
  stream: AsyncIterable<T> | readonly T[],
  textOf: (event: T) => string | undefined,
): Promise<{ texts: string; error: Error }> {
  let texts = ''
  try {
    for await (const event of stream) texts += textOf(event) ?? ''
  } catch (error) {
    return { texts, error: error as Error }
  }
  throw new Error('The stream ended well.')
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
