/** What acts once, however often it is pressed. @module */
import { type UseMutationOptions, type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useRef } from 'react'
import { type Call, Problem } from './client.ts'
import { valueAt } from './value-at.ts'

/**
 * As useMutation, but what is on its way isn't begun again: a second press may come before the page shows that the first one counted.
 * @param asked what a form asks for as it stands: what was found wrong with one of its fields is no error any more once that is changed.
 */
export function useAction<Answer, Given = void>(
  options: UseMutationOptions<Answer, Error, Given>,
  asked?: Call,
): UseMutationResult<Answer, Error, Given> {
  const queries = useQueryClient()
  const key = [useId()]
  const action = useMutation<Answer, Error, Given>({ ...options, mutationKey: key })
  const sent = useRef(asked)
  const mutate: typeof action.mutate = (...given) => {
    if (queries.isMutating({ mutationKey: key }) > 0) return
    sent.current = asked
    action.mutate(...given)
  }
  // The type of a result goes by its status, which stays: that its error is taken back is no state of a mutation.
  return (
    isMended(action.error, sent.current, asked) ? { ...action, mutate, error: null } : { ...action, mutate }
  ) as typeof action
}

function isMended(error: Error | null, sent: Call | undefined, asked: Call | undefined): boolean {
  if (!(error instanceof Problem) || error.field === undefined) return false
  return fieldOf(sent, error.field) !== fieldOf(asked, error.field)
}

/** What a call has in a field, which may be a header, to be compared; where it has none of that name, what it would be a part of: its path, too. */
function fieldOf(call: Call | undefined, field: string): string | undefined {
  const whole = { ...call?.headers, ...(call?.body as object | undefined) }
  const value = field === '' ? { ...whole, path: call?.path } : valueAt(whole, field)
  return value === undefined ? fieldOf(call, field.slice(0, Math.max(0, field.lastIndexOf('.')))) : JSON.stringify(value)
}

/** The call with an idempotency key that stays while what is asked for does: the server does it once, also when a second press comes behind its answer. */
export function useOnce(call: Call): Call {
  const asked = JSON.stringify(call)
  const known = useRef({ asked: '', key: '' })
  if (known.current.asked !== asked) known.current = { asked, key: newKey() }
  return { ...call, headers: { 'Idempotency-Key': known.current.key, ...call.headers } }
}

/** `crypto.randomUUID` isn't there on pages that came over plain HTTP from another machine. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
