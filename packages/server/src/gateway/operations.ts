/** What the gateway does, and under which paths. @module */
import {
  countTokens,
  InvalidInputError,
  type ModelEntry,
  type Models,
  NotFoundError,
  type Permission,
  type PlinthError,
  resolveAnyKind,
} from '@plinth/core'
import { type Answer, hasSteps } from '../exchange.ts'
import { MethodNotAllowedError } from '../problem.ts'
import * as anthropic from './anthropic/read-messages.ts'
import { refuseAnthropic } from './anthropic/refuse.ts'
import { readConverse } from './bedrock/converse.ts'
import * as bedrockCount from './bedrock/count-tokens.ts'
import { readInvoke } from './bedrock/invoke.ts'
import { refuseBedrock } from './bedrock/refuse.ts'
import { modelAnswer, modelList } from './openai/models.ts'
import { readChatCompletion } from './openai/read-chat.ts'
import { refuseOpenAi } from './openai/refuse.ts'
import { readOwnBody } from './own-body.ts'
import type { Refusal } from './refusal.ts'
import { type GatewayCall, serveChat } from './serve-chat.ts'
import { serveEmbeddings, serveInvokeEmbeddings } from './serve-embeddings.ts'

/** Every operation by its name, and the permission that it asks for. */
export const permissions = {
  'POST /v1/chat/completions': 'models:write',
  'POST /v1/embeddings': 'models:write',
  'GET /v1/models': 'models:read',
  'GET /v1/models/{id}': 'models:read',
  'POST /v1/messages': 'models:write',
  'POST /v1/messages/count_tokens': 'models:write',
  'POST /model/{id}/converse': 'models:write',
  'POST /model/{id}/converse-stream': 'models:write',
  'POST /model/{id}/invoke': 'models:write',
  'POST /model/{id}/invoke-with-response-stream': 'models:write',
  'POST /model/{id}/count-tokens': 'models:write',
} as const

export type OperationName = keyof typeof permissions

export interface Operation {
  readonly name: OperationName
  readonly permission: Permission
  /** @throws PlinthError. */
  serve(call: GatewayCall): Promise<Answer>
}

/** How a protocol says no. */
export type Refuse = (refusal: Refusal, requestId: string) => Answer

/** What stands under a path of the gateway: an operation, or why there is none. */
export interface FoundOperation {
  readonly refuse: Refuse
  readonly operation: Operation | PlinthError
}

const named = (name: OperationName, serve: Operation['serve']): Operation => ({ name, permission: permissions[name], serve })

const chat = (name: OperationName, read: (body: unknown) => Parameters<typeof serveChat>[1]): Operation =>
  named(name, async (call) => serveChat(call, read(await readOwnBody(call))))

const openAi: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/v1/chat/completions': { POST: chat('POST /v1/chat/completions', readChatCompletion) },
  '/v1/embeddings': { POST: named('POST /v1/embeddings', serveEmbeddings) },
  '/v1/models': { GET: named('GET /v1/models', async ({ scope }) => modelList(listOf(scope.models))) },
}

const anthropicOperations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/v1/messages': { POST: chat('POST /v1/messages', anthropic.readMessages) },
  '/v1/messages/count_tokens': {
    POST: named('POST /v1/messages/count_tokens', async (call) =>
      anthropic.countTokensAnswer(await countTokens(call.scope, anthropic.readCountTokens(await readOwnBody(call)))),
    ),
  },
}

/** By the last part of `/model/{id}/…`. */
const bedrock: Readonly<Record<string, (modelId: string) => Operation>> = {
  converse: (id) => chat('POST /model/{id}/converse', (body) => readConverse(id, body, false)),
  'converse-stream': (id) => chat('POST /model/{id}/converse-stream', (body) => readConverse(id, body, true)),
  invoke: (id) => invoke('POST /model/{id}/invoke', id, false),
  'invoke-with-response-stream': (id) => invoke('POST /model/{id}/invoke-with-response-stream', id, true),
  'count-tokens': (id) =>
    named('POST /model/{id}/count-tokens', async (call) => {
      const { entry } = call.scope.models.resolve(id)
      const request = bedrockCount.readCountTokens(id, entry, await readOwnBody(call))
      return bedrockCount.countTokensAnswer(await countTokens(call.scope, request), call.requestId)
    }),
}

