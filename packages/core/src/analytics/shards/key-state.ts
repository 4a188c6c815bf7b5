import type { JsonObject, JsonValue } from '../../json.ts'
import type { RecordRules, RuleState } from '../alerts/record-rules.ts'
import type { Finding } from '../finding.ts'
import type { StreamRecord } from '../record.ts'
import type { FieldKind, StreamSettings } from '../streams.ts'
import type { NumberAggregate, WindowResult } from '../windows/window.ts'
import { cutData } from './cut-data.ts'
import { beginField, categoryIn, fieldLimits, type KeyField, kindOf, numberIn, packField, unpackField } from './key-fields.ts'
import type { Explanation, KeyParts, NumberDetector, Suppression, Windows } from './key-parts.ts'
import { pointCount } from './recent-points.ts'

/** Most characters of a packed key: what is more gives up its oldest points, then the fields that had no value for longest. */
export const keyCharacters = 120_000

/** Where what a key has to tell goes. */
export interface KeySink {
  result(result: WindowResult): void
  /** @param finding makes it, when it is to be told; undefined for a repetition that is only counted. */
  anomaly(finding: (() => Finding) | undefined): void
  /** @param seen by whom, for what was expected: asked only of what is kept. */
  point(key: string, field: string, time: number, value: number, score: number, seen: Pick<NumberDetector, 'expected'>): void
}

export interface KeyContext {
  readonly parts: KeyParts
  readonly settings: StreamSettings
  /** `settings.fields`: names are anybody's, also those that every object has. */
  readonly declared: ReadonlyMap<string, FieldKind>
  readonly rules: RecordRules
}

interface Anomaly extends Pick<Finding, 'value' | 'timestamp' | 'score'> {
  /** Of the record at fault, or the last one. */
  readonly data: JsonObject
}

const none: readonly string[] = []
const noWindow: Readonly<Record<string, NumberAggregate>> = {}

/** What is known of one key: its fields' detectors, its windows, how the rules stand. Changed by records and by time, in event time. */
export class KeyState {
  readonly key: string
  readonly #windows: Windows
  /** In the order in which they came, as a rule the one in which the next record has them. */
  #fields: KeyField[] = []
  /** Names of what turned out to be free text. */
  #passed: readonly string[] = none
  #numbers = 0
  #categories = 0
  /** Of the last record: event time, and when it was accepted. Its data isn't kept: garbage that is let lie for a while is dear. */
  #last = 0
  #accepted = 0
  /** Aggregates of the last window that closed, of the first definition. */
  #window = noWindow
  #rules: RuleState = {}

  constructor(key: string, context: KeyContext, windows: Windows = context.parts.windows(context.settings.windows)) {
    this.key = key
    this.#windows = windows
  }

  /** The greatest event time of its records. */
  get last(): number {
    return this.#last
  }

