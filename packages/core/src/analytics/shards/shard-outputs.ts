import type { Finding } from '../finding.ts'
import type { WindowResult } from '../windows/window.ts'
import type { NumberDetector } from './key-parts.ts'
import type { KeySink } from './key-state.ts'
import type { QuarantinedRecord } from './quarantine.ts'
import { noCounts, type ShardCounters } from './shard-head.ts'
import { sampledPoints, type TailPoint } from './tail.ts'

/** Of one commit, and of one entry: what is more is counted only, the lowest scores first. */
const findingLimits: { readonly count: number; readonly characters: number } = { count: 500, characters: 400_000 }
/** So much of window results goes in one commit, in {@link resultWeight}. */
export const resultsWeight = 700_000
/** Bad records that one commit tells of; more are counted. */
const mostBad = 50

export interface TextedFinding {
  readonly finding: Finding
  /** As JSON. */
  readonly text: string
}

type Counting = { -readonly [Name in keyof ShardCounters]: number }

/** What a shard has to tell, of one entry or of several that are told in one commit. */
export class ShardOutputs implements KeySink {
  readonly counts: Counting = { ...noCounts }
  findings: TextedFinding[] = []
  findingCharacters = 0
  results: WindowResult[] = []
  resultWeight = 0
  points: TailPoint[] = []
  bad: QuarantinedRecord[] = []
  /** Greatest event time; when the records were accepted, first and last; 0 for none. */
  newest = 0
  accepted = 0
  firstAccepted = 0
  /** As of the last entry. */
  watermark = 0
  #stride = 1
  #seen = 0
  #found: Finding[] = []

  /** Whether there is something that somebody waits for. */
  get isWorthTick(): boolean {
    return this.findings.length > 0 || this.counts.windows > 0
  }

  result(result: WindowResult): void {
    this.counts.windows++
    this.results.push(result)
    this.resultWeight += weightOf(result)
  }

  anomaly(finding: (() => Finding) | undefined): void {
    this.counts.anomalies++
    if (!finding) return
    this.#found.push(finding())
    if (this.#found.length >= 4 * findingLimits.count) this.#withhold()
  }

  point(key: string, field: string, time: number, value: number, score: number, seen: Pick<NumberDetector, 'expected'>): void {
    if (this.#seen++ % this.#stride !== 0) return
    const expected = seen.expected()
    this.#sample(expected ? [key, field, time, value, score, expected] : [key, field, time, value, score])
  }

  #sample(point: TailPoint): void {
    this.points.push(point)
    if (this.points.length <= sampledPoints) return
    // Every second one, and from now on half as many.
    this.points = this.points.filter((_, index) => index % 2 === 0)
    this.#stride *= 2
  }

  /** The end of an entry: which of its findings are told depends on it alone, not on what is told with it. */
  finishEntry(): void {
    this.#withhold()
    for (const finding of this.#found) {
      const text = JSON.stringify(finding)
      if (this.findingCharacters + text.length > findingLimits.characters) {
        this.counts.withheld++
        continue
      }
      this.findings.push({ finding, text })
      this.findingCharacters += text.length
    }
    this.counts.findings = this.findings.length
    this.#found = []
  }

  /** The highest scores stay; of equal ones the first. */
  #withhold(): void {
    if (this.#found.length <= findingLimits.count) return
    this.counts.withheld += this.#found.length - findingLimits.count
    this.#found = [...this.#found].sort((left, right) => right.score - left.score).slice(0, findingLimits.count)
  }

  /** The results so far, which are told apart. */
  takeResults(): WindowResult[] {
    const { results } = this
    this.results = []
    this.resultWeight = 0
    return results
  }

  /** Whether an entry's outputs fit beside these into one commit. */
  fits(entry: ShardOutputs): boolean {
    return (
      this.findings.length + entry.findings.length <= findingLimits.count &&
      this.findingCharacters + entry.findingCharacters <= findingLimits.characters &&
      this.resultWeight + entry.resultWeight <= resultsWeight
    )
  }

  /** Takes an entry's outputs on. */
  add(entry: ShardOutputs): void {
    for (const name of Object.keys(this.counts) as (keyof ShardCounters)[]) this.counts[name] += entry.counts[name]
    for (const finding of entry.findings) this.findings.push(finding)
    for (const result of entry.results) this.results.push(result)
    this.findingCharacters += entry.findingCharacters
    this.resultWeight += entry.resultWeight
    for (const point of entry.points) if (this.#seen++ % this.#stride === 0) this.#sample(point)
    if (entry.bad.length > 0) this.bad = [...this.bad, ...entry.bad].slice(-mostBad)
    if (entry.newest > this.newest) this.newest = entry.newest
    if (entry.accepted > 0) {
      this.accepted = entry.accepted
      if (this.firstAccepted === 0) this.firstAccepted = entry.accepted
    }
    this.watermark = entry.watermark
  }
}

/** What a result takes as JSON, characters, about, and not less. */
function weightOf({ key, window, numbers, categories }: WindowResult): number {
  let weight = 160 + key.length + window.length
  for (const name in numbers) weight += 240 + name.length
  for (const name in categories) weight += 40 + name.length
  return weight
}
