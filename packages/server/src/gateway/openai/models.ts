/** GET /v1/models and /v1/models/{id}. @module */
import type { ModelEntry as CatalogueEntry } from '@plinth/core'
import type { Answer } from '../../exchange.ts'
import { jsonAnswer } from '../json-answer.ts'
import { seconds } from './chat-answer.ts'

export interface ModelEntry {
  readonly id: string
  /** Milliseconds UTC; 1970 where it isn't known, as the form has no place for not knowing. */
  readonly created?: number
  readonly ownedBy: string
  /** Shown, beside what OpenAI's form has, of a model that is legacy or retired: with the day, and what its maker names instead. */
  readonly lifecycle?: CatalogueEntry['lifecycle']
}

export function modelList(entries: readonly ModelEntry[]): Answer {
  return jsonAnswer({ object: 'list', data: entries.map(modelOf) })
}

export function modelAnswer(entry: ModelEntry): Answer {
  return jsonAnswer(modelOf(entry))
}

function modelOf({ id, created = 0, ownedBy, lifecycle }: ModelEntry): object {
  const ends = lifecycle !== undefined && lifecycle.status !== 'active'
  return { id, object: 'model', created: seconds(created), owned_by: ownedBy, ...(ends && { lifecycle }) }
}
