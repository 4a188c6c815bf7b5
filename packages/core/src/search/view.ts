import type { DocumentVersion, SearchFilter, SearchQuery } from '../ports/search-index.ts'
import type { SpaceFields } from './collections.ts'
import { attributeKey, groupKey, userKey, valuesOf } from './document-keys.ts'
import { type HeadRecord, markOf } from './head.ts'
import type { LexicalSegment } from './lexical-segment.ts'
import type { LexicalPart, Links, Part, VectorPart } from './parts.ts'

/** So many filters and readers are remembered with what they may find. */
const rememberedMasks = 16

/** Of each part, by its slot: 1 for documents that may be found. A part that has none may be found whole. */
export type Mask = ReadonlyMap<number, Uint8Array>

/** A chunk, found in a part. */
export interface Place<Kind extends Part> {
  readonly part: Kind
  readonly row: number
}

/** An index at one moment: what a search works on, in one go. */
export class View {
  readonly head: HeadRecord | undefined
  readonly mark: string
  readonly lexical: readonly LexicalPart[]
  /** Of all spaces that are there. */
  readonly vectors: readonly VectorPart[]
  /** Chunks that weren't removed, and the mean of their lengths. */
  readonly chunks: number
  readonly meanLength: number
  readonly bytes: number
  readonly #bySlot = new Map<number, Part>()
  readonly #masks = new Map<string, Mask>()

  constructor(head: HeadRecord | undefined, lexical: readonly LexicalPart[], vectors: readonly VectorPart[]) {
    this.head = head
    this.mark = markOf(head)
    this.lexical = lexical
    this.vectors = vectors
    const sum = (of: (part: LexicalPart) => number): number => lexical.reduce((total, part) => total + of(part), 0)
    this.chunks = sum(({ liveRows }) => liveRows)
    this.meanLength = this.chunks === 0 ? 1 : Math.max(1, sum(({ liveWords }) => liveWords) / this.chunks)
    this.bytes = [...lexical, ...vectors].reduce((total, { bytes }) => total + bytes, 0)
    for (const part of [...lexical, ...vectors]) this.#bySlot.set(part.slot, part)
  }

  space(name: string): SpaceFields | undefined {
    return this.head?.fields.spaces.find((space) => space.name === name)
  }

  vectorsOf(generation: number): VectorPart[] {
    return this.vectors.filter((part) => part.generation === generation)
  }

  /** What a reader may find that passes the filter. */
  mask(reader: SearchQuery['reader'], filter: SearchFilter | undefined): Mask {
    const asked = Object.entries(filter ?? {}).sort(([left], [right]) => (left < right ? -1 : 1))
    // Where no document has an access list, all readers are one.
    const guarded = this.lexical.some(({ segment }) => segment.guarded)
    const key = JSON.stringify([asked, guarded ? [reader.user, [...reader.groups].sort()] : null])
    let mask = this.#masks.get(key)
    if (mask) this.#masks.delete(key)
    else mask = this.#makeMask(reader, filter)
    this.#masks.set(key, mask)
    for (const [oldest] of this.#masks) if (this.#masks.size > rememberedMasks) this.#masks.delete(oldest)
    return mask
  }

  /** Where a chunk's words are, of a chunk that has a vector. */
  wordsAt(vector: VectorPart, row: number): Place<LexicalPart> | undefined {
    const document = vector.documents.documentOf[row] ?? 0
    return this.#opposite(vector, row, document, vector.links, this.lexical)
  }

  /** Where a chunk's vector is. */
  vectorAt(lexical: LexicalPart, row: number, generation: number): Place<VectorPart> | undefined {
    const links = lexical.links.get(generation)
    if (!links) return undefined
    const document = lexical.documents.documentOf[row] ?? 0
    return this.#opposite(lexical, row, document, links, this.vectorsOf(generation))
  }

  #opposite<Kind extends Part>(
    from: Part,
    row: number,
    document: number,
    links: Links,
    parts: readonly Kind[],
  ): Place<Kind> | undefined {
    const part = this.#bySlot.get(links.slots[document] ?? 0) as Kind | undefined
    if (!part) return undefined
    const ordinal = from.documents.ordinal(row)
    const near = part.documents.rowOf(links.documents[document] ?? 0, ordinal)
    if (near >= 0) return { part, row: near }
    // A document that fills several segments.
    const name = from.documents.name(document)
    for (const other of parts) {
      const there = other.documents.findRow(name, ordinal)
      if (there >= 0 && other.removed?.[other.documents.documentOf[there] ?? 0] !== 1) return { part: other, row: there }
    }
    return undefined
  }

