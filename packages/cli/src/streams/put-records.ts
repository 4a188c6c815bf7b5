import { setTimeout as pause } from 'node:timers/promises'
import { PlinthError } from '@plinth/core'
import type { Client } from '../client.ts'
import type { RowSource } from './read-rows.ts'
import { type FieldNames, type NewRecord, recordOf } from './row-record.ts'

/** A line that didn't become a record of the stream. */
export interface RejectedLine {
  readonly file: string
  readonly line: number
  readonly error: { readonly code: string; readonly message: string; readonly field?: string }
}

export interface PutResult {
  readonly accepted: number
  readonly rejected: number
  /** The first {@link mostListed} of them. */
  readonly lines: readonly RejectedLine[]
}

const mostListed = 1_000
/** What one call holds at most: the server lists a thousand of the records that it rejects. */
const together = { records: 1_000, characters: 4 * 1024 * 1024 } as const
/** How often what a busy stream gave back is sent again. */
const mostTries = 20
const firstPause = 250
const longestPause = 5_000

interface Sent {
  readonly file: string
  readonly line: number
  readonly record: NewRecord
}

interface Answer {
  readonly accepted: number
  readonly rejected: readonly {
    readonly index: number
    readonly error: RejectedLine['error'] & { readonly retryable: boolean }
  }[]
}

/**
 * Sends the rows of a source to a stream, in order, some at a time. Nothing more is read while some are on their way; a server that is
 * slow, or restarts, is waited for. Each record has an id, so that one that is sent twice counts once.
 */
export class RecordSender {
  readonly #client: Pick<Client, 'callPatiently'>
  readonly #path: string
  #waiting: Sent[] = []
  #characters = 0
  #accepted = 0
  #rejected = 0
  readonly #lines: RejectedLine[] = []

  /** @param path of the stream's records. */
  constructor(client: Pick<Client, 'callPatiently'>, path: string) {
    this.#client = client
    this.#path = path
  }

  get result(): PutResult {
    return { accepted: this.#accepted, rejected: this.#rejected, lines: this.#lines }
  }

  /** @param told after each call. */
  async send(source: RowSource, names: FieldNames, told: () => void): Promise<void> {
    for await (const row of source.rows) {
      const record = recordOf(row, names, source.name)
      if ('fault' in record) {
        this.#reject({ file: source.name, line: row.line, error: { code: 'invalid_row', message: record.fault } })
        continue
      }
      this.#waiting.push({ file: source.name, line: row.line, record })
      this.#characters += row.text.length
      if (this.#waiting.length < together.records && this.#characters < together.characters) continue
      await this.#flush()
      told()
    }
    await this.#flush()
    told()
  }

  async #flush(): Promise<void> {
    let left = this.#waiting
    this.#waiting = []
    this.#characters = 0
    for (let attempt = 1; left.length > 0; attempt++) {
      const sent = left
      const records = sent.map(({ record }) => record)
      const answer = (await this.#client.callPatiently('POST', this.#path, { body: { records } })) as Answer
      this.#accepted += answer.accepted
      left = []
      for (const { index, error } of answer.rejected) {
        const one = sent[index]
        if (!one) throw new PlinthError('not_plinth', 'The server names a record that it was not sent.', false)
        if (error.retryable && attempt < mostTries) left.push(one)
        else this.#reject({ file: one.file, line: one.line, error })
      }
      if (left.length > 0) await pause(Math.min(longestPause, firstPause * 2 ** (attempt - 1)))
    }
  }

  #reject(line: RejectedLine): void {
    this.#rejected += 1
    if (this.#lines.length < mostListed) this.#lines.push(line)
  }
}
