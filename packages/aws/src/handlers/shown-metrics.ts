/** Which metrics CloudWatch is told of, by which names, and from which of core's instruments they are made. @module */
import type { Attributes } from '@opentelemetry/api'
import { DataPointType, type ExponentialHistogram, type MetricData } from '@opentelemetry/sdk-metrics'
import { instrumentNames as instruments } from '@plinth/core'
import { valuesOf } from './histogram-values.ts'

export type MetricUnit = 'Count' | 'Bytes' | 'Milliseconds' | 'None'

/** What an instrument holds for one set of attributes: what was counted, or a histogram. */
type Reading = number | ExponentialHistogram

interface ShownMetric {
  readonly unit: MetricUnit
  readonly instrument: string
  /** Which of its readings count. @default - all */
  readonly of?: (attributes: Attributes) => boolean
  /** What is told of them. */
  readonly take: (readings: readonly Reading[]) => readonly number[]
}

/** By which core tells that a provider asked to slow down. */
const throttled = 'model_throttled'
const failure = 'error.type'

const isInput = (attributes: Attributes): boolean => attributes['gen_ai.token.type'] === 'input'

/** Tokens, money and durations are of calls that were answered: how long a refusal took tells nothing of a model. */
const shownMetrics: Readonly<Record<string, ShownMetric>> = {
  InputTokens: { unit: 'Count', instrument: instruments.tokens, of: isInput, take: total },
  OutputTokens: { unit: 'Count', instrument: instruments.tokens, of: (attributes) => !isInput(attributes), take: total },
  // USD, for which CloudWatch has no unit.
  ModelCost: { unit: 'None', instrument: instruments.cost, take: total },
  ModelDuration: {
    unit: 'Milliseconds',
    instrument: instruments.duration,
    of: (attributes) => attributes[failure] === undefined,
    take: milliseconds,
  },
  ModelThrottles: {
    unit: 'Count',
    instrument: instruments.duration,
    of: (attributes) => attributes[failure] === throttled,
    take: amount,
  },
  ModelFailures: {
    unit: 'Count',
    instrument: instruments.duration,
    of: ({ [failure]: code }) => code !== undefined && code !== throttled,
    take: amount,
  },
  AlertsOpened: { unit: 'Count', instrument: instruments.alertsOpened, take: total },
  StreamRecords: { unit: 'Count', instrument: instruments.streamRecords, take: total },
  StreamBytes: { unit: 'Bytes', instrument: instruments.streamBytes, take: total },
  StreamAnomalies: { unit: 'Count', instrument: instruments.streamAnomalies, take: total },
  StreamFindings: { unit: 'Count', instrument: instruments.streamFindings, take: total },
  StreamLag: { unit: 'Milliseconds', instrument: instruments.streamLag, take: milliseconds },
  StreamBatchDuration: { unit: 'Milliseconds', instrument: instruments.streamProcessing, take: milliseconds },
}

/** What there is to tell, in the order of the names above. */
export function metricsOf(
  collected: readonly MetricData[],
): readonly { readonly name: string; readonly unit: MetricUnit; readonly values: readonly number[] }[] {
  const points = new Map(collected.map((metric) => [metric.descriptor.name, pointsOf(metric)]))
  return Object.entries(shownMetrics).flatMap(([name, { unit, instrument, of, take }]) => {
    const readings = (points.get(instrument) ?? []).filter(({ attributes }) => of?.(attributes) ?? true)
    return readings.length === 0 ? [] : [{ name, unit, values: take(readings.map(({ value }) => value)) }]
  })
}

function pointsOf(metric: MetricData): readonly { readonly attributes: Attributes; readonly value: Reading }[] {
  const { dataPointType } = metric
  return dataPointType === DataPointType.SUM || dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM ? metric.dataPoints : []
}

function total(readings: readonly Reading[]): readonly number[] {
  const sums = readings.map((reading) => (typeof reading === 'number' ? reading : (reading.sum ?? 0)))
  return [sums.reduce((all, one) => all + one, 0)]
}

/** How often something was measured. */
function amount(readings: readonly Reading[]): readonly number[] {
  return [readings.reduce<number>((all, reading) => all + (typeof reading === 'number' ? 0 : reading.count), 0)]
}

/** Each value, of seconds. */
function milliseconds(readings: readonly Reading[]): readonly number[] {
  const seconds = readings.flatMap((reading) => (typeof reading === 'number' ? [] : valuesOf(reading)))
  return seconds.map((value) => Math.round(value * 1e6) / 1e3)
}
