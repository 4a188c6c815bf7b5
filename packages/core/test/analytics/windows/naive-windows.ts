import type { NumberAggregate, WindowDefinition, WindowResult } from '../../../src/analytics/windows/window.ts'
import type { FieldValues } from '../../../src/analytics/windows/window-content.ts'

export type Result = Omit<WindowResult, 'key'>

interface Taken {
  readonly time: number
  readonly values: FieldValues
  /** As it came. */
  readonly watermark: number
}

/** What windows should say: made of all records of a key, and slowly. */
export class NaiveWindows {
  readonly #definition: WindowDefinition
  readonly #records: Taken[] = []
  readonly #sessionsClosed: Taken[][] = []
  readonly results: Result[] = []

  constructor(definition: WindowDefinition) {
    this.#definition = definition
  }

  /** @returns whether a window took it. */
  add(time: number, watermark: number, values: FieldValues): boolean {
    const record = { time, values, watermark }
    if (this.#definition.kind !== 'session') {
      this.#records.push(record)
      return endsOf(this.#definition, time).some((end) => end > watermark)
    }
    this.close(watermark)
    const { gap } = this.#definition
    const touches = this.#open().some((session) => session.some((other) => Math.abs(other.time - time) < gap))
    if (!touches && time + gap <= watermark) return false
    this.#records.push(record)
    return true
  }

  /** The results of the windows that this watermark closes, in any order, once. */
  close(watermark: number): void {
    const { name } = this.#definition
    if (this.#definition.kind !== 'session') {
      const { size } = this.#definition
      const ends = new Set(this.#records.flatMap((record) => endsOf(this.#definition, record.time)))
      for (const end of [...ends].filter((some) => some <= watermark)) {
        if (this.results.some((result) => result.end === end)) continue
        const within = this.#records.filter(({ time, watermark: then }) => time >= end - size && time < end && then < end)
        if (within.length > 0) this.results.push(resultOf(name, end - size, end, within))
      }
      return
    }
    const { gap } = this.#definition
    for (const session of this.#open()) {
      const times = session.map(({ time }) => time)
      const end = Math.max(...times) + gap
      if (end > watermark) continue
      this.#sessionsClosed.push(session)
      this.results.push(resultOf(name, Math.min(...times), end, session))
    }
  }

  /** Sessions are records of which none is a gap or more behind the one before. */
  #open(): Taken[][] {
    const gap = this.#definition.kind === 'session' ? this.#definition.gap : 0
    const closed = new Set(this.#sessionsClosed.flat())
    const sessions: Taken[][] = []
    for (const record of this.#records.filter((some) => !closed.has(some)).sort((one, other) => one.time - other.time)) {
      const last = sessions.at(-1)
      if (last && record.time - (last.at(-1)?.time ?? 0) < gap) last.push(record)
      else sessions.push([record])
    }
    return sessions
  }
}

function endsOf(definition: WindowDefinition, time: number): number[] {
  if (definition.kind === 'session') return []
  const slide = definition.kind === 'sliding' ? definition.slide : definition.size
  const ends: number[] = []
  for (let start = Math.floor(time / slide) * slide; start > time - definition.size; start -= slide)
    ends.push(start + definition.size)
  return ends
}

function resultOf(window: string, start: number, end: number, records: readonly Taken[]): Result {
  const numbers = new Map<string, number[]>()
  const categories = new Map<string, string[]>()
  for (const { values } of records) {
    for (const [field, value] of values.numbers) numbers.set(field, [...(numbers.get(field) ?? []), value])
    for (const [field, value] of values.categories) categories.set(field, [...(categories.get(field) ?? []), value])
  }
  return {
    ...{ window, start, end, count: records.length, rate: (records.length * 1_000) / (end - start) },
    numbers: Object.fromEntries([...numbers].map(([field, values]) => [field, aggregateOf(values)])),
    categories: Object.fromEntries(
      [...categories].map(([field, values]) => [field, { count: values.length, distinct: new Set(values).size }]),
    ),
  }
}

export function aggregateOf(values: readonly number[]): NumberAggregate {
  const sorted = values.toSorted((one, other) => one - other)
  const count = values.length
  const sum = values.reduce((total, value) => total + value, 0)
  const mean = sum / count
  const at = (quantile: number): number => sorted[Math.floor(quantile * (count - 1))] ?? Number.NaN
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / count
  return { count, sum, min: at(0), max: at(1), mean, variance, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
