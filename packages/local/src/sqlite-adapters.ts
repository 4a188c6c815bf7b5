import type { Clock, Log } from '@plinth/core'
import type { DatabaseSource } from './database/source.ts'
import { RecentRows } from './recent-rows.ts'
import { SqliteEventStream } from './sqlite-event-stream.ts'
import { SqliteOperations } from './sqlite-operations.ts'
import { SqliteQueue } from './sqlite-queue.ts'
import { SqliteStateStore } from './sqlite-state-store.ts'

/** The adapters that share one database file. */
export interface SqliteAdapters {
  readonly state: SqliteStateStore
  readonly queue: SqliteQueue
  readonly stream: SqliteEventStream
  readonly operations: SqliteOperations
}

/** Joins them: a commit's jobs and events are in the file with it, so the store tells the others what arrived, and operations what went. */
export function sqliteAdapters(options: {
  readonly database: DatabaseSource
  readonly clock: Clock
  readonly log?: Log
}): SqliteAdapters {
  const recent = options.database.alone ? { recent: new RecentRows() } : {}
  const queue = new SqliteQueue(options)
  const operations = new SqliteOperations({ ...options, ...recent, onJobsRemoved: (positions) => queue.removed(positions) })
  const state = new SqliteStateStore({
    ...options,
    ...recent,
    onJobs: (jobs, position, now) => queue.arrived(jobs, position, now),
    onEvents: (events, position) => operations.committed(events, position),
  })
  return { state, queue, operations, stream: new SqliteEventStream(options) }
}
