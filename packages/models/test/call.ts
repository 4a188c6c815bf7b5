import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { callModel, type ModelAnswer, ModelFailure, newTenant, type ResolvedModel } from '@plinth/core'
import { findLanguageModel } from '../src/index.ts'
import { HandClock, promptOf } from './support.ts'

/** How a model is called: for the whole answer, or bit by bit. */
export type Way = 'whole' | 'streamed'
export const ways: readonly Way[] = ['whole', 'streamed']

export interface CallOptions {
  readonly prompt?: string
  readonly maxTokens?: number
  readonly signal?: AbortSignal
  readonly responseFormat?: LanguageModelV4CallOptions['responseFormat']
  readonly onText?: (text: string) => void
}

/** A call looks at nothing else of a scope than who calls, how its tenant is set, and what time it is. */
export const scope = {
  caller: { tenant: 'demo', user: 'ann', correlationId: 'c-1', permissions: new Set() },
  tenant: newTenant('demo', 'Demo', 0),
  clock: new HandClock(),
} as unknown as Parameters<typeof callModel>[0]

/** Calls a model as the patterns do. */
export function callOnce(model: LanguageModelV4 | ResolvedModel, way: Way, options: CallOptions = {}): Promise<ModelAnswer> {
  const { prompt = 'What is a queue?', maxTokens = 100, onText = () => {}, ...others } = options
  const entry = findLanguageModel('anthropic.claude-haiku-4-5-20251001-v1:0')
  const resolved = 'entry' in model ? model : { id: entry.id, entry, servedBy: entry.id, incremental: true, model }
  return callModel(scope, {
    resolved,
    prompt: promptOf(prompt),
    maxTokens,
    requestId: 'request-1',
    idempotencyKey: 'demo:request-1:1',
    timeout: 60_000,
    ...(way === 'streamed' ? { onText } : {}),
    ...others,
  })
}

/** The failure that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<ModelFailure> {
  const error = await call.then(
    () => new Error('It was answered.'),
    (reason: unknown) => reason,
  )
  if (error instanceof ModelFailure) return error
  throw error
}

/** An error with all that hangs on it. */
export function everything(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 6) return String(error)
  return Reflect.ownKeys(error)
    .map((key) => `${String(key)}: ${everything(Reflect.get(error, key), depth + 1)}`)
    .join('\n')
}
