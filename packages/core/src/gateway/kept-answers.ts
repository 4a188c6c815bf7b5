/**
 * Answers that are kept for a while: for the same question (the cache, off until a tenant sets it), and for the same call (a client that
 * lost its answer on the way asks again with the same invocation id, and must neither pay nor be counted twice).
 * @module
 */
import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import { PlinthError } from '../errors.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite } from '../scope/state.ts'
import type { CacheClass } from '../tenancy/tenant.ts'
import type { ModelChat } from './ask-model.ts'
import type { ChatRequest } from './chat.ts'

const minute = 60_000
/** How long an answer of each class of the cache is kept, milliseconds. */
const lifetimes: Readonly<Record<CacheClass, number>> = { '24h': 24 * 60 * minute, '1h': 60 * minute, '5m': 5 * minute }
/** Clients of AWS repeat a call within seconds, and give up after some minutes. */
const repeatLifetime = 10 * minute

interface KeptFields {
  /** What answered. */
  readonly served_by: string
  readonly expires: number
}

interface KeptTexts {
  /** Of a {@link ModelChat}; absent where only the call is remembered. */
  readonly chat: string
}

export const keptAnswers: Collection<KeptFields, KeptTexts> = defineCollection<KeptFields, KeptTexts>({
  name: 'kept-answers',
  schema: 1,
  plain: z.object({ served_by: z.string(), expires: z.number() }),
  sealed: ['chat'],
  lists: {},
  expires: ({ expires }) => expires,
})

export interface KeptAnswer extends ModelChat {
  readonly servedBy: string
}

/** Under which key an answer is kept, and for how long. */
export interface KeptPlace {
  readonly partition: string
  readonly lifetime: number
}

/**
 * Where the answer to this question is kept, of a tenant that wants it; the place is an HMAC under the tenant's own key, of all that the
 * answer depends on: its model, the question as it was asked, and the filters that it passed.
 */
export async function cachePlace(scope: Uses<'state'>, request: ChatRequest, model: string): Promise<KeptPlace | undefined> {
  const { model_config, filters } = scope.tenant
  if (model_config.cache === undefined) return undefined
  const asked = { request, model, filters } as unknown as JsonObject
  return { partition: await scope.state.lookup('cached answer', canonicalJson(asked)), lifetime: lifetimes[model_config.cache] }
}

/** Where the answer to this very call is kept: of the same user, with the same id and the same body. */
export async function repeatPlace(scope: Uses<'state'>, request: ChatRequest, invocation: string): Promise<KeptPlace> {
  const asked = { request, invocation, user: scope.caller.user } as unknown as JsonObject
  return { partition: await scope.state.lookup('repeated call', canonicalJson(asked)), lifetime: repeatLifetime }
}

/** @returns undefined where there is none, or none that opens; `answer` is absent where only the call is remembered. */
export async function findKept(
  scope: Uses<'state'>,
  { partition }: KeptPlace,
): Promise<{ readonly answer?: KeptAnswer } | undefined> {
  const record = await scope.state.get(keptAnswers, { partition })
  if (!record) return undefined
  try {
    const text = await record.open('chat')
    return text === undefined ? {} : { answer: { ...(JSON.parse(text) as ModelChat), servedBy: record.fields.served_by } }
  } catch (error) {
    if (PlinthError.is(error)) return undefined
    throw error
  }
}

/** Keeps an answer; the commit fails with ConflictError where one is kept. */
export function keep(
  scope: Uses<never>,
  { partition, lifetime }: KeptPlace,
  servedBy: string,
  chat: ModelChat | undefined,
): RecordWrite {
  const fields = { served_by: servedBy, expires: scope.clock.now() + lifetime }
  const { content, finish } = chat ?? {}
  return insert(keptAnswers, { partition }, fields, chat ? { chat: JSON.stringify({ content, finish }) } : {})
}
