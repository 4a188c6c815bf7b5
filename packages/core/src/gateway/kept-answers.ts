/**
 * Answers that are kept for a while: for the same question (the cache, off until a tenant sets it), and for the same call (a client that
 * lost its answer on the way asks again with the same invocation id, and must neither pay nor be counted twice).
 * @module
 */
import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import { PlinthError } from '../errors.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, update } from '../scope/state.ts'
import type { CacheClass } from '../tenancy/tenant.ts'
import type { ModelChat } from './ask-model.ts'
import type { ChatRequest } from './chat.ts'

const minute = 60_000
/** How long an answer of each class of the cache is kept, milliseconds. */
const lifetimes: Readonly<Record<CacheClass, number>> = { '24h': 24 * 60 * minute, '1h': 60 * minute, '5m': 5 * minute }
/** Clients of AWS repeat a call within seconds, and give up after some minutes. */
const repeatLifetime = 10 * minute
/** Of an answer as JSON, in UTF-16 code units. What is larger is asked anew. */
const mostKept = 1_000_000

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

/** What is kept in a place. `answer` is absent where only the call is remembered, or what is there doesn't open. */
export interface Found {
  readonly record: StoredRecord<KeptFields, KeptTexts>
  readonly answer?: KeptAnswer
}

/**
 * Where the answer to this question is kept, of a tenant that wants it; the place is an HMAC under the tenant's own key, of all that the
 * answer depends on: its model, the question as it was asked, how long the answer may be, and the filters and the guardrail that both
 * pass.
 */
export async function cachePlace(
  scope: Uses<'state'>,
  request: ChatRequest,
  given: { readonly model: string; readonly maxTokens: number; readonly guardedBy?: string | undefined },
): Promise<KeptPlace | undefined> {
  const { cache } = scope.tenant.model_config
  if (cache === undefined) return undefined
  return { partition: await placeOf(scope, 'cached answer', { request, ...given }), lifetime: lifetimes[cache] }
}

/** Where the answer to this very call is kept: of the same user, with the same id and the same body. */
export async function repeatPlace(scope: Uses<'state'>, request: ChatRequest, invocation: string): Promise<KeptPlace> {
  const asked = { request, invocation, user: scope.caller.user }
  return { partition: await placeOf(scope, 'repeated call', asked), lifetime: repeatLifetime }
}

/** Not canonical JSON: that knows plain values only, and a request may hold a URL. Another order is another question. */
function placeOf({ state, tenant: { filters } }: Uses<'state'>, purpose: string, asked: object): Promise<string> {
  return state.lookup(purpose, JSON.stringify({ ...asked, filters }))
}

export async function findKept(scope: Uses<'state'>, { partition }: KeptPlace): Promise<Found | undefined> {
  const record = await scope.state.get(keptAnswers, { partition })
  if (!record) return undefined
  try {
    const text = await record.open('chat')
    if (text === undefined) return { record }
    return { record, answer: { ...(JSON.parse(text) as ModelChat), servedBy: record.fields.served_by } }
  } catch (error) {
    if (PlinthError.is(error)) return { record }
    throw error
  }
}

/**
 * Keeps an answer, in the place of what was found there; the commit fails with ConflictError where another is kept meanwhile.
 * @param answer.chat undefined where only the call is to be remembered; so it is with an answer that is too large.
 */
export function keep(
  scope: Uses<never>,
  { partition, lifetime }: KeptPlace,
  answer: { readonly servedBy: string; readonly chat: ModelChat | undefined; readonly instead: Found | undefined },
): RecordWrite[] {
  const { servedBy, chat, instead } = answer
  const fields = { served_by: servedBy, expires: scope.clock.now() + lifetime }
  const text = chat && JSON.stringify({ content: chat.content, finish: chat.finish })
  if (text !== undefined && text.length <= mostKept)
    return [
      instead
        ? update(keptAnswers, instead.record, fields, { chat: text })
        : insert(keptAnswers, { partition }, fields, { chat: text }),
    ]
  return instead ? [] : [insert(keptAnswers, { partition }, fields)]
}
