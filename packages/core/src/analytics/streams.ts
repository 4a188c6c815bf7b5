import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import type { WindowDefinition } from './windows/window.ts'

/** How a field of a stream's records is read: found by its values unless it is declared. */
export type FieldKind = 'number' | 'category' | 'ignore'

/** What may be set of a stream. */
export interface StreamSettings {
  readonly fields: Readonly<Record<string, FieldKind>>
  readonly windows: readonly WindowDefinition[]
  /** A record may be so much older than the newest, milliseconds, and still count in its window. */
  readonly lateness: number
  /** How long insights, windows and records are kept, milliseconds. */
  readonly retention: number
}

export interface StreamFields extends StreamSettings {
  readonly name: string
  /** Into so many shards its keys are spread; fixed when it begins. */
  readonly shards: number
  readonly created: number
  readonly updated: number
}

export const defaultSettings: StreamSettings = {
  fields: {},
  windows: [{ name: '1m', kind: 'tumbling', size: 60_000 }],
  lateness: 10_000,
  retention: 7 * 24 * 60 * 60_000,
}
export const defaultShards = 4
export const streamLimits: {
  readonly streams: number
  readonly shards: number
  readonly windows: number
  readonly fields: number
} = {
  streams: 1000,
  shards: 64,
  windows: 4,
  fields: 64,
}

const window: z.ZodType<WindowDefinition> = z.discriminatedUnion('kind', [
  z.strictObject({ name: z.string(), kind: z.literal('tumbling'), size: z.number() }),
  z.strictObject({ name: z.string(), kind: z.literal('sliding'), size: z.number(), slide: z.number() }),
  z.strictObject({ name: z.string(), kind: z.literal('session'), gap: z.number() }),
])

/** All streams of a tenant lie in this partition, by name. */
export const streamsPartition = 'all'

export const streams: Collection<StreamFields, NoFields, 'created'> = defineCollection<StreamFields, NoFields, 'created'>({
  name: 'streams',
  schema: 1,
  plain: z.strictObject({
    name: z.string(),
    fields: z.record(z.string(), z.enum(['number', 'category', 'ignore'])),
    windows: z.array(window),
    lateness: z.number(),
    retention: z.number(),
    shards: z.number(),
    created: z.number(),
    updated: z.number(),
  }),
  sealed: [],
  lists: { created: { order: (fields) => `${String(fields.created).padStart(16, '0')}/${fields.name}` } },
})
