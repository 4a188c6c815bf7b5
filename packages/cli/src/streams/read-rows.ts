import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { InvalidInputError, PlinthError } from '@plinth/core'
import Papa from 'papaparse'

/** What stands in one line of a file; a CSV row may take up several, and has the first one's number. */
export type Row = { readonly line: number; readonly text: string } & (
  | { readonly fields: Readonly<Record<string, unknown>> }
  | { readonly fault: string }
)

export type RowFormat = 'csv' | 'jsonl'

/** CSV rows are parsed so many at a time. */
const together = 500
/** A quote that is never closed would make one row of a whole file. */
const longestRow = 1024 * 1024

/** What is read: a file, or `-` for standard input. */
export interface RowSource {
  readonly name: string
  readonly format: RowFormat
  readonly rows: AsyncIterable<Row>
  /** So far. */
  bytesRead(): number
}

/** @throws InvalidInputError for a file of no known kind. */
export function openSource(name: string, format: string | undefined): RowSource {
  const known = formatOf(name, format)
  const input = name === '-' ? process.stdin : createReadStream(name)
  return {
    name,
    format: known,
    rows: known === 'csv' ? csvRows(linesOf(input, name)) : jsonRows(linesOf(input, name)),
    bytesRead: () => ('bytesRead' in input ? input.bytesRead : 0),
  }
}

function formatOf(name: string, format: string | undefined): RowFormat {
  if (format !== undefined) {
    if (format === 'csv' || format === 'jsonl') return format
    throw new InvalidInputError(`--format is csv or jsonl, not "${format}".`, { field: 'format' })
  }
  const extension = extname(name).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (name === '-' || ['.jsonl', '.ndjson', '.json'].includes(extension)) return 'jsonl'
  throw new InvalidInputError(`${name} is of no known kind: --format csv or --format jsonl says of which.`, { field: 'format' })
}

async function* linesOf(input: Readable, name: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? `There is no file ${name}.` : `${name} can not be read (${code ?? 'no reason given'}).`
    throw new PlinthError('file_unreadable', why, false, { cause })
  }
}

/** JSON lines; empty ones are passed over. */
export async function* jsonRows(lines: AsyncIterable<string>): AsyncGenerator<Row> {
  let line = 0
  for await (const text of lines) {
    line += 1
    if (text.trim() !== '') yield { line, text, ...jsonOf(text) }
  }
}

function jsonOf(text: string): { readonly fields: Readonly<Record<string, unknown>> } | { readonly fault: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: 'It is no JSON.' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'It is no JSON object.' }
  return { fields: value as Readonly<Record<string, unknown>> }
}

interface RawRow {
  readonly line: number
  readonly text: string
}

/**
 * Rows of CSV (RFC 4180) below a head with the names of its columns. Numbers and `true` and `false` are read as such; what is empty isn't
 * there.
 */
export async function* csvRows(lines: AsyncIterable<string>): AsyncGenerator<Row> {
  let head: readonly string[] | undefined
  let waiting: RawRow[] = []
  for await (const raw of rawRows(lines)) {
    if (!head) head = cellsOf([raw])[0] ?? []
    else waiting.push(raw)
    if (waiting.length < together) continue
    yield* rowsOf(head, waiting)
    waiting = []
  }
  yield* rowsOf(head ?? [], waiting)
}

/** Lines, put together where a quote goes on over their end. */
async function* rawRows(lines: AsyncIterable<string>): AsyncGenerator<RawRow> {
  let line = 0
  let open: { readonly line: number; readonly texts: string[]; length: number } | undefined
  for await (const part of lines) {
    line += 1
    // A byte order mark is no part of the first name.
    const text = line === 1 ? part.replace(/^\ufeff/, '') : part
    const turns = text.split('"').length % 2 === 0
    if (open) {
      open.texts.push(text)
      open.length += text.length
      if (!turns && open.length < longestRow) continue
      yield { line: open.line, text: open.texts.join('\n') }
      open = undefined
    } else if (turns) open = { line, texts: [text], length: text.length }
    else if (text.trim() !== '') yield { line, text }
  }
  if (open) yield { line: open.line, text: open.texts.join('\n') }
}

function* rowsOf(head: readonly string[], raw: readonly RawRow[]): Generator<Row> {
  if (raw.length === 0) return
  const parsed = cellsOf(raw)
  // A row with a quote out of place may swallow those behind it: then each is parsed by itself.
  const whole = parsed.length === raw.length
  for (const [index, row] of raw.entries()) {
    const cells = (whole ? parsed[index] : cellsOf([row])[0]) ?? []
    if (cells.length !== head.length) {
      yield { ...row, fault: `It has ${cells.length} cells where the head has ${head.length}.` }
      continue
    }
    const fields = head.flatMap((name, at) => (cells[at] === '' ? [] : [[name, cellValue(cells[at] ?? '')]]))
    yield { ...row, fields: Object.fromEntries(fields) as Readonly<Record<string, unknown>> }
  }
}

function cellsOf(rows: readonly RawRow[]): readonly (readonly string[])[] {
  return Papa.parse<string[]>(rows.map(({ text }) => text).join('\n'), { delimiter: ',', newline: '\n' }).data
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function cellValue(cell: string): unknown {
  const text = cell.trim()
  if (decimal.test(text) && Number.isFinite(Number(text))) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return cell
}
