/** What the gateway does, as OpenAPI describes it. What it does is in operations.ts. @module */
import { type OperationName, permissions } from './operations.ts'

interface Protocol {
  readonly name: string
  /** The schema of its errors, below components. */
  readonly error: string
  readonly errorForm: object
  /** Beside the document's own. */
  readonly security?: readonly object[]
}

interface DescribedOperation {
  readonly protocol: Protocol
  readonly summary: string
  /** Where the provider publishes the forms of body and answer. */
  readonly published: string
  /** What a body needs; absent where there is none. */
  readonly needs?: readonly string[]
  /** The types of an answer: whole, streamed, or as the body asks. */
  readonly answers: readonly string[]
  readonly headers?: readonly (keyof typeof answerHeaders)[]
  /** Whether it is a chat: with kept answers, and counted once over tries. */
  readonly chat?: true
}

const text = { type: 'string' }
const json = 'application/json'
const serverSentEvents = 'text/event-stream'
const eventStream = 'application/vnd.amazon.eventstream'

function form(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', required: Object.keys(properties), properties }
}

const openAi: Protocol = {
  name: 'OpenAI',
  error: 'OpenAiError',
  errorForm: form({ error: form({ message: text, type: text, param: { type: ['string', 'null'] }, code: text }) }),
}
const anthropic: Protocol = {
  name: 'Anthropic',
  error: 'AnthropicError',
  errorForm: form({
    type: { const: 'error' },
    error: form({ type: text, message: text, details: form({ error_code: text }) }),
    request_id: text,
  }),
  security: [{ bearer: [] }, { apiKey: [] }],
}
const bedrock: Protocol = {
  name: 'Bedrock Runtime',
  error: 'BedrockError',
  errorForm: { ...form({ message: text }), description: 'The header x-amzn-errortype says which one it is.' },
}

const answerHeaders = {
  'x-plinth-model': 'The model that answered.',
  'x-plinth-model-lifecycle': '`legacy` or `retired`, where the model asked for is.',
  'x-plinth-cache': '`hit`, where the answer was kept.',
} as const
const chatHeaders = ['x-plinth-model', 'x-plinth-model-lifecycle', 'x-plinth-cache'] as const

const openAiReference = 'https://platform.openai.com/docs/api-reference'
const anthropicReference = 'https://docs.claude.com/en/api'
const bedrockReference = 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime'

const chat = { headers: chatHeaders, chat: true } as const

const operations: Readonly<Record<OperationName, DescribedOperation>> = {
  'POST /v1/chat/completions': {
    ...chat,
    protocol: openAi,
    summary: 'Answer a chat, streamed with `stream: true`.',
    published: `${openAiReference}/chat/create`,
    needs: ['model', 'messages'],
    answers: [json, serverSentEvents],
  },
  'POST /v1/embeddings': {
    protocol: openAi,
    summary: 'Make vectors of texts.',
    published: `${openAiReference}/embeddings/create`,
    needs: ['model', 'input'],
    answers: [json],
    headers: ['x-plinth-model'],
  },
  'GET /v1/models': {
    protocol: openAi,
    summary: 'List the models.',
    published: `${openAiReference}/models/list`,
    answers: [json],
  },
  'GET /v1/models/{id}': {
    protocol: openAi,
    summary: 'Show a model.',
    published: `${openAiReference}/models/retrieve`,
    answers: [json],
  },
  'POST /v1/messages': {
    ...chat,
    protocol: anthropic,
    summary: 'Answer messages, streamed with `stream: true`.',
    published: `${anthropicReference}/messages`,
    needs: ['model', 'max_tokens', 'messages'],
    answers: [json, serverSentEvents],
  },
  'POST /v1/messages/count_tokens': {
    protocol: anthropic,
    summary: 'Estimate the tokens of messages.',
    published: `${anthropicReference}/messages-count-tokens`,
    needs: ['model', 'messages'],
    answers: [json],
  },
  'POST /model/{id}/converse': {
    ...chat,
    protocol: bedrock,
    summary: 'Answer a conversation.',
    published: `${bedrockReference}_Converse.html`,
    needs: ['messages'],
    answers: [json],
  },
  'POST /model/{id}/converse-stream': {
    ...chat,
    protocol: bedrock,
    summary: 'Answer a conversation, streamed.',
    published: `${bedrockReference}_ConverseStream.html`,
    needs: ['messages'],
    answers: [eventStream],
  },
  'POST /model/{id}/invoke': {
    ...chat,
    protocol: bedrock,
    summary: "Ask a model for text or vectors, in its family's own form.",
    published: `${bedrockReference}_InvokeModel.html`,
    needs: [],
    answers: [json],
  },
  'POST /model/{id}/invoke-with-response-stream': {
    ...chat,
    protocol: bedrock,
    summary: "Ask a model for text, streamed, in its family's own form.",
    published: `${bedrockReference}_InvokeModelWithResponseStream.html`,
    needs: [],
    answers: [eventStream],
  },
  'POST /model/{id}/count-tokens': {
    protocol: bedrock,
    summary: 'Estimate the tokens of what `converse` or `invoke` would be sent.',
    published: `${bedrockReference}_CountTokens.html`,
    needs: ['input'],
    answers: [json],
  },
}

