import type { Clock, Log } from '@plinth/core'
import type { DatabaseSource } from './database/source.ts'
import { SqliteOperations } from './sqlite-operations.ts'
import { SqliteQueue } from './sqlite-queue.ts'
import { SqliteStateStore } from './sqlite-state-store.ts'

/** The adapters that share one database file. */
export interface SqliteAdapters {
  readonly state: SqliteStateStore
  readonly queue: SqliteQueue
  readonly operations: SqliteOperations
}

/** Joins them: a commit's jobs and events are in the file with it, so the store tells the others what arrived. */
export function sqliteAdapters(options: {
  readonly database: DatabaseSource
  readonly clock: Clock
  readonly log?: Log
}): SqliteAdapters {
  const queue = new SqliteQueue(options)
  const operations = new SqliteOperations(options)
  const state = new SqliteStateStore({
    ...options,
    onJobs: (jobs, position, now) => queue.arrived(jobs, position, now),
    onEvents: (events, position) => operations.committed(events, position),
  })
  return { state, queue, operations }
}
