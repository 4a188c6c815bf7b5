import { newKey } from '../../api/action.ts'
import type { Call } from '../../api/client.ts'
import { instantOf, numberIn, withNumbers } from '../../kit/typed.ts'
import type { Priority, WholeRequest } from './request.ts'

/** A request as it is being written: texts, as fields of a form hold them. */
export interface Draft {
  readonly prompt: string
  /** Empty: the tenant's default. */
  readonly model_id: string
  readonly max_tokens: string
  readonly priority: Priority
  /** Local times, as `datetime-local` has them. */
  readonly not_before: string
  readonly expires_at: string
  readonly callback_url: string
  readonly request_id: string
  readonly idempotency_key: string
}

/** A draft with a key of its own, so that sending it twice is sending it once. */
export function emptyDraft(): Draft {
  return {
    prompt: '',
    model_id: '',
    max_tokens: '',
    priority: 'normal',
    not_before: '',
    expires_at: '',
    callback_url: '',
    request_id: '',
    idempotency_key: newKey(),
  }
}

/** A draft of the same request once more. Its times and its id were its own. */
export function draftOf(request: WholeRequest, prompt: string): Draft {
  const { model_id, max_tokens, priority, callback_url } = request
  return { ...emptyDraft(), prompt, model_id, max_tokens: String(max_tokens), priority, callback_url: callback_url ?? '' }
}

/** What sends it. */
export function callOf(draft: Draft): Call {
  const { prompt, priority, max_tokens, not_before, expires_at, idempotency_key, ...texts } = draft
  const given = Object.entries(texts).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, text.trim()]]))
  const body = {
    prompt,
    ...Object.fromEntries(given),
    ...(priority === 'normal' ? {} : { priority }),
    ...(max_tokens.trim() === '' ? {} : { max_tokens: numberIn(max_tokens) }),
    ...(not_before === '' ? {} : { not_before: instantOf(not_before) }),
    ...(expires_at === '' ? {} : { expires_at: instantOf(expires_at) }),
  }
  const headers = idempotency_key.trim() === '' ? {} : { 'Idempotency-Key': idempotency_key.trim() }
  return { method: 'POST', path: '/api/requests', body, headers }
}

/** The same, to be sent. @throws Problem by its field. */
export function checkedCall(draft: Draft): Call {
  return withNumbers(callOf(draft), { max_tokens: { from: 1, to: 1_000_000, isWhole: true } })
}

/** Which field of the form the server's answer names. */
export function fieldNamed(field: string | undefined): keyof Draft | undefined {
  if (field === 'Idempotency-Key') return 'idempotency_key'
  return fields.find((one) => one === field)
}

const fields: readonly (keyof Draft)[] = [
  'prompt',
  'model_id',
  'max_tokens',
  'not_before',
  'expires_at',
  'callback_url',
  'request_id',
]
