import type {
  Candidate,
  DocumentVersion,
  Found,
  IndexedChunk,
  IndexedDocument,
  SearchIndex,
  SearchQuery,
} from '../ports/search-index.ts'

/** A document of one chunk a text. */
export function documentOf(
  document: string,
  texts: readonly string[],
  parts: Partial<Omit<IndexedDocument, 'document' | 'chunks'>> & { readonly context?: string } = {},
): IndexedDocument {
  const { context = '', ...rest } = parts
  let start = 0
  const chunks = texts.map((text): IndexedChunk => {
    const chunk = { start, end: start + text.length, text, context }
    start = chunk.end + 1
    return chunk
  })
  return { document, version: 'v1', attributes: {}, ...rest, chunks }
}

export function versionOf(document: string, version = 'v1'): DocumentVersion {
  return { document, version }
}

/** Asked by a user without groups, in words. */
export function ask(text: string, parts: Partial<SearchQuery> = {}): SearchQuery {
  return { texts: text === '' ? [] : [{ text, weight: 1 }], reader: { user: 'nobody', groups: new Set() }, limit: 10, ...parts }
}

/** What was found, as `document/ordinal`. */
export function placesOf(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ document, ordinal }) => `${document}/${ordinal}`)
}

export async function wordsFound(
  index: SearchIndex,
  tenant: string,
  text: string,
  parts: Partial<SearchQuery> = {},
): Promise<string[]> {
  return placesOf((await index.search(tenant, ask(text, parts))).lexical)
}

/** Everything but the mark, which differs between equal answers. */
export function answerOf({ lexical, dense, lexicalBound }: Found): Omit<Found, 'mark'> {
  return { lexical, dense, lexicalBound }
}

/** Maintains until there is nothing left to do. */
export async function maintainAll(index: SearchIndex, tenant: string): Promise<void> {
  for (let step = 0; await index.maintain(tenant); step++) if (step > 1_000) throw new Error('Maintenance has no end.')
}

/** A vector that points to a place on a circle, given in degrees. */
export function pointing(degrees: number, length = 1): Float32Array {
  const radians = (degrees / 180) * Math.PI
  return Float32Array.of(Math.cos(radians) * length, Math.sin(radians) * length)
}
