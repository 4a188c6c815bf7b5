/** What an index on S3 Vectors keeps beside the vectors, as records of the tenant. @module */
import { type AnyCollection, type Collection, defineCollection } from '@plinth/core'
import { z } from 'zod'

/** A version of a document that was put. */
export interface VersionFields {
  /** Of the put that made it: what was put of the version before, and removed, has another one, and is never taken for this. */
  readonly put: string
  /** `coming`: a put of several commits; `leaving`: found no more, and its vectors are being deleted. */
  readonly state: 'coming' | 'there' | 'leaving'
  readonly chunks: number
  /** Generations of the spaces where vectors of it may lie. */
  readonly begun: readonly string[]
  /** Generations where all of them do: only there it is found. */
  readonly complete: readonly string[]
}

/** Its attributes and access list as JSON: content, and so sealed. */
export interface VersionTexts {
  readonly facts: string
}

export const vectorVersions: Collection<VersionFields, VersionTexts, 'states'> = defineCollection<
  VersionFields,
  VersionTexts,
  'states'
>({
  name: 'vector-versions',
  schema: 1,
  plain: z.object({
    put: z.string(),
    state: z.enum(['coming', 'there', 'leaving']),
    chunks: z.number(),
    begun: z.array(z.string()).readonly(),
    complete: z.array(z.string()).readonly(),
  }),
  sealed: ['facts'],
  lists: { states: { group: ({ state }) => state, order: () => '-' } },
})

/** Where the chunks of a version stand in its text, ten thousand a record; in a partition of the put. */
export interface OffsetFields {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

export const vectorOffsets: Collection<OffsetFields> = defineCollection<OffsetFields>({
  name: 'vector-offsets',
  schema: 1,
  plain: z.object({ starts: z.array(z.number()).readonly(), ends: z.array(z.number()).readonly() }),
  sealed: [],
  lists: {},
})

export interface SpaceFields {
  /** Another one when a space is dropped and comes back: part of the index's name. */
  readonly generation: string
  readonly dimensions: number
  readonly state: 'there' | 'leaving'
}

export const vectorSpaces: Collection<SpaceFields> = defineCollection<SpaceFields>({
  name: 'vector-spaces',
  schema: 1,
  plain: z.object({ generation: z.string(), dimensions: z.number(), state: z.enum(['there', 'leaving']) }),
  sealed: [],
  lists: {},
})

/** Of the index as a whole, and of each space by its generation. */
export interface CountFields {
  /** Counts changes of what is found. */
  readonly changes?: number
  readonly documents?: number
  readonly chunks?: number
}

export const vectorCounts: Collection<CountFields> = defineCollection<CountFields>({
  name: 'vector-counts',
  schema: 1,
  plain: z.object({
    changes: z.number().exactOptional(),
    documents: z.number().exactOptional(),
    chunks: z.number().exactOptional(),
  }),
  sealed: [],
  lists: {},
})

/** For who exports or removes a tenant's data: it can be made anew from the documents. */
export const vectorCollections: readonly AnyCollection[] = [vectorVersions, vectorOffsets, vectorSpaces, vectorCounts]
