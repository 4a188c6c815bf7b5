import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import type { JobToEmit } from '../define/job.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, update } from '../scope/state.ts'

/** Vectors by one model, of one length: only these can be compared (X35). */
export interface Space {
  readonly name: string
  readonly model_id: string
  readonly dimensions: number
}

export interface Spaces {
  /** By which questions are asked; absent until something has a vector. */
  readonly serving?: Space
  /** The one that is made to take its place. */
  readonly building?: Space
  /** What a question's vector counts beside its words, 0 to 1, where the tenant says so; else what is known of the model. */
  readonly dense_weight?: number
  /** When a job tidies the index that waits for it: soon, and when removals are due. Milliseconds UTC. */
  readonly tidied?: number
  readonly purged?: number
}

const space: z.ZodType<Space> = z.strictObject({ name: z.string(), model_id: z.string(), dimensions: z.number().int() })

/** Which vectors a tenant's index has. */
export const searchSpaces: Collection<Spaces> = defineCollection<Spaces>({
  name: 'search-spaces',
  schema: 1,
  plain: z.strictObject({
    serving: space.exactOptional(),
    building: space.exactOptional(),
    dense_weight: z.number().exactOptional(),
    tidied: z.number().exactOptional(),
    purged: z.number().exactOptional(),
  }),
  sealed: [],
  lists: {},
})

export const spacesPlace = { partition: 'spaces' } as const

export async function readSpaces(scope: Uses<'state'>): Promise<StoredRecord<Spaces, Record<never, never>> | undefined> {
  return scope.state.get(searchSpaces, spacesPlace)
}

/** Changes what is kept of a tenant's spaces. */
export async function changeSpaces(
  scope: Uses<'state'>,
  change: (spaces: Spaces) => Spaces,
  emit: readonly JobToEmit[] = [],
): Promise<Spaces> {
  return retryConflicts(async () => {
    const record = await readSpaces(scope)
    const before = record?.fields ?? {}
    const after = change(before)
    if (after === before) return before
    await scope.state.commit({
      writes: [record ? update(searchSpaces, record, after) : insert(searchSpaces, spacesPlace, after)],
      emit,
    })
    return after
  })
}

/** The space of a model; its name fits the index's. */
export function spaceOf(modelId: string, dimensions: number): Space {
  return { name: `${modelId.replace(/[^A-Za-z0-9._:-]/g, '-').slice(0, 110)}:${dimensions}`, model_id: modelId, dimensions }
}
