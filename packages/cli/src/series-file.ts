import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { InvalidInputError } from '@plinth/core'
import Papa from 'papaparse'

/** A value of a series at its time. */
export interface SeriesRow {
  /** Counted from 1; the header is line 1. */
  readonly line: number
  /** As it is written. */
  readonly timestamp: string
  /** Milliseconds UTC. */
  readonly time: number
  readonly value: number
  /** The value as it is written. */
  readonly written: string
}

/**
 * Reads CSV with a header in which columns `timestamp` and `value` are named, row by row; other columns are passed over.
 * @param told how many bytes are read, as it goes on.
 * @throws InvalidInputError naming file and line, at the first row that can't be read.
 */
export async function* readSeries(file: string, told: (bytes: number) => void = () => {}): AsyncGenerator<SeriesRow> {
  const source = createReadStream(file, 'utf8')
  let line = 1
  let columns: { readonly timestamp: number; readonly value: number } | undefined
  try {
    for await (const rows of batchesOf(source)) {
      for (const fields of rows) {
        const here = line
        line += 1
        for (const field of fields) if (field.includes('\n')) line += field.split('\n').length - 1
        if (fields.length === 1 && fields[0]?.trim() === '') continue
        if (!columns) columns = columnsOf(fields, file, here)
        else yield rowOf(fields, columns, file, here)
      }
      told(source.bytesRead)
    }
  } catch (error) {
    throw error instanceof InvalidInputError ? error : unreadable(file, error)
  } finally {
    source.destroy()
  }
  if (!columns) throw wrong(file, 1, 'the header timestamp,value is expected, and the file is empty.')
}

/** The rows of a piece of the file at a time; the next piece is read when they are taken. */
function batchesOf(source: Readable): ReadableStream<readonly (readonly string[])[]> {
  let resume: (() => void) | undefined
  // Whoever reads leaves at the first bad row; the parser may be on its way to the next piece then.
  let isLeft = false
  return new ReadableStream({
    start(controller) {
      Papa.parse<readonly string[]>(source, {
        delimiter: ',',
        chunk({ data }, parser) {
          if (isLeft) return parser.abort()
          parser.pause()
          // It can be resumed when this has returned.
          resume = () => setImmediate(() => parser.resume())
          controller.enqueue(data)
        },
        complete: () => isLeft || controller.close(),
        error: (error) => controller.error(error),
      })
    },
    pull() {
      resume?.()
      resume = undefined
    },
    cancel() {
      isLeft = true
    },
  })
}

function columnsOf(names: readonly string[], file: string, line: number): { readonly timestamp: number; readonly value: number } {
  const found = names.map((name) =>
    name
      .replace(/^\uFEFF/, '')
      .trim()
      .toLowerCase(),
  )
  const columns = { timestamp: found.indexOf('timestamp'), value: found.indexOf('value') }
  if (columns.timestamp < 0 || columns.value < 0)
    throw wrong(file, line, 'the header must name the columns timestamp and value, as in timestamp,value.')
  return columns
}

function rowOf(
  fields: readonly string[],
  columns: { readonly timestamp: number; readonly value: number },
  file: string,
  line: number,
): SeriesRow {
  const timestamp = fields[columns.timestamp]?.trim()
  const written = fields[columns.value]?.trim()
  if (timestamp === undefined || written === undefined)
    throw wrong(
      file,
      line,
      `timestamp and value are expected, and there ${fields.length === 1 ? 'is one field' : 'are too few fields'}.`,
    )
  const time = timeIn(timestamp)
  if (time === undefined)
    throw wrong(
      file,
      line,
      `${shown(timestamp)} is no timestamp, as 2026-01-31 23:59:00 (UTC), 2026-01-31T23:59:00+01:00 or seconds since 1970 are.`,
    )
  const value = decimal.test(written) ? Number(written) : Number.NaN
  if (!Number.isFinite(value))
    throw wrong(
      file,
      line,
      `${written.trim() === '' ? 'there is no value: leave such rows out' : `${shown(written)} is no number`}.`,
    )
  return { line, timestamp, time, value, written }
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const dateTime = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i
/** Numbers above are milliseconds since 1970, below are seconds: 1973, and the year 5138. */
const milliseconds = 1e11

/** Without a zone it is UTC. */
function timeIn(text: string): number | undefined {
  if (decimal.test(text)) {
    const number = Number(text)
    const time = Math.abs(number) < milliseconds ? number * 1000 : number
    return Math.abs(time) <= 8.64e15 ? time : undefined
  }
  const [, date, time = '00:00', zone = 'Z'] = dateTime.exec(text) ?? []
  const parsed = Date.parse(`${date}T${time}${zone}`)
  return date === undefined || Number.isNaN(parsed) ? undefined : parsed
}

function shown(text: string): string {
  return text === '' ? 'Nothing' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

function wrong(file: string, line: number, what: string): InvalidInputError {
  return new InvalidInputError(`${file}, line ${line}: ${what}`, { field: 'file' })
}

function unreadable(file: string, cause: unknown): InvalidInputError {
  const why = (cause as { code?: string }).code === 'ENOENT' ? 'There is no file' : "Can't read the file"
  return new InvalidInputError(`${why} ${file}.`, { field: 'file', cause })
}
