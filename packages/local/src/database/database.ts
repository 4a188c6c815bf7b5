import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ConflictError, InvalidInputError, LimitError, type PlinthError, UnavailableError } from '@plinth/core'
import type { Opened, WorkerOptions } from '../database-worker.ts'
import { Answers } from './answers.ts'
import type { Answer, Batch, Operation, Result } from './operation.ts'
import { asDamaged, asUnavailable, openForReading } from './schema.ts'
import type { DatabaseSource } from './source.ts'
import { type Step, tellerFor } from './steps.ts'

const operationsAtATime = 512

interface Waiting {
  readonly operation: Operation
  readonly synced: boolean
  resolve(value: unknown): void
  reject(error: unknown): void
}

export interface DatabaseOptions {
  readonly path: string
  /** Called once when the file can't be written any more; the process should end. */
  onFatal(error: PlinthError): void
  /** Called after a crash, when the file was looked through in the background: what was found, nothing if all is well. */
  onChecked?(problems: readonly string[]): void
  /** Most pages of the file, beyond which the disk counts as full; for tests. */
  readonly maxPages?: number
  /** How many pages the log holds before their content moves to the database. */
  readonly logPages?: number
  /** Told of each {@link Step} of each batch; for trials of crashes. */
  onStep?(step: Step): void
}

/**
 * The main thread's side of the database file: a connection that reads, and the way to the thread that writes. All that
 * is asked for while a transaction is on its way goes into the next one (group commit).
 */
export class Database implements DatabaseSource {
  readonly reader: DatabaseSync
  readonly alone = true
  /** Whether the last process that had the file ended in good order. */
  readonly clean: boolean
  readonly #worker: Worker
  readonly #options: DatabaseOptions
  #waiting: Waiting[] = []
  #onTheWay: Waiting[] = []
  readonly #answers = new Answers()
  #armed = false
  #ended: PlinthError | undefined
  #closing = false
  #closed: Promise<void> | undefined

  private constructor(options: DatabaseOptions, worker: Worker, opened: Opened) {
    this.#options = options
    this.#worker = worker
    this.clean = opened.clean
    this.reader = openForReading(options.path)
    worker.on('message', (answer: Answer | 'closed') => answer !== 'closed' && this.#answered(answer))
    worker.on('error', (error) => this.#end(asUnavailable(error)))
    worker.on('exit', () => this.#closing || this.#end(new UnavailableError('storage_failed', "The database's thread ended.")))
    if (!opened.clean && options.onChecked) checkInBackground(options.path, options.onChecked)
  }

  /** Opens the file, and makes it when absent. @throws PlinthError `newer_file`, `foreign_file`. */
  static open(options: DatabaseOptions): Promise<Database> {
    const { path, maxPages, logPages, onStep } = options
    const worker = startWorker({
      path,
      task: 'write',
      ...(maxPages === undefined ? {} : { maxPages }),
      ...(logPages === undefined ? {} : { logPages }),
      ...(onStep === undefined ? {} : { steps: tellerFor(onStep) }),
    })
    return new Promise((resolve, reject) => {
      worker.once('error', (error) => reject(asDamaged(error, path)))
      worker.once('message', (opened: Opened) => {
        worker.removeAllListeners('error')
        try {
          resolve(new Database(options, worker, opened))
        } catch (error) {
          void worker.terminate()
          reject(error)
        }
      })
    })
  }

  /**
   * Asks the writer for one operation.
   * @param synced resolve only when it is on stable storage.
   * @throws ConflictError, LimitError, UnavailableError; nothing was changed then.
   */
  submit(operation: Operation, synced: boolean): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, synced, resolve, reject })
      this.#arm()
    })
  }

  /** For how long the oldest answer that is there hasn't been given, milliseconds: this thread has more to do than it can. */
  lateness(): number {
    return this.#answers.lateness()
  }

  /** Waits for what was asked, then closes in good order; again waits for the same end. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /** Leaves the file as a process that dies does, so that the next start looks through it. */
  async abandon(): Promise<void> {
    this.#closing = true
    this.reader.close()
    this.#ended ??= new UnavailableError('closed', 'The database is closed.')
    await this.#worker.terminate()
  }

  async #close(): Promise<void> {
    while (!this.#ended && this.#waiting.length + this.#onTheWay.length + this.#answers.waiting > 0)
      await new Promise<void>((resolve) => setImmediate(resolve))
    this.#closing = true
    this.reader.close()
    const open = this.#ended === undefined
    // From here on: what is asked while the thread closes would reach a database that is closed, and count as its failure.
    this.#ended ??= new UnavailableError('closed', 'The database is closed.')
    if (open) {
      const closed = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()))
      this.#worker.postMessage('close')
      await closed
    }
  }

  // One batch at a time; setImmediate lets everything that this turn of the loop asks for join it.
  #arm(): void {
    if (this.#armed || this.#onTheWay.length > 0) return
    this.#armed = true
    setImmediate(() => {
      this.#armed = false
      this.#send()
    })
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#ended) return
    this.#onTheWay = this.#waiting.splice(0, operationsAtATime)
    const batch: Batch = {
      synced: this.#onTheWay.some((one) => one.synced),
      operations: this.#onTheWay.map((one) => one.operation),
    }
    this.#options.onStep?.('sending')
    this.#worker.postMessage(batch)
  }

  #answered(answer: Answer): void {
    this.#options.onStep?.('answered')
    const answered = this.#onTheWay
    this.#onTheWay = []
    const results = 'failed' in answer ? answered.map((): Result => answer) : answer.results
    this.#answers.add(answered.map((one, index) => () => settle(one, results[index])))
    const fatal = results.find((result) => 'failed' in result && result.failed.fatal)
    if (fatal) {
      this.#answers.giveAll()
      this.#end(refusal(fatal))
    }
    if (this.#waiting.length > 0) this.#arm()
  }

  #end(error: PlinthError): void {
    if (this.#ended) return
    this.#ended = error
    for (const one of [...this.#onTheWay, ...this.#waiting]) one.reject(error)
    this.#onTheWay = []
    this.#waiting = []
    this.#options.onFatal(error)
  }
}

function settle(one: Waiting, result: Result | undefined): void {
  if (result && 'ok' in result) one.resolve(result.ok)
  else one.reject(refusal(result ?? { ok: undefined }))
}

function refusal(result: Result): PlinthError {
  if ('failed' in result) return asUnavailable(result.failed)
  if ('conflict' in result) return new ConflictError(nameOf(result.conflict))
  if ('limit' in result) return new LimitError(nameOf(result.limit))
  if ('notNumber' in result) {
    return new InvalidInputError(`Something that is no number can't be added to in ${nameOf(result.notNumber)}.`, {
      code: 'invalid_change',
    })
  }
  return new UnavailableError('storage_failed', "The database's thread gave no answer.")
}

/** A key without its tenant. */
function nameOf(key: string): string {
  return key.split('\x1f').slice(1).join('/')
}

function startWorker(options: WorkerOptions): Worker {
  // A thread takes over the process's flags, and some, such as --input-type, it can't start with.
  const execArgv = process.execArgv.filter((flag) => flag.startsWith('--conditions='))
  const transferList = options.steps ? [options.steps.port] : []
  return new Worker(fileURLToPath(import.meta.resolve('@plinth/local/worker')), { workerData: options, execArgv, transferList })
}

function checkInBackground(path: string, report: (problems: readonly string[]) => void): void {
  const worker = startWorker({ path, task: 'check' })
  worker.unref()
  worker.once('message', report)
  worker.once('error', (error) => report([error.message]))
}