/** The gateway's parts of an OpenAPI document. */
export interface GatewayDescription {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly schemas: Readonly<Record<string, object>>
  readonly securitySchemes: Readonly<Record<string, object>>
}

export function describeGateway(): GatewayDescription {
  const paths: Record<string, Record<string, object>> = {}
  for (const name of Object.keys(operations) as OperationName[]) {
    const [method = '', path = ''] = name.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(name, path) }
  }
  return {
    paths,
    schemas: Object.fromEntries([openAi, anthropic, bedrock].map(({ error, errorForm }) => [error, errorForm])),
    securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A token, as `bearer` is.' } },
  }
}

function operation(operationName: OperationName, path: string): object {
  const { protocol, summary, published, needs, answers, headers = [], chat: isChat } = operations[operationName]
  const { name, error, security } = protocol
  const parameters = [...(path.includes('{id}') ? [modelId] : []), ...(isChat ? chatParameters : [])]
  return {
    summary,
    tags: ['gateway'],
    externalDocs: { url: published, description: `The forms of body and answer, as ${name} publishes them.` },
    'x-permission': permissions[operationName],
    ...(security && { security }),
    ...(parameters.length > 0 && { parameters }),
    ...(needs && { requestBody: { required: true, content: { [json]: { schema: { type: 'object', required: needs } } } } }),
    responses: {
      200: {
        description: summary,
        headers: headersOf(headers),
        content: Object.fromEntries(answers.map((type) => [type, type === json ? { schema: { type: 'object' } } : {}])),
      },
      default: {
        description: `A refusal, in the form of ${name}.`,
        headers: { 'x-request-id': requestId, 'retry-after': { description: 'Seconds to wait.', schema: text } },
        content: { [json]: { schema: { $ref: `#/components/schemas/${error}` } } },
      },
    },
  }
}

const requestId = { description: 'The id in the audit trail.', schema: text }

function headersOf(names: readonly (keyof typeof answerHeaders)[]): object {
  const own = names.map((name) => [name, { description: answerHeaders[name], schema: text }])
  return { 'x-request-id': requestId, ...Object.fromEntries(own) }
}

const modelId = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of a model, an inference profile or its ARN: one part of the path, percent-encoded once.',
  schema: text,
}

const chatParameters = [
  {
    name: 'cache-control',
    in: 'header',
    required: false,
    description: '`no-cache`: no kept answer.',
    schema: text,
  },
  {
    name: 'amz-sdk-invocation-id',
    in: 'header',
    required: false,
    description: 'The same over all tries of one call, which counts once.',
    schema: { type: 'string', maxLength: 128 },
  },
]
