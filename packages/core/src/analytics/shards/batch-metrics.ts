/** What the last batches of a shard were like (R73): kept with its head, and handed on as metrics. @module */
import { recordStreamBatch } from '../../telemetry.ts'

/** Of a shard's last batch; processing times of its last {@link timedBatches}. Milliseconds. */
export interface BatchMetrics {
  readonly records: number
  readonly bytes: number
  readonly anomalies: number
  readonly findings: number
  /** From the acceptance of its first record to the commit of what came of it. */
  readonly lag: number
  readonly processing: { readonly p50: number; readonly p95: number; readonly p99: number }
}

export const noMetrics: BatchMetrics = {
  records: 0,
  bytes: 0,
  anomalies: 0,
  findings: 0,
  lag: 0,
  processing: { p50: 0, p95: 0, p99: 0 },
}

const timedBatches = 128

/** How long batches took. */
export class ProcessingTimes {
  readonly #times: number[] = []
  #next = 0

  add(milliseconds: number): void {
    this.#times[this.#next] = milliseconds
    this.#next = (this.#next + 1) % timedBatches
  }

  /** By nearest rank; 0 before the first. */
  quantiles(): BatchMetrics['processing'] {
    const sorted = [...this.#times].sort((left, right) => left - right)
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  }
}

/** Whose batch it was. */
interface BatchOwner {
  readonly tenant: string
  readonly stream: string
  readonly shard: number
}

type Listener = (metrics: BatchMetrics, owner: BatchOwner) => void

const listeners = new Set<Listener>()

/** Hears of every batch in this process once it is committed; for a platform's own metrics. @returns what ends it. */
export function onBatchMetrics(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** publish_batch_metrics of the seed (R126). Labels carry no tenant. @param processing of this batch, milliseconds. */
export function publishBatchMetrics(metrics: BatchMetrics, owner: BatchOwner, processing: number): void {
  recordStreamBatch(metrics, processing)
  for (const listener of listeners) listener(metrics, owner)
}