  #makeMask(reader: SearchQuery['reader'], filter: SearchFilter | undefined): Mask {
    const mask = new Map<number, Uint8Array>()
    for (const part of this.lexical) {
      const allowed = allowedDocuments(part, reader, filter)
      if (allowed) mask.set(part.slot, allowed)
    }
    for (const part of this.vectors) mask.set(part.slot, this.#opposites(part, mask))
    return mask
  }

  /** Of vectors, those of documents that may be found. */
  #opposites({ documents, links, removed }: VectorPart, mask: Mask): Uint8Array {
    const allowed = new Uint8Array(documents.count)
    let slot = -1
    let known = false
    let there: Uint8Array | undefined
    for (let document = 0; document < allowed.length; document++) {
      if (removed?.[document] === 1) continue
      const at = links.slots[document] ?? 0
      if (at !== slot) {
        slot = at
        known = this.#bySlot.has(slot)
        there = mask.get(slot)
      }
      if (known) allowed[document] = there ? (there[links.documents[document] ?? 0] ?? 0) : 1
    }
    return allowed
  }
}

/** Undefined for all. */
function allowedDocuments(
  part: LexicalPart,
  reader: SearchQuery['reader'],
  filter: SearchFilter | undefined,
): Uint8Array | undefined {
  const { segment, removed } = part
  const masks = Object.entries(filter ?? {}).map(([field, wanted]) => valued(segment, field, wanted))
  if (segment.guarded) masks.push(readable(segment, reader))
  if (removed) masks.push(removed.map((gone) => 1 - gone))
  const [first, ...rest] = masks
  if (!first) return undefined
  for (const mask of rest)
    for (let document = 0; document < first.length; document++) first[document] = (first[document] ?? 0) & (mask[document] ?? 0)
  return first
}

function valued(segment: LexicalSegment, field: string, wanted: SearchFilter[string]): Uint8Array {
  const mask = new Uint8Array(segment.documents.count)
  for (const value of valuesOf(wanted))
    for (const document of segment.keys.documents(attributeKey(field, value))) mask[document] = 1
  return mask
}

function readable(segment: LexicalSegment, { user, groups }: SearchQuery['reader']): Uint8Array {
  const mask = segment.open.slice()
  for (const key of [userKey(user), ...Array.from(groups, groupKey)])
    for (const document of segment.keys.documents(key)) mask[document] = 1
  return mask
}

/** A chunk with what decides its place among the best. */
export interface Ranked {
  readonly version: DocumentVersion
  readonly ordinal: number
  readonly place: Place<LexicalPart>
  readonly score: number
}

/** Best first; of equals by document, version and ordinal. */
export function compareRanked(left: Ranked, right: Ranked): number {
  if (left.score !== right.score) return right.score - left.score
  return (
    compareTexts(left.version.document, right.version.document) ||
    compareTexts(left.version.version, right.version.version) ||
    left.ordinal - right.ordinal
  )
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

export function rankedOf(place: Place<LexicalPart>, score: number): Ranked {
  const { documents } = place.part
  const version = documents.version(documents.documentOf[place.row] ?? 0)
  return { version, ordinal: documents.ordinal(place.row), place, score }
}
