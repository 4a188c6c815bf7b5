/** Models that are retired, or are to be. @module */
import type { Log } from '../log.ts'
import type { ModelEntry, Models } from './catalogue.ts'

/** What is known of a model that was asked. */
export interface Asked {
  readonly entry: ModelEntry
  readonly model: { readonly provider: string }
}

/** The entry of the very model that was asked; none where another stood in for it, of which the entry says nothing. */
export function ownEntry(asked: Asked | undefined): ModelEntry | undefined {
  return asked?.model.provider === asked?.entry.provider ? asked?.entry : undefined
}

/** What to tell of a model that is gone: since when, and what its maker names in its place. */
export function goneMessage(entry: ModelEntry | undefined): string {
  if (entry === undefined) return 'The provider does not serve this model.'
  const { status, retired, successor } = entry.lifecycle
  const when = retired === undefined ? '' : `, which ${status === 'retired' ? 'was' : 'is to be'} retired on ${retired}`
  const instead = successor === undefined ? '' : ` Its maker names ${successor} in its place.`
  return `The provider does not serve ${entry.id}${when}.${instead}`
}

/**
 * Warns of the models that a Plinth asks where nobody names one, when it starts: those that are legacy or retired, with the day and
 * what their makers name in their place. They are asked all the same.
 */
export function warnOfLifecycles(models: Models, log: Pick<Log, 'warn'>): void {
  for (const asked of [models.resolve(), models.resolveEmbedding(), models.resolveReranking?.()]) {
    const entry = ownEntry(asked)
    if (entry === undefined || entry.lifecycle.status === 'active') continue
    log.warn({ model: entry.id, ...entry.lifecycle }, 'A model that is configured is legacy or retired.')
  }
}
