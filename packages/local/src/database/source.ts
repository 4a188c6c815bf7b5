import type { DatabaseSync } from 'node:sqlite'
import type { Operation } from './operation.ts'

/** What adapters need of a database: a connection that reads, and a way to ask for changes. */
export interface DatabaseSource {
  readonly reader: DatabaseSync
  /** Whether nobody but this process writes the file: then what it wrote last is what stands there. */
  readonly alone: boolean
  submit(operation: Operation, synced: boolean): Promise<unknown>
}
