import { z } from 'zod'
import { changedFields } from '../changed-fields.ts'
import { type Collection, defineCollection } from '../define/collection.ts'
import { AlreadyThereError, InvalidInputError, LimitError, NotFoundError, UnavailableError } from '../errors.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert } from '../scope/state.ts'
import { showSettings } from './show-stream.ts'
import {
  defaultSettings,
  defaultShards,
  type StreamFields,
  type StreamSettings,
  streamLimits,
  streams,
  streamsPartition,
} from './streams.ts'
import { checkWindows } from './windows/check-windows.ts'

type StreamRecordRow = StoredRecord<StreamFields, Record<never, never>>

/** How many streams a tenant has: its limit is kept by the commit that makes one. */
export const streamCounts: Collection<{ readonly streams: number }> = defineCollection<{ readonly streams: number }>({
  name: 'stream-counts',
  schema: 1,
  plain: z.object({ streams: z.number() }),
  sealed: [],
  lists: {},
})

/** A stream that is being removed: until all of it is gone, no other begins under its name. */
export interface RemovalFields {
  readonly name: string
  readonly shards: number
  readonly created: number
  readonly at: number
}

export const streamRemovals: Collection<RemovalFields> = defineCollection<RemovalFields>({
  name: 'stream-removals',
  schema: 1,
  plain: z.strictObject({ name: z.string(), shards: z.number(), created: z.number(), at: z.number() }),
  sealed: [],
  lists: {},
})

export const countPlace: { readonly partition: string } = { partition: streamsPartition }

/** Where a stream's row is. */
function streamPlace(name: string): { readonly partition: string; readonly sort: string } {
  return { partition: streamsPartition, sort: name }
}

export function findStream(scope: Uses<'state'>, name: string): Promise<StreamRecordRow | undefined> {
  return scope.state.get(streams, streamPlace(name))
}

/** @throws NotFoundError */
export async function getStream(scope: Uses<'state'>, name: string): Promise<StreamRecordRow> {
  const found = await findStream(scope, name)
  if (!found) throw new NotFoundError('stream')
  return found
}

/** After a stream was removed, what was on its way for it may still come for so long, milliseconds. */
export const removalTime = 30_000

/**
 * The stream that records are sent to: it begins with its first record.
 * @throws LimitError `too_many_streams`; UnavailableError `stream_leaving` while a stream of that name is being removed.
 */
export async function beginStream(scope: Uses<'state'>, name: string): Promise<StreamFields> {
  return retryConflicts(async () => (await findStream(scope, name))?.fields ?? make(scope, name, defaultSettings, defaultShards))
}

/**
 * Makes a stream, or sets it anew; what is left out is as it is for a stream that nobody set.
 * @param shards into how many its keys are spread; only where it is made.
 * @throws InvalidInputError for windows that can't be kept, and for other shards than it has; AlreadyThereError for one that must be new;
 * else as {@link beginStream}.
 */
export async function setUpStream(
  scope: Uses<'state'>,
  name: string,
  { shards, ...given }: Partial<StreamSettings> & { readonly shards?: number | undefined },
  { mustBeNew = false }: { readonly mustBeNew?: boolean } = {},
): Promise<{ readonly fields: StreamFields; readonly made: boolean }> {
  const settings = { ...defaultSettings, ...given }
  checkWindows(settings.windows, settings.lateness)
  return retryConflicts(async () => {
    const record = await findStream(scope, name)
    if (!record) return { fields: await make(scope, name, settings, shards ?? defaultShards), made: true }
    if (mustBeNew) throw new AlreadyThereError('stream', 'name')
    if (shards !== undefined && shards !== record.fields.shards)
      throw new InvalidInputError('Is fixed when a stream begins.', { field: 'shards' })
    const changed = { ...record.fields, ...settings, updated: scope.clock.now() }
    const told = { changed: changedFields(showSettings(record.fields), showSettings({ ...record.fields, ...settings })) }
    return { fields: (await scope.state.update(streams, record, changed, told)).fields, made: false }
  })
}

async function make(scope: Uses<'state'>, name: string, settings: StreamSettings, shards: number): Promise<StreamFields> {
  const now = scope.clock.now()
  const removal = await scope.state.get(streamRemovals, { partition: name })
  if (removal) {
    const retryAfter = Math.max(1, Math.ceil((removal.fields.at + removalTime - now) / 1_000))
    const message = 'A stream of this name is being removed. It can begin anew when all of it is gone.'
    throw new UnavailableError('stream_leaving', message, { retryAfter })
  }
  const fields: StreamFields = { ...settings, name, shards, created: now, updated: now }
  const usual: StreamFields = { ...fields, ...defaultSettings, shards: defaultShards }
  try {
    await scope.state.commit({
      writes: [
        insert(streams, streamPlace(name), fields),
        count(streamCounts, countPlace, { streams: 1 }, { streams: streamLimits.streams }),
      ],
      changed: changedFields(showSettings(usual), showSettings(fields)),
    })
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    throw new LimitError(error.key, 'too_many_streams', `A tenant has at most ${streamLimits.streams} streams. Delete some.`)
  }
  return fields
}
