import type { StoredRecord } from '../scope/record.ts'
import type { SegmentFields } from './collections.ts'
import type { DocumentTable } from './document-table.ts'
import { LexicalSegment } from './lexical-segment.ts'
import type { Slices } from './slices.ts'
import { VectorSegment } from './vector-segment.ts'

export type SegmentRecord = StoredRecord<SegmentFields, Record<never, never>>

let slots = 0

/** Where each document of a segment stands on the other side: in which part (by its slot, 0 for none) and there which one it is. */
export interface Links {
  readonly slots: Uint32Array
  readonly documents: Uint16Array
}

/** A segment in memory with what isn't in its bytes: which of its documents were removed, and where they are on the other side. */
export abstract class Part {
  readonly record: SegmentRecord
  /** A number of its own in this process. */
  readonly slot: number = ++slots
  /** 1 for documents that were removed; absent when none were. */
  removed: Uint8Array | undefined
  liveRows: number
  /** When the first of those was, milliseconds UTC. */
  removedAt: number = Number.POSITIVE_INFINITY
  abstract readonly documents: DocumentTable
  abstract readonly bytes: number

  constructor(record: SegmentRecord) {
    this.record = record
    this.liveRows = record.fields.chunks
  }

  /** Takes a version out that was removed at a sequence, if it is in here from before. @param time when that was. */
  remove(name: Uint8Array, sequence: number, time: number): void {
    if (sequence <= this.record.fields.since) return
    for (const document of this.documents.find(name)) {
      this.removedAt = Math.min(this.removedAt, time)
      this.removed ??= new Uint8Array(this.documents.count)
      if (this.removed[document] === 1) continue
      this.removed[document] = 1
      this.liveRows -= this.documents.rowsOf(document)
      this.leave(document)
    }
  }

  /** Whether something of a version that was removed at a sequence is in here still. */
  holds(name: Uint8Array, sequence: number): boolean {
    return sequence > this.record.fields.since && this.documents.find(name).next().done === false
  }

  protected leave(_document: number): void {}
}

export class LexicalPart extends Part {
  readonly segment: LexicalSegment
  /** The sum of the lengths of the chunks that weren't removed. */
  liveWords: number
  /** By the space's generation. */
  readonly links: Map<number, Links> = new Map()

  constructor(record: SegmentRecord, packed: Uint8Array<ArrayBuffer>) {
    super(record)
    this.segment = new LexicalSegment(packed)
    this.liveWords = 0
    for (const length of this.segment.lengths) this.liveWords += length
  }

  get documents(): DocumentTable {
    return this.segment.documents
  }

  get bytes(): number {
    return this.segment.bytes + this.links.size * this.documents.count * 6
  }

  protected override leave(document: number): void {
    const { firstRow } = this.documents
    for (let row = firstRow[document] ?? 0; row < (firstRow[document + 1] ?? 0); row++)
      this.liveWords -= this.segment.lengths[row] ?? 0
  }
}

export class VectorPart extends Part {
  readonly segment: VectorSegment
  readonly links: Links

  constructor(record: SegmentRecord, packed: Uint8Array<ArrayBuffer>) {
    super(record)
    this.segment = new VectorSegment(packed)
    this.links = noLinks(this.documents.count)
  }

  get generation(): number {
    return this.record.fields.generation
  }

  get documents(): DocumentTable {
    return this.segment.documents
  }

  get bytes(): number {
    return this.segment.bytes + this.documents.count * 6
  }
}

/** Two parts, and which of their documents are the same. */
export interface Linked {
  readonly lexical: LexicalPart
  readonly vector: VectorPart
  /** In turns: one of the left part, one of the right. */
  readonly pairs: readonly number[]
}

/** Finds out, in slices, what {@link link} needs. */
export async function findLinks(lexical: LexicalPart, vector: VectorPart, slices: Slices): Promise<Linked> {
  const [left, right] = [lexical.documents, vector.documents]
  const few = 16
  const pairs: number[] = []
  if (left.count * few < right.count) await lookUp(left, right, slices, (one, other) => pairs.push(one, other))
  else if (right.count * few < left.count) await lookUp(right, left, slices, (other, one) => pairs.push(one, other))
  else await walk(left, right, slices, (one, other) => pairs.push(one, other))
  return { lexical, vector, pairs }
}

/** Tells two parts where their documents are in each other. What was removed is left out. */
export function link({ lexical, vector, pairs }: Linked): void {
  const back = lexical.links.get(vector.generation) ?? noLinks(lexical.documents.count)
  lexical.links.set(vector.generation, back)
  for (let at = 0; at < pairs.length; at += 2) {
    const left = pairs[at] as number
    const right = pairs[at + 1] as number
    if (lexical.removed?.[left] === 1 || vector.removed?.[right] === 1) continue
    vector.links.slots[right] = lexical.slot
    vector.links.documents[right] = left
    back.slots[left] = vector.slot
    back.documents[left] = right
  }
}

type Visit = (left: number, right: number) => void

async function lookUp(few: DocumentTable, many: DocumentTable, slices: Slices, found: Visit): Promise<void> {
  for (let document = 0; document < few.count; document++) {
    for (const other of many.find(few.name(document))) found(document, other)
    const pause = slices.step(2_000)
    if (pause) await pause
  }
}

/** Both by name, side by side. */
async function walk(left: DocumentTable, right: DocumentTable, slices: Slices, found: Visit): Promise<void> {
  let leftPlace = 0
  let rightPlace = 0
  while (leftPlace < left.count && rightPlace < right.count) {
    const leftDocument = left.order[leftPlace] ?? 0
    const difference = left.compareNames(leftDocument, right, right.order[rightPlace] ?? 0)
    if (difference > 0) rightPlace++
    if (difference === 0) {
      // A document that fills several segments may have several parts in one.
      let place = rightPlace
      do found(leftDocument, right.order[place++] ?? 0)
      while (place < right.count && left.compareNames(leftDocument, right, right.order[place] ?? 0) === 0)
    }
    if (difference <= 0) leftPlace++
    const pause = slices.step(100)
    if (pause) await pause
  }
}

function noLinks(count: number): Links {
  return { slots: new Uint32Array(count), documents: new Uint16Array(count) }
}
