import { z } from 'zod'
import { changedFields } from '../changed-fields.ts'
import { type Collection, defineCollection } from '../define/collection.ts'
import type { JobToEmit } from '../define/job.ts'
import { ForbiddenError, InvalidInputError } from '../errors.ts'
import type { ResolvedEmbedding } from '../language-model/catalogue.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, update } from '../scope/state.ts'

/** Vectors by one model, of one length: only these can be compared (X35). */
export interface Space {
  readonly name: string
  /** What to ask for, to ask this model again. */
  readonly model_id: string
  /** What answered: another one, where the model's provider isn't configured. */
  readonly served_by: string
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
  /** Those jobs, by their ids, until they have ended. */
  readonly tidied_by?: string
  readonly purged_by?: string
}

const space: z.ZodType<Space> = z.strictObject({
  name: z.string(),
  model_id: z.string(),
  served_by: z.string(),
  dimensions: z.number().int(),
})

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
    tidied_by: z.string().exactOptional(),
    purged_by: z.string().exactOptional(),
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
      // The others are no settings of anybody's.
      changed: changedFields(before, after).filter((name) => name === 'dense_weight'),
    })
    return after
  })
}

type AnyEmbedding = Pick<ResolvedEmbedding, 'id' | 'servedBy'>

/** The space of a model; its name fits the index's, and is that of what answers. */
export function spaceOf({ id, servedBy }: AnyEmbedding, dimensions: number): Space {
  const name = `${servedBy.replace(/[^A-Za-z0-9._:-]/g, '-').slice(0, 110)}:${dimensions}`
  return { name, model_id: id, served_by: servedBy, dimensions }
}

/** Whether a space's vectors are those of a model. */
export function isOf({ model_id, served_by }: Space, { id, servedBy }: AnyEmbedding): boolean {
  return model_id === id && served_by === servedBy
}

/**
 * The model that made a space's vectors, to make more of them; undefined where it can't be asked: by another configuration, or since the
 * tenant may not.
 */
export function modelOf({ models }: Uses<'models'>, space: Space): ResolvedEmbedding | undefined {
  try {
    const resolved = models.resolveEmbedding(space.model_id)
    return isOf(space, resolved) ? resolved : undefined
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof ForbiddenError) return undefined
    throw error
  }
}
