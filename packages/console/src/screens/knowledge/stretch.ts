/** Places in documents, as addresses name them. @module */

/** A place in a text, as JavaScript counts. */
export interface Stretch {
  readonly start: number
  readonly end: number
  /** Of the text that it was found in; absent in links that don't say. */
  readonly revision?: string | undefined
}

const names = ['start', 'end', 'revision'] as const

/** The place that an address names, if it names one. */
export function stretchIn(query: URLSearchParams): Stretch | undefined {
  const [start, end] = [Number(query.get('start') ?? Number.NaN), Number(query.get('end') ?? Number.NaN)]
  const revision = query.get('revision') ?? undefined
  return Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end > start ? { start, end, revision } : undefined
}

/** Puts a place of a document into an address, which shows it beside the page; undefined takes out what is there. */
export function putSource(query: URLSearchParams, place: (Stretch & { readonly document_id: string }) | undefined): void {
  for (const name of ['source', ...names]) query.delete(name)
  if (!place) return
  query.set('source', place.document_id)
  for (const name of names) if (place[name] !== undefined) query.set(name, String(place[name]))
}
