/** GET /v1/models and /v1/models/{id}. @module */
import type { Answer } from '../../exchange.ts'
import { seconds } from './chat-answer.ts'

export interface ModelEntry {
  readonly id: string
  /** Milliseconds UTC; 1970 where it isn't known, as the form has no place for not knowing. */
  readonly created?: number
  readonly ownedBy: string
}

export function modelList(entries: readonly ModelEntry[]): Answer {
  return json({ object: 'list', data: entries.map(modelOf) })
}

export function modelAnswer(entry: ModelEntry): Answer {
  return json(modelOf(entry))
}

function modelOf({ id, created = 0, ownedBy }: ModelEntry): unknown {
  return { id, object: 'model', created: seconds(created), owned_by: ownedBy }
}

function json(body: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
