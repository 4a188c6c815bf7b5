import { createWriteStream, existsSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Detector, detectionThreshold, InvalidInputError } from '@plinth/core'
import { Command } from 'commander'
import { makeFolder } from '../make-folder.ts'
import { ProgressBar } from '../progress-bar.ts'
import { readSeries } from '../series-file.ts'
import { countOf } from '../words.ts'

interface DetectOptions {
  readonly out?: string
  readonly outDir?: string
  readonly json?: boolean
}

/** What was found in a file. */
interface Found {
  readonly file: string
  readonly out: string | null
  rows: number
  /** How many rows score at the threshold or above. */
  anomalies_count: number
  /** The first of them. */
  readonly anomalies: Anomaly[]
}

interface Anomaly {
  readonly line: number
  readonly timestamp: string
  readonly value: number
  readonly score: number
  readonly reason: string
  readonly expected?: readonly [low: number, high: number]
}

const mostShown = 1_000
const bytesWithBar = 4 * 1024 * 1024
const charactersAtATime = 64 * 1024

export function detectCommand(): Command {
  return new Command('detect')
    .description('Find what is anomalous in series of numbers: CSV files with the columns timestamp and value. Needs no server.')
    .argument('<files...>', 'CSV files, rows in the order of time')
    .option('--out <scores.csv>', 'where the scores of one file go (default: standard output)')
    .option('--out-dir <folder>', 'a folder for the scores of each file, under its name')
    .option('--json', 'print JSON: what was found, in words')
    .addHelpText(
      'after',
      `
Written is timestamp,value,anomaly_score, a row for each. A score is in [0,1]; from ${detectionThreshold} on the row is an anomaly. It comes
from that row and earlier ones only, and scores of different files compare. Timestamps are as 2026-01-31 23:59:00 (UTC
where no zone is told), or seconds or milliseconds since 1970.

  plinth detect cpu.csv --out scores.csv
  plinth detect metrics/*.csv --out-dir scores`,
    )
    .action(detect)
}

async function detect(files: readonly string[], options: DetectOptions): Promise<void> {
  const outs = outsOf(files, options)
  const { outDir } = options
  if (outDir !== undefined)
    makeFolder(resolve(outDir), `--out-dir must be a folder that can be made, which ${outDir} is not.`, 'out-dir')
  const found: Found[] = []
  for (const [at, file] of files.entries()) found.push(await scoreFile(file, outs[at] ?? null, options.json ?? false))
  if (options.json) console.log(JSON.stringify({ threshold: detectionThreshold, files: found }))
  else for (const each of found) report(each)
}

/** Where the scores of each file go; undefined is standard output. */
function outsOf(files: readonly string[], { out, outDir }: DetectOptions): readonly (string | undefined)[] {
  if (out !== undefined && outDir !== undefined)
    throw new InvalidInputError('Give --out or --out-dir, not both.', { field: 'out' })
  if (files.length > 1 && outDir === undefined)
    throw new InvalidInputError('Of several files the scores need a folder: give --out-dir.', { field: 'out-dir' })
  const outs = files.map((file) => (outDir === undefined ? out : join(outDir, basename(file))))
  for (const [at, path] of outs.entries()) {
    if (path === undefined) continue
    const field = outDir === undefined ? 'out' : 'out-dir'
    if (outs.indexOf(path) < at) throw new InvalidInputError(`Two files are named ${basename(path)}.`, { field: 'files' })
    if (files.some((file) => isSame(file, path))) throw new InvalidInputError(`--${field} would overwrite ${path}.`, { field })
  }
  return outs
}

async function scoreFile(file: string, out: string | null, json: boolean): Promise<Found> {
  const found: Found = { file, out, rows: 0, anomalies_count: 0, anomalies: [] }
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const bar = size >= bytesWithBar ? new ProgressBar({ total: size, label: `bytes of ${basename(file)}` }) : undefined
  const scores = Readable.from(scoredLines(file, found, bar))
  try {
    if (out !== null) await writeWhole(scores, out)
    else if (json) for await (const _ of scores);
    else await pipeline(scores, process.stdout, { end: false })
  } catch (error) {
    // Whoever reads standard output may have seen enough.
    if ((error as { code?: string }).code !== 'EPIPE') throw error
  } finally {
    bar?.end()
  }
  return found
}

async function* scoredLines(file: string, found: Found, bar: ProgressBar | undefined): AsyncGenerator<string> {
  const detector = new Detector()
  let lines = 'timestamp,value,anomaly_score\n'
  for await (const { line, timestamp, time, value, written } of readSeries(file, (bytes) => bar?.advanceTo(bytes))) {
    const score = detector.next(value, time)
    lines += `${timestamp},${written},${score}\n`
    found.rows++
    if (score >= detectionThreshold) {
      found.anomalies_count++
      if (found.anomalies.length < mostShown) {
        const { reason, expected } = detector.explain(value)
        found.anomalies.push({ line, timestamp, value, score, reason, ...(expected && { expected }) })
      }
    }
    if (lines.length < charactersAtATime) continue
    yield lines
    lines = ''
  }
  yield lines
}

/** Under its name it is whole, or not there. */
async function writeWhole(lines: Readable, out: string): Promise<void> {
  const partial = `${out}.partial`
  try {
    await pipeline(lines, createWriteStream(partial))
    renameSync(partial, out)
  } catch (cause) {
    rmSync(partial, { force: true })
    if (cause instanceof InvalidInputError) throw cause
    throw new InvalidInputError(`The scores can't be written to ${out}.`, { field: 'out', cause })
  }
}

function isSame(file: string, other: string): boolean {
  return existsSync(file) && existsSync(other) && realpathSync(file) === realpathSync(other)
}

/** On standard error where the scores go to standard output. */
function report({ file, out, rows, anomalies, anomalies_count: count }: Found): void {
  const say = out === null ? console.error : console.log
  for (const { timestamp, score, reason } of anomalies) say(`${timestamp}  ${score.toFixed(2)}  ${reason}`)
  if (count > anomalies.length) say(`… and ${count - anomalies.length} more.`)
  const anomalous = countOf(count, 'anomaly', 'anomalies')
  say(`${file}: ${countOf(rows, 'row')}, ${anomalous}.${out === null ? '' : ` Scores: ${out}`}`)
}
