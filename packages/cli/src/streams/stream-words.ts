import { printable } from '../printable.ts'
import { fieldList, table } from '../table.ts'
import { countOf, sizeOf } from '../words.ts'
import type { ShownAlert, ShownInsight, ShownStream, ShownWindow, StreamFigures } from './answers.ts'
import type { PutResult } from './put-records.ts'

export function streamTable(streams: readonly ShownStream[]): string[] {
  return table(
    ['STREAM', 'BEGUN', 'SHARDS'],
    streams.map(({ name, created_at, shards }) => [name, created_at, String(shards)]),
    new Set([2]),
  )
}

export function streamWords(stream: StreamFigures): string[] {
  const { records, bytes, late, duplicates, quarantined, anomalies, incidents, model_calls } = stream
  const declared = Object.entries(stream.fields).map(([name, kind]) => `${name} ${kind}`)
  return [
    stream.name,
    ...fieldList({
      begun: stream.created_at,
      shards: String(stream.shards),
      fields: declared.length === 0 ? undefined : declared.join(', '),
      windows: stream.windows.map((window) => Object.values(window).join(' ')).join(', ') || undefined,
      lateness: `${stream.allowed_lateness_seconds} s`,
      kept: countOf(stream.retention_days, 'day'),
      records: `${records} (${sizeOf(bytes)}), ${late} late, ${duplicates} sent twice, ${quarantined} unreadable`,
      anomalies: `${anomalies}, in ${countOf(incidents, 'incident')}`,
      'model calls': `${model_calls.made} made, ${model_calls.saved} saved, ${model_calls.usd.toFixed(4)} USD at list prices`,
      watermark: stream.watermark ?? undefined,
      'last record': stream.last_record_at ?? undefined,
    }),
  ]
}

export function insightTable(insights: readonly ShownInsight[]): string[] {
  return table(
    ['TIME', 'KEY', 'RISK', 'PRIORITY', 'PATTERNS'],
    insights.map(({ timestamp, key, analysis: { risk_level, alert_priority, patterns } }) => [
      timestamp,
      key,
      risk_level,
      String(alert_priority),
      inOneLine(patterns),
    ]),
    new Set([3]),
  )
}

/** A line for each numeric field; one for a window without any. */
export function windowTable(windows: readonly ShownWindow[]): string[] {
  const rows = windows.flatMap(({ window, key, start, count, numbers }) => {
    const about = [start, window, key, String(count)]
    const fields = Object.entries(numbers)
    if (fields.length === 0) return [[...about, '', '', '', '', '']]
    return fields.map(([field, { mean, min, max, p95 }]) => [...about, field, ...[mean, min, max, p95].map(short)])
  })
  const head = ['START', 'WINDOW', 'KEY', 'RECORDS', 'FIELD', 'MEAN', 'MIN', 'MAX', 'P95']
  return table(head, rows, new Set([3, 5, 6, 7, 8]))
}

export function alertTable(alerts: readonly ShownAlert[]): string[] {
  return table(
    ['ALERT', 'TIME', 'STREAM', 'KEY', 'TYPE', 'SEVERITY', 'STATUS'],
    alerts.map((alert) => [
      alert.alert_id,
      alert.timestamp,
      alert.stream,
      alert.key,
      alert.alert_type,
      alert.severity,
      alert.status,
    ]),
  )
}

/** Where lines were rejected, and why. */
export function rejectedWords({ rejected, lines }: PutResult): string[] {
  const more = rejected - lines.length
  return [
    ...lines.map(({ file, line, error: { message, code, field } }) =>
      printable(`${file}:${line}: ${field === undefined ? '' : `${field}: `}${message} (${code})`),
    ),
    ...(more > 0 ? [`… and ${more} more.`] : []),
  ]
}

export function putWords({ accepted, rejected }: PutResult): string[] {
  return [`${countOf(accepted, 'record')} ${accepted === 1 ? 'is' : 'are'} in the stream; ${rejected} rejected.`]
}

/** One event of a stream, on a line. */
export function eventWords(event: string, data: unknown): string {
  const { timestamp = '', key = '', ...rest } = data as { readonly timestamp?: string; readonly key?: string }
  return printable(
    `${timestamp} ${event.padEnd(7)} ${key}  ${detailOf(event, rest as Readonly<Record<string, unknown>>)}`.trimEnd(),
  )
}

function detailOf(event: string, data: Readonly<Record<string, unknown>>): string {
  if (event === 'insight') {
    const { analysis } = data as unknown as ShownInsight
    return `${analysis.risk_level} risk, priority ${analysis.alert_priority}: ${inOneLine(analysis.patterns)}`
  }
  if (event === 'alert') {
    const { alert_type, severity, status } = data as unknown as ShownAlert
    return `${alert_type}, severity ${severity}, ${status}`
  }
  if (event === 'window') {
    const { window, start, count, numbers } = data as unknown as ShownWindow
    const means = Object.entries(numbers).map(([name, { mean }]) => `${name}=${short(mean)}`)
    return [`${window} from ${start}`, `${count} records`, ...means].join('  ')
  }
  const { score, reason, data: values, values: others } = data
  const shown = Object.entries((values ?? others ?? {}) as object).map(([name, value]) => `${name}=${textOf(value)}`)
  const scored = typeof score === 'number' ? [`score ${score.toFixed(2)}`] : []
  return [...shown, ...scored, ...(typeof reason === 'string' ? [reason] : [])].join('  ')
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return short(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
}

/** Patterns are sentences, or less. */
function inOneLine(patterns: readonly string[]): string {
  return patterns.map((pattern) => pattern.replace(/\.$/, '')).join('; ')
}
