import { uuid } from '../ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoredRecord } from '../scope/record.ts'
import { insert, type RecordWrite, type State, update } from '../scope/state.ts'
import { type HeadFields, searchHeads } from './collections.ts'

export type HeadRecord = StoredRecord<HeadFields, Record<never, never>>

/** The partition of everything that isn't about one document. */
export const wholeIndex = 'index'

export function readHead(state: State): Promise<HeadRecord | undefined> {
  return state.get(searchHeads, { partition: wholeIndex })
}

/** Replaces the head, or makes it; the commit conflicts when somebody else did meanwhile. */
export function writeHead(record: HeadRecord | undefined, fields: HeadFields): RecordWrite {
  return record ? update(searchHeads, record, fields) : insert(searchHeads, { partition: wholeIndex }, fields)
}

/** The head as it is next, before what a change does to it. */
export function nextHead(record: HeadRecord | undefined, clock: Clock): HeadFields {
  const { fields } = record ?? {}
  if (fields) return { ...fields, sequence: fields.sequence + 1 }
  return { origin: uuid(clock), sequence: 1, flips: 0, documents: 0, chunks: 0, next_generation: 1, spaces: [] }
}

/** What a search found can be found again while this stays. */
export function markOf(record: HeadRecord | undefined): string {
  return record ? `${record.fields.origin}.${record.version}` : 'empty'
}

/** A sequence as part of a key, in order. */
export function sequenceKey(sequence: number): string {
  return sequence.toString().padStart(13, '0')
}

/** Behind all keys that begin with the sequence. */
export function behindSequence(sequence: number): string {
  return `${sequenceKey(sequence)}~`
}
