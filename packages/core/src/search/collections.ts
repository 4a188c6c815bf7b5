import { z } from 'zod'
import { type AnyCollection, type Collection, defineCollection } from '../define/collection.ts'

/** What is true of an index as a whole. Every change of the index is a commit that changes it: readers look here first. */
export interface HeadFields {
  /** Of this index, so that one that is made anew isn't taken for it. */
  readonly origin: string
  /** Counts changes. */
  readonly sequence: number
  /** Counts those that took segments off the list. */
  readonly flips: number
  readonly documents: number
  readonly chunks: number
  readonly next_generation: number
  readonly spaces: readonly SpaceFields[]
}

export interface SpaceFields {
  readonly name: string
  readonly dimensions: number
  /** Another one when a space is dropped and comes back. */
  readonly generation: number
  /** That have a vector. */
  readonly chunks: number
  /** So many times the limit, candidates of the scan are scored exactly. */
  readonly factor: number
  /** As last measured, with so many chunks; null and 0 when it never was. */
  readonly recall: number | null
  readonly checked: number
}

const spaceFields: z.ZodType<SpaceFields> = z.object({
  name: z.string(),
  dimensions: z.number(),
  generation: z.number(),
  chunks: z.number(),
  factor: z.number(),
  recall: z.number().nullable(),
  checked: z.number(),
})

export const searchHeads: Collection<HeadFields> = defineCollection<HeadFields>({
  name: 'search-heads',
  schema: 1,
  plain: z.object({
    origin: z.string(),
    sequence: z.number(),
    flips: z.number(),
    documents: z.number(),
    chunks: z.number(),
    next_generation: z.number(),
    spaces: z.array(spaceFields).readonly(),
  }),
  sealed: [],
  lists: {},
})

/** A segment that is searched. Its bytes are objects. */
export interface SegmentFields {
  readonly id: string
  /** Of its vectors' space; 0 for words. */
  readonly generation: number
  readonly chunks: number
  readonly bytes: number
  readonly pieces: number
  /** What was removed up to this sequence isn't in it any more. */
  readonly since: number
}

export const searchSegments: Collection<SegmentFields> = defineCollection<SegmentFields>({
  name: 'search-segments',
  schema: 1,
  plain: z.object({
    id: z.string(),
    generation: z.number(),
    chunks: z.number(),
    bytes: z.number(),
    pieces: z.number(),
    since: z.number(),
  }),
  sealed: [],
  lists: {},
})

/** Objects that no segment names: about to be written, given up, or replaced. */
export interface UnlistedFields {
  readonly objects: readonly { readonly id: string; readonly pieces: number }[]
  /** From when on they may be removed, milliseconds UTC. */
  readonly removable: number
}

export const searchUnlisted: Collection<UnlistedFields> = defineCollection<UnlistedFields>({
  name: 'search-unlisted',
  schema: 1,
  plain: z.object({
    objects: z.array(z.object({ id: z.string(), pieces: z.number() })).readonly(),
    removable: z.number(),
  }),
  sealed: [],
  lists: {},
})

/** Versions that were removed, and are still in segments of before. */
export interface RemovalFields {
  readonly sequence: number
  /** When, milliseconds UTC. */
  readonly removed: number
  readonly versions: readonly (readonly [document: string, version: string])[]
}

export const searchRemovals: Collection<RemovalFields> = defineCollection<RemovalFields>({
  name: 'search-removals',
  schema: 1,
  plain: z.object({
    sequence: z.number(),
    removed: z.number(),
    versions: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
  }),
  sealed: [],
  lists: {},
})

/** A version of a document that is there. */
export interface VersionFields {
  readonly chunks: number
  /** How many of its chunks, from the first on, have vectors in a space, by the space's generation. */
  readonly vectors: readonly VersionVectors[]
}

export interface VersionVectors {
  readonly generation: number
  readonly chunks: number
}

export const searchVersions: Collection<VersionFields> = defineCollection<VersionFields>({
  name: 'search-versions',
  schema: 1,
  plain: z.object({
    chunks: z.number(),
    vectors: z.array(z.object({ generation: z.number(), chunks: z.number() })).readonly(),
  }),
  sealed: [],
  lists: {},
})

/** All that the index keeps, for who exports or removes a tenant's data: it can be made anew from the documents. */
export const searchCollections: readonly AnyCollection[] = [
  searchHeads,
  searchSegments,
  searchUnlisted,
  searchRemovals,
  searchVersions,
]
