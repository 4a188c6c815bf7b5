import type { DatabaseSync } from 'node:sqlite'
import type { Operation } from './operation.ts'

/** What adapters need of a database: a connection that reads, and a way to ask for changes. */
export interface DatabaseSource {
  readonly reader: DatabaseSync
  submit(operation: Operation, synced: boolean): Promise<unknown>
}
