/** What acts once, however often it is pressed. @module */
import { type UseMutationOptions, type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useRef } from 'react'
import type { Call } from './client.ts'

/** As useMutation, but what is on its way isn't begun again: a second press may come before the page shows that the first one counted. */
export function useAction<Answer, Given = void>(
  options: UseMutationOptions<Answer, Error, Given>,
): UseMutationResult<Answer, Error, Given> {
  const queries = useQueryClient()
  const key = [useId()]
  const action = useMutation<Answer, Error, Given>({ ...options, mutationKey: key })
  return {
    ...action,
    mutate: (...given) => {
      if (queries.isMutating({ mutationKey: key }) === 0) action.mutate(...given)
    },
  }
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
