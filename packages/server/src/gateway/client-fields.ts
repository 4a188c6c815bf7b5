/** Errors name fields of the one form; a client knows those of what it sent. @module */
import { PlinthError } from '@plinth/core'

/** Gives the path in a client's body for one in the one form. */
export type FieldOf = (field: string) => string

/** What a body calls what the one form calls `max_tokens`, `stop_sequences` and so on. */
export type FieldNames = Readonly<Record<string, string>>

/**
 * @param names a name for `messages` is that of the text that all of them came from.
 * @param places gives the paths of what the messages of the prompt came from, where that are messages too.
 */
export function fieldsBy(names: FieldNames, places: () => readonly string[] = () => []): FieldOf {
  return (field) => {
    const [first = '', ...rest] = field.split('.')
    const name = Object.hasOwn(names, first) ? names[first] : undefined
    if (first !== 'messages') return [name ?? first, ...rest].join('.')
    return name ?? places()[Number(rest[0])] ?? field
  }
}

/** Notes where the messages of a prompt came from that were added to it last. */
export function notePlace(places: string[], prompt: readonly unknown[], place: string): void {
  while (places.length < prompt.length) places.push(place)
}

/** Does some work; what it throws names the client's own fields. */
export async function inClientFields<Result>(fieldOf: FieldOf, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    // An error is made for one call alone. What the model is called is the same in all of a protocol.
    if (PlinthError.is(error) && error.field !== undefined && error.field !== 'model_id')
      Object.assign(error, { field: fieldOf(error.field) })
    throw error
  }
}
