/** What the streams of the load are sent, batch by batch: a pure function, so that everyone knows what was in which window. @module */
import { markOf, type TenantName } from './marks.ts'

export const keys = 3
export const secondsABatch = 20
export const windowSeconds = 60
/** Of each key, batches apart. */
const spikeEvery = 60
const spikeSeconds = 3

export interface LoadRecord {
  readonly key: string
  /** Seconds behind the beginning of the stream. */
  readonly second: number
  readonly id: string
  readonly temperature: number
}

export function batchOf(tenant: TenantName, batch: number): readonly LoadRecord[] {
  return Array.from({ length: secondsABatch * keys }, (_, index) => {
    const second = batch * secondsABatch + Math.floor(index / keys)
    const key = index % keys
    return { key: markOf(tenant, 'k', key), second, id: `${key}-${second}`, temperature: temperature(key, batch, second) }
  })
}

/** A day's wave with noise that is the same each time; now and then one key jumps. */
function temperature(key: number, batch: number, second: number): number {
  const noise = Math.sin(second * 12.9898 + key * 78.233) * 43758.5453
  const jumps = batch % spikeEvery === 20 * (key + 1) - 1 && second % secondsABatch < spikeSeconds
  return Number((20 + Math.sin(second / 300) * 3 + (noise - Math.floor(noise)) + (jumps ? 400 : 0)).toFixed(3))
}

/** How many records each window of each key must count, by `key second`, of the windows that are over. */
export function expectedCounts(tenant: TenantName, batches: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (let batch = 0; batch < batches; batch++)
    for (const { key, second } of batchOf(tenant, batch)) {
      const place = `${key} ${Math.floor(second / windowSeconds) * windowSeconds}`
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
  return counts
}