/** The body's form is its model's own. */
function invoke(name: OperationName, id: string, streamed: boolean): Operation {
  return named(name, async (call) => {
    const { scope } = call
    const { entry } = resolveAnyKind(scope.models, id)
    if (entry.kind === 'embedding') return serveInvokeEmbeddings(call, id, entry)
    return serveChat(call, readInvoke(id, entry, await readOwnBody(call), streamed))
  })
}

/**
 * Finds what a path of the gateway stands for. The path is taken as it came, still encoded, so that an id is one part of it whatever it
 * holds; the id is decoded once, here.
 * @returns undefined for a path that isn't the gateway's.
 */
export function findOperation(method: string, path: string): FoundOperation | undefined {
  const protocol = protocolOf(path)
  if (!protocol) return undefined
  const operation = hasSteps(path) ? new NotFoundError('path') : protocol.find(method, path)
  const refuse: Refuse = (refusal, requestId) =>
    protocol.refuse(refusal.field === 'model_id' ? { ...refusal, field: protocol.model } : refusal, requestId)
  return { operation, refuse: operation instanceof MethodNotAllowedError ? withAllowed(refuse, operation) : refuse }
}

interface Protocol {
  readonly refuse: Refuse
  /** What its clients call the model's id. */
  readonly model: string
  find(method: string, path: string): Operation | PlinthError
}

function protocolOf(path: string): Protocol | undefined {
  if (/^\/model(?:[/\\]|$)/.test(path)) return { refuse: refuseBedrock, model: 'modelId', find: bedrockOperation }
  if (/^\/v1\/messages(?:[/\\]|$)/.test(path))
    return { refuse: refuseAnthropic, model: 'model', find: (...asked) => fixed(anthropicOperations, ...asked) }
  if (!/^\/v1(?:[/\\]|$)/.test(path)) return undefined
  return { refuse: refuseOpenAi, model: 'model', find: (...asked) => oneModel(...asked) ?? fixed(openAi, ...asked) }
}

/** HTTP wants the methods named that a path takes, whatever the protocol on it (RFC 9110, 15.5.6). */
function withAllowed(refuse: Refuse, { allowed }: MethodNotAllowedError): Refuse {
  return (refusal, requestId) => {
    const answer = refuse(refusal, requestId)
    return refusal.kind === 'method_not_allowed' ? { ...answer, headers: { ...answer.headers, allow: allowed } } : answer
  }
}

function fixed(operations: typeof openAi, method: string, path: string): Operation | PlinthError {
  const methods = Object.hasOwn(operations, path) ? operations[path] : undefined
  if (!methods) return new NotFoundError('path')
  return Object.hasOwn(methods, method) && methods[method] ? methods[method] : new MethodNotAllowedError(Object.keys(methods))
}

function bedrockOperation(method: string, path: string): Operation | PlinthError {
  const [, id = '', action = ''] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(path) ?? []
  const make = Object.hasOwn(bedrock, action) ? bedrock[action] : undefined
  if (!make) return new NotFoundError('path')
  if (method !== 'POST') return new MethodNotAllowedError(['POST'])
  const decoded = decodedOnce(id)
  return decoded === undefined ? new InvalidInputError('The model id is not encoded well.', { field: 'modelId' }) : make(decoded)
}

/** `GET /v1/models/{id}`. */
function oneModel(method: string, path: string): Operation | PlinthError | undefined {
  const [, id] = /^\/v1\/models\/([^/]+)$/.exec(path) ?? []
  if (id === undefined) return undefined
  if (method !== 'GET') return new MethodNotAllowedError(['GET'])
  return named('GET /v1/models/{id}', async ({ scope }) => {
    const entry = scope.models.entries().find((each) => each.id === decodedOnce(id))
    if (!entry) throw new InvalidInputError('There is no such model.', { code: 'model_unknown', field: 'model' })
    return modelAnswer(listed(entry))
  })
}

/** An id may be of two kinds. */
function listOf(models: Models): readonly ReturnType<typeof listed>[] {
  return [...new Map(models.entries().map((entry) => [entry.id, listed(entry)])).values()]
}

function listed({ id, provider, lifecycle }: ModelEntry): Parameters<typeof modelAnswer>[0] {
  return { id, ownedBy: provider, lifecycle }
}

function decodedOnce(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
