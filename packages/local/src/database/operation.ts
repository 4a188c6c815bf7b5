/**
 * What the main thread asks of the writer, as plain data that crosses to its thread cheaply. Never SQL.
 * @module
 */

/** What a flat message is made of. */
export type Field = string | number | null | Uint8Array

/**
 * One commit, as one flat array: a message of small arrays and objects takes twice as long to put together and to take apart
 * (measured for an accepted request: 5.4 µs, flat 2.2). {@link commitFields} names its parts.
 */
export type CommitOperation = readonly Field[]

/** How many fields each part of a commit has; the parts follow each other in this order, behind the header. */
export const commitFields = {
  /** When, and how many of each part below. */
  header: 7,
  /** key, ifVersion ({@link anyVersion}, 0: absent), schema, expires or null, plain, sealed or null, list0, list1, list2. */
  put: 9,
  /** key, ifVersion. */
  delete: 2,
  /** key, ifVersion. */
  check: 2,
  /** key, amounts as JSON, most as JSON or null, expires or null. */
  add: 4,
  /** tenant, time, type, body. */
  event: 4,
  /** queue, lane, tenant, due (0: now), body. */
  job: 5,
} as const

/** No version is asked for. */
export const anyVersion = -1

/** partition, time, data. */
export const entryFields = 3

/** What a commit came to: the position of the first thing that it emitted, then the sequence of each event. */
export type Emitted = readonly number[]

/** Where a ready job is; several of them make one flat array. */
export const placeFields = 4
export type JobPlace = readonly [queue: string, lane: string, tenant: string, position: number]

export type Operation =
  | { readonly kind: 'commit'; readonly fields: CommitOperation }
  | {
      readonly kind: 'add'
      readonly now: number
      readonly key: string
      readonly field: string
      readonly amount: number
      readonly max: number | null
    }
  /** Jobs, flat, in the form that they have in a commit. Answers with the position of the first. */
  | { readonly kind: 'send'; readonly jobs: readonly Field[] }
  /** The jobs that this process has in hand from now on, as places. A start counts those that it finds here as cut off. */
  | { readonly kind: 'taken'; readonly places: readonly Field[] }
  /** Removes jobs that are done, and holds others back: their places, each with when they are due and whether they were cut off. */
  | {
      readonly kind: 'settle'
      readonly done: readonly JobPlace[]
      readonly later: readonly (readonly [place: JobPlace, due: number, cutOff: 0 | 1])[]
    }
  /** Makes jobs ready that have fallen due. */
  | { readonly kind: 'promote'; readonly now: number }
  | { readonly kind: 'relayed'; readonly position: number }
  | { readonly kind: 'removeExpired'; readonly now: number; readonly limit: number }
  /** Removes events up to a position, but those that are listed. */
  | {
      readonly kind: 'trimEvents'
      readonly before: number
      readonly upTo: number
      readonly except: readonly number[]
      readonly limit: number
    }
  /** Removes a tenant's jobs and events, the records between these pairs of keys, and its sequence. Answers with {@link Removed}. */
  | {
      readonly kind: 'removeTenant'
      readonly tenant: string
      readonly ranges: readonly (readonly [from: string, to: string])[]
      readonly limit: number
    }
  /** Puts entries at the end of a tenant's logs, flat: {@link entryFields}. Answers with the position of the first. */
  | { readonly kind: 'append'; readonly tenant: string; readonly entries: readonly Field[] }
  | { readonly kind: 'keepLog'; readonly tenant: string; readonly partition: string; readonly position: number }
  /** Removes entries of before a time that are kept. Answers how many. */
  | { readonly kind: 'trimEntries'; readonly before: number; readonly limit: number }
  /** Removes one of a tenant's logs, or all. Answers how many entries it removed; with 0 nothing is left. */
  | { readonly kind: 'removeLogs'; readonly tenant: string; readonly partition: string | null; readonly limit: number }
  /** Leaves nothing of what was removed in the file or its log. Answers whether it could; a reader beside may be in the way. */
  | { readonly kind: 'erase' }

/** How much was removed of a tenant, and where its jobs were that were ready. */
export interface Removed {
  readonly amount: number
  readonly jobs: readonly number[]
}

/** What one operation came to. */
export type Result =
  | { readonly ok: unknown }
  /** The key of the record that was in the way. */
  | { readonly conflict: string }
  | { readonly limit: string }
  /** A field of that record is no number. */
  | { readonly notNumber: string }
  | { readonly failed: Failure }

/** Jobs that became ready: [queue, lane, tenant, how many]. */
export type ReadyTuple = readonly [queue: string, lane: string, tenant: string, amount: number]

/** What SQLite said. After a fatal failure the file must not be written again. */
export interface Failure {
  readonly message: string
  readonly errcode: number | undefined
  readonly fatal: boolean
}

export interface Batch {
  /** Whether any of the operations must be on stable storage before the answer. */
  readonly synced: boolean
  readonly operations: readonly Operation[]
}

export type Answer =
  | { readonly results: readonly Result[] }
  /** Nothing of the batch was kept. */
  | { readonly failed: Failure }
