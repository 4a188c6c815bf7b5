import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import type { EventToEmit } from '../define/event.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import type { Incident } from './incidents/incident.ts'
import { noIncidents, type PackedIncidents } from './incidents/open-incidents.ts'

/** How far a list of rows was read: all rows up to `after`, and so many items of the one behind it. */
export interface Position {
  readonly after: string
  readonly within: number
}

/** An incident that a model is to be asked about, and since when. */
export interface Waiting {
  readonly incident: string
  readonly since: number
  /** The incident's, in [0,1]: of several the strongest is asked about first. */
  readonly score: number
}

/** Where the triage of a stream stands. Whoever moves it commits what comes of it with the same commit, so that it comes of it once. */
export interface TriageFields extends PackedIncidents {
  readonly stream: string
  /** When the stream began: a later one of the same name starts anew. */
  readonly created: number
  /** By source and shard, such as `findings/3`. */
  readonly positions: Readonly<Record<string, Position>>
  /** Incidents that ended, and whose alerts aren't told so yet. */
  readonly ending: readonly string[]
  readonly waiting: readonly Waiting[]
  /** Events of earlier commits that didn't fit in them. */
  readonly untold: readonly EventToEmit[]
  /** When a tick comes by itself, milliseconds UTC; 0: none does. */
  readonly wakes: number
}

export type TriageRecord = StoredRecord<TriageFields, NoFields>

const numbers = { began: z.number(), first: z.number(), last: z.number(), gap: z.number(), touched: z.number() }
const incident: z.ZodType<Incident> = z.strictObject({
  ...{ id: z.string(), rule: z.string().exactOptional(), ...numbers },
  ...{ findings: z.number(), strength: z.number(), keys: z.number(), members: z.array(z.string()) },
  asked: z.enum(['low', 'medium', 'high']).exactOptional(),
})

/** One row a stream. */
export const streamTriage: Collection<TriageFields> = defineCollection<TriageFields>({
  name: 'stream-triage',
  schema: 1,
  plain: z.strictObject({
    stream: z.string(),
    created: z.number(),
    positions: z.record(z.string(), z.strictObject({ after: z.string(), within: z.number() })),
    opened: z.number(),
    open: z.array(incident),
    ending: z.array(z.string()),
    waiting: z.array(z.strictObject({ incident: z.string(), since: z.number(), score: z.number() })),
    untold: z.array(z.custom<EventToEmit>()),
    wakes: z.number(),
  }),
  sealed: [],
  lists: {},
})

export function newTriage(stream: string, created: number): TriageFields {
  return { stream, created, positions: {}, ...noIncidents, ending: [], waiting: [], untold: [], wakes: 0 }
}

export function getTriage(scope: Uses<'state'>, stream: string): Promise<TriageRecord | undefined> {
  return scope.state.get(streamTriage, { partition: stream })
}

/** What triage came to in all of a stream's life. */
interface TriageFigures {
  readonly findings: number
  readonly incidents: number
  readonly insights: number
  /** Calls of models, repairs among them. */
  readonly model_calls: number
  /** Incidents that a model analysed, that none was asked about as a budget was spent, and whose analysis failed. */
  readonly analysed: number
  readonly skipped: number
  readonly failed: number
  readonly input_tokens: number
  readonly output_tokens: number
  /** At list prices, in nano-dollars, so that sums are of whole numbers. */
  readonly nano_usd: number
}

const figure = z.number().default(0)

export const triageFigures: Collection<TriageFigures> = defineCollection<TriageFigures>({
  name: 'stream-triage-figures',
  schema: 1,
  plain: z.object({
    ...{ findings: figure, incidents: figure, insights: figure, model_calls: figure, analysed: figure, skipped: figure },
    ...{ failed: figure, input_tokens: figure, output_tokens: figure, nano_usd: figure },
  }) as unknown as z.ZodType<TriageFigures>,
  sealed: [],
  lists: {},
})

const noFigures: TriageFigures = {
  ...{ findings: 0, incidents: 0, insights: 0, model_calls: 0, analysed: 0, skipped: 0 },
  ...{ failed: 0, input_tokens: 0, output_tokens: 0, nano_usd: 0 },
}

export async function readTriageFigures(scope: Uses<'state'>, stream: string): Promise<TriageFigures> {
  return { ...noFigures, ...(await scope.state.get(triageFigures, { partition: stream }))?.fields }
}