  /** @returns false for a record that is late: then it was shown to nobody. */
  take(record: StreamRecord, accepted: number, watermark: number, context: KeyContext, sink: KeySink): boolean {
    const { timestamp, data } = record
    const { settings, parts, rules } = context
    const numbers: (readonly [string, number])[] = []
    const categories: (readonly [string, string])[] = []
    const found: KeyField[] = []
    let next = 0
    for (const name in data) {
      const likely = this.#fields[next]
      const field = likely?.name === name ? likely : (this.#find(name) ?? this.#begin(name, data[name], context))
      if (!field) continue
      next = likely === field ? next + 1 : this.#fields.indexOf(field) + 1
      if (field.kind === 'number') {
        const value = numberIn(data[name], field.declared)
        if (value === undefined) continue
        numbers.push([name, value])
        found.push(field)
      } else {
        const value = categoryIn(data[name])
        if (value === undefined || !this.#isCategory(field, value)) continue
        categories.push([name, value])
        found.push(field)
      }
    }
    if (settings.windows.length === 0 ? timestamp < watermark : !this.#windows.add(timestamp, watermark, { numbers, categories }))
      return false
    if (timestamp > this.#last) this.#last = timestamp
    this.#accepted = accepted
    let number = 0
    let category = 0
    for (const field of found) {
      field.last = timestamp
      if (field.kind === 'number') {
        const value = numbers[number++]?.[1] ?? 0
        const score = field.detector.next(value, timestamp)
        field.points.add(timestamp, value)
        field.isSilent = false
        sink.point(this.key, field.name, timestamp, value, score, field.detector)
        if (score >= parts.threshold)
          this.#anomaly(field, { value, timestamp, score, data }, field.detector.explain(value), parts, sink)
      } else {
        const value = categories[category++]?.[1] ?? ''
        const score = field.detector.next(value, timestamp)
        field.value = value
        if (score >= parts.threshold)
          this.#anomaly(field, { value, timestamp, score, data }, field.detector.explain(), parts, sink)
      }
    }
    if (!rules.isEmpty) {
      for (const hit of rules.check(this.key, data, timestamp, this.#rules))
        sink.anomaly(() => ({ ...hit, ...this.#evidence(this.#find(hit.field), data) }))
    }
    return true
  }

  /** From which watermark on {@link advance} has something to do. */
  due(): number {
    let due = this.#windows.nextClose() ?? Number.POSITIVE_INFINITY
    if (this.#numbers === 0) return due
    for (const field of this.#fields) {
      if (field.kind !== 'number' || field.isSilent) continue
      const silent = field.detector.silentAfter()
      if (silent !== undefined && silent < due) due = silent
    }
    return due
  }

  /** Event time goes on: windows close, and who has been silent for too long is found. */
  advance(watermark: number, context: KeyContext, sink: KeySink): void {
    const first = context.settings.windows[0]?.name
    this.#windows.close(watermark, (result) => {
      sink.result({ ...result, key: this.key })
      if (result.window === first) this.#window = result.numbers
    })
    for (const field of this.#fields) {
      if (field.kind !== 'number' || field.isSilent) continue
      if ((field.detector.silentAfter() ?? Number.POSITIVE_INFINITY) > watermark) continue
      field.isSilent = true
      const score = field.detector.silence(watermark)
      if (score < context.parts.threshold) continue
      const silence = { value: null, timestamp: watermark, score, data: this.#lastValues() }
      this.#anomaly(field, silence, field.detector.explainSilence(watermark), context.parts, sink)
    }
  }

  #find(name: string): KeyField | undefined {
    for (const field of this.#fields) if (field.name === name) return field
    return undefined
  }

  #begin(name: string, value: JsonValue | undefined, context: KeyContext): KeyField | undefined {
    if (this.#passed.includes(name)) return undefined
    const declared = context.declared.get(name)
    const kind = kindOf(value, declared)
    if (!kind) return undefined
    const { numbers, categories, passed } = fieldLimits
    if (kind === 'number' ? this.#numbers >= numbers : this.#categories >= categories || this.#passed.length >= passed)
      return undefined
    const field = beginField(kind, name, declared, context.parts)
    this.#keep(field)
    return field
  }

  #keep(field: KeyField): void {
    this.#fields.push(field)
    if (field.kind === 'number') this.#numbers++
    else this.#categories++
  }

  #drop(field: KeyField): void {
    this.#fields = this.#fields.filter((each) => each !== field)
    if (field.kind === 'number') this.#numbers--
    else this.#categories--
  }

  /** Text with many different values is none: from then on the field is passed over. */
  #isCategory(field: Extract<KeyField, { kind: 'category' }>, value: string): boolean {
    if (!field.seen || field.seen.includes(value)) return true
    field.seen.push(value)
    if (field.seen.length <= fieldLimits.distinct) return true
    this.#drop(field)
    this.#passed = [...this.#passed, field.name]
    return false
  }

  #anomaly(
    field: KeyField,
    { value, timestamp, score, data }: Anomaly,
    { reason, expected }: Explanation,
    parts: KeyParts,
    sink: KeySink,
  ): void {
    if (!suppressionOf(field, value, parts).admits(score, timestamp)) {
      sink.anomaly(undefined)
      return
    }
    const kind = value === null ? 'silence' : field.kind === 'number' ? 'value' : 'category'
    sink.anomaly(() => ({
      key: this.key,
      field: field.name,
      timestamp,
      kind,
      value,
      score,
      reason,
      ...(expected ? { expected } : {}),
      ...this.#evidence(field, data),
    }))
  }

  #evidence(field: KeyField | undefined, data: JsonObject): Pick<Finding, 'data_point' | 'recent' | 'window' | 'accepted'> {
    const window = field && Object.hasOwn(this.#window, field.name) ? this.#window[field.name] : undefined
    return {
      data_point: cutData(data),
      recent: field?.kind === 'number' ? field.points.list() : [],
      ...(window ? { window } : {}),
      accepted: this.#accepted,
    }
  }

  /** What is known of the last record. */
  #lastValues(): JsonObject {
    const values: [string, number | string][] = []
    for (const field of this.#fields) {
      const value = field.kind === 'number' ? field.points.last : field.value
      if (value !== undefined && field.last === this.#last) values.push([field.name, value])
    }
    return Object.fromEntries(values)
  }

  /** As JSON, of at most {@link keyCharacters}. */
  pack(): string {
    for (let points = pointCount; ; points = Math.floor(points / 4)) {
      const text = this.#packed(points)
      if (text.length <= keyCharacters) return text
      if (points === 0 && !this.#dropOldestField()) return text
    }
  }

  #packed(points: number): string {
    return JSON.stringify([
      this.#last,
      this.#accepted,
      this.#windows.pack(),
      this.#window,
      this.#rules,
      this.#fields.map((field) => packField(field, points)),
      this.#passed,
    ])
  }

  #dropOldestField(): boolean {
    let oldest: KeyField | undefined
    for (const field of this.#fields) if (!oldest || field.last < oldest.last) oldest = field
    if (!oldest) return false
    this.#drop(oldest)
    return true
  }

  static unpack(key: string, text: string, context: KeyContext): KeyState {
    const [last, accepted, windows, window, rules, fields, passed] = JSON.parse(text) as readonly JsonValue[]
    const { parts, settings, declared } = context
    const state = new KeyState(key, context, parts.windows(settings.windows, windows))
    state.#last = Number(last)
    state.#accepted = Number(accepted)
    state.#window = window as unknown as Readonly<Record<string, NumberAggregate>>
    state.#rules = rules as unknown as RuleState
    for (const packed of fields as readonly JsonValue[]) {
      const field = unpackField(packed, declared, parts)
      if (field) state.#keep(field)
    }
    state.#passed = passed as readonly string[]
    return state
  }
}

/** The event time of the last record, from {@link KeyState.pack}. */
export function lastOf(packed: string): number {
  return Number(packed.slice(1, packed.indexOf(',')))
}

function suppressionOf(field: KeyField, value: Anomaly['value'], parts: KeyParts): Suppression {
  if (value === null && field.kind === 'number') {
    field.silences ??= parts.suppression()
    return field.silences
  }
  field.suppression ??= parts.suppression()
  return field.suppression
}
