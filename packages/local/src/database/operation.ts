/**
 * What the main thread asks of the writer, as plain data that crosses to its thread cheaply: tuples of texts, numbers and
 * bytes. Never SQL.
 * @module
 */

/** [key, ifVersion (-1: any, 0: absent), schema, expires or null, plain, sealed or null, list0, list1, list2]. */
export type PutTuple = readonly [
  key: string,
  ifVersion: number,
  schema: number,
  expires: number | null,
  plain: string,
  sealed: Uint8Array | null,
  list0: string | null,
  list1: string | null,
  list2: string | null,
]
/** [tenant, time, type, body]. */
export type EventTuple = readonly [tenant: string, time: number, type: string, body: string]
/** [queue, lane, tenant, due (0: now), body]. */
export type JobTuple = readonly [queue: string, lane: string, tenant: string, due: number, body: string]

export interface CommitOperation {
  readonly kind: 'commit'
  readonly now: number
  readonly puts: readonly PutTuple[]
  /** [key, ifVersion (-1: any)]. */
  readonly deletes: readonly (readonly [key: string, ifVersion: number])[]
  readonly checks: readonly (readonly [key: string, ifVersion: number])[]
  /** [key, amounts, max]. */
  readonly adds: readonly (readonly [
    key: string,
    amounts: Readonly<Record<string, number>>,
    max: Readonly<Record<string, number>> | null,
  ])[]
  readonly events: readonly EventTuple[]
  readonly jobs: readonly JobTuple[]
}

export type Operation =
  | CommitOperation
  | {
      readonly kind: 'add'
      readonly now: number
      readonly key: string
      readonly field: string
      readonly amount: number
      readonly max: number | null
    }
  | { readonly kind: 'send'; readonly jobs: readonly JobTuple[] }
  /** Removes jobs that are done and holds others back: [position, due]. */
  | {
      readonly kind: 'settle'
      readonly done: readonly number[]
      readonly later: readonly (readonly [position: number, due: number])[]
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
