import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { type Priority, priorities, type Status, statuses } from './request.ts'

/** What is asked for of the list; parameters of `GET /api/requests`, and of the screen's address. */
export interface Filters {
  readonly status?: Status
  readonly model_id?: string
  readonly priority?: Priority
  readonly text?: string
  readonly [name: string]: string | undefined
}

/** What is to be asked for instead; an empty text asks for all. */
export type Changes = Readonly<Partial<Record<'status' | 'model_id' | 'priority' | 'text', string>>>

/** The filters as they stand in the address, and how to change them there. */
export function useFilters(): readonly [filters: Filters, change: (changes: Changes) => void] {
  const [query, setQuery] = useSearchParams()
  const [status, priority] = [query.get('status'), query.get('priority')]
  const [model, text] = [query.get('model_id'), query.get('text')]
  const filters = useMemo((): Filters => {
    const [knownStatus, knownPriority] = [statuses.find((one) => one === status), priorities.find((one) => one === priority)]
    return {
      ...(knownStatus && { status: knownStatus }),
      ...(knownPriority && { priority: knownPriority }),
      ...(model && { model_id: model }),
      ...(text?.trim() && { text: text.trim() }),
    }
  }, [status, priority, model, text])
  const change = (changes: Changes): void =>
    setQuery(
      (before) => {
        for (const [name, value] of Object.entries(changes)) {
          if (value) before.set(name, value)
          else before.delete(name)
        }
        return before
      },
      { replace: true },
    )
  return [filters, change]
}
