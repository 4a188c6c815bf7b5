/**
 * The writer's thread: the one connection that writes, one transaction a batch. With 'synced' in a batch its commit is
 * flushed to stable storage before the answer; without, the flush is left to a later one.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads'
import { eraseRemoved } from './database/erase.ts'
import { countCutOffs } from './database/job-table.ts'
import type { Answer, Batch, Failure, Operation, Result } from './database/operation.ts'
import { damageIn, isFatal, openForReading, openForWriting } from './database/schema.ts'
import { type StepTeller, tellStep } from './database/steps.ts'
import { Writer } from './database/writer.ts'

export interface WorkerOptions {
  readonly path: string
  /** 'write' serves batches; 'check' looks through the file once and ends. */
  readonly task: 'write' | 'check'
  /** Most pages of the file; for tests of a full disk. */
  readonly maxPages?: number
  readonly logPages?: number
  readonly steps?: StepTeller
}

export interface Opened {
  /** Whether the last writer closed the file in good order. */
  readonly clean: boolean
}

const options = workerData as WorkerOptions
const port = parentPort
if (!port) throw new Error('database-worker runs in a worker thread.')
if (options.task === 'check') check()
else serve()

function check(): void {
  const database = openForReading(options.path)
  const damage = damageIn(database, 'quick_check')
  database.close()
  port?.postMessage(damage)
}

function serve(): void {
  const database = openForWriting(options.path, options.logPages)
  if (options.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${options.maxPages}`)
  const clean = Number(database.prepare("SELECT value FROM meta WHERE name = 'clean'").get()?.value) === 1
  database.exec("UPDATE meta SET value = 0 WHERE name = 'clean'")
  countCutOffs(database)
  const writer = new Writer(database)
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  let synced = true

  const run = (batch: Batch): Answer => {
    if (batch.synced !== synced) {
      database.exec(`PRAGMA synchronous = ${batch.synced ? 'FULL' : 'NORMAL'}`)
      synced = batch.synced
    }
    try {
      return { results: transact(batch.operations) }
    } catch (error) {
      const failure = failureOf(error)
      if (failure.fatal) return { failed: failure }
      undo()
      // One operation that can't be done, or that doesn't fit, must not fail those that happened to be asked for with it.
      return { results: batch.operations.map(alone) }
    }
  }
  const transact = (operations: readonly Operation[]): readonly Result[] => {
    begin.run()
    const results = operations.map((operation) => writer.apply(operation))
    writer.finish()
    if (options.steps) tellStep(options.steps, 'before-commit')
    commit.run()
    if (options.steps) tellStep(options.steps, 'after-commit')
    return results
  }
  const alone = (operation: Operation): Result => {
    try {
      return transact([operation])[0] ?? { ok: undefined }
    } catch (error) {
      undo()
      return { failed: failureOf(error) }
    }
  }
  /** Erases, where that was asked for, when the transaction is over. */
  const erased = (batch: Batch, answer: Answer): Answer => {
    if ('failed' in answer || batch.operations.every(({ kind }) => kind !== 'erase')) return answer
    const erasure = erase()
    return { results: answer.results.map((result, index) => (batch.operations[index]?.kind === 'erase' ? erasure : result)) }
  }
  const erase = (): Result => {
    try {
      return { ok: eraseRemoved(database) }
    } catch (error) {
      return { failed: failureOf(error) }
    }
  }
  const undo = (): void => {
    if (database.isTransaction) database.exec('ROLLBACK')
    writer.forget()
  }

  port?.on('message', (message: Batch | 'close') => {
    if (message !== 'close') return port?.postMessage(erased(message, run(message)))
    database.exec('PRAGMA synchronous = FULL')
    database.exec("UPDATE meta SET value = 1 WHERE name = 'clean'; PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    port?.postMessage('closed')
    port?.close()
  })
  port?.postMessage({ clean } satisfies Opened)
}

function failureOf(error: unknown): Failure {
  const { message, errcode } = error as { message: string; errcode?: number }
  return { message, errcode, fatal: isFatal(error) }
}
