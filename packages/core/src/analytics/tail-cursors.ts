/**
 * Where followers of a stream are. What they are told comes of many logs (shards, insights, alerts), of which none knows of the others; so
 * what an id of theirs means is kept, in a row with a short life, before it is given out: nothing is lost or repeated where one goes on.
 * @module
 */
import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import { ConflictError } from '../errors.ts'
import type { Uses } from '../scope/scope.ts'
import { insert } from '../scope/state.ts'

/** Through what a follower was told. */
export interface TailPosition {
  /** Places in the tails of the shards. */
  readonly shards: readonly string[]
  /** All insights that changed until then, milliseconds UTC; and those that changed later and were told. A list may lag behind commits. */
  readonly insights: { readonly until: number; readonly told: readonly string[] }
  /** A sequence of the event log. */
  readonly alerts: number
}

/** What was told at one time: all between two positions. */
export interface TailRound {
  readonly from: TailPosition
  readonly to: TailPosition
  /** Which insights it told of, as they may have moved on in their list: incident and id. */
  readonly insights: readonly (readonly [incident: string, insight: string])[]
}

/** Of one round; what is more waits for the next. */
export const roundEvents = 999
/** As long as the tails of the shards. */
const keptFor = 10 * 60_000
/** Ids count from here, so that they stay below the fifteen digits that an id may have until 2051. */
const epoch = Date.UTC(2020, 0, 1)

const position: z.ZodType<TailPosition> = z.strictObject({
  shards: z.array(z.string()),
  insights: z.strictObject({ until: z.number(), told: z.array(z.string()) }),
  alerts: z.number(),
})

interface CursorFields extends TailRound {
  readonly at: number
}

export const streamCursors: Collection<CursorFields> = defineCollection<CursorFields>({
  name: 'stream-cursors',
  schema: 1,
  plain: z.strictObject({
    at: z.number(),
    from: position,
    to: position,
    insights: z.array(z.tuple([z.string(), z.string()])) as unknown as z.ZodType<TailRound['insights']>,
  }),
  sealed: [],
  lists: {},
  expires: ({ at }) => at + keptFor,
})

/**
 * Keeps a round before it is told.
 * @param after the id of the one before, of the same follower.
 * @returns its id; its events are numbered from there, at most {@link roundEvents}.
 */
export async function keepRound(scope: Uses<'state'>, stream: string, round: TailRound, after: number): Promise<number> {
  const at = scope.clock.now()
  for (let id = Math.max((at - epoch) * (roundEvents + 1), after + roundEvents + 1); ; id += roundEvents + 1) {
    try {
      await scope.state.commit({
        writes: [insert(streamCursors, cursorPlace(stream, id), { ...round, at })],
        durability: 'relaxed',
      })
      return id
    } catch (error) {
      // Another follower's, of the same millisecond.
      if (!(error instanceof ConflictError)) throw error
    }
  }
}

/** The round that an event's id belongs to, and how many events of it were told; undefined when that isn't known any more. */
export async function findRound(
  scope: Uses<'state'>,
  stream: string,
  eventId: number,
): Promise<{ readonly id: number; readonly round: TailRound; readonly told: number } | undefined> {
  const told = eventId % (roundEvents + 1)
  const id = eventId - told
  const fields = (await scope.state.get(streamCursors, cursorPlace(stream, id)))?.fields
  return fields && { id, round: fields, told }
}

function cursorPlace(stream: string, id: number): { readonly partition: string; readonly sort: string } {
  return { partition: stream, sort: String(id).padStart(15, '0') }
}
