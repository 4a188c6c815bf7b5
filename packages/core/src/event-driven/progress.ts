/** The text of an answer while it comes, as rows with a short life, and the ids that it has in a stream of server-sent events. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import type { Place } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'

interface ProgressFields {
  readonly at: number
}

interface ProgressTexts {
  readonly text: string
}

/** What it shows is in the request's result soon, or worth nothing any more. */
const progressRetention = 3_600_000

/** Pieces of text in the order of the starts that they belong to, and of where they end in the answer's text. */
export const progress: Collection<ProgressFields, ProgressTexts> = defineCollection<ProgressFields, ProgressTexts>({
  name: 'progress',
  schema: 1,
  plain: z.strictObject({ at: z.number() }),
  sealed: ['text'],
  lists: {},
  expires: ({ at }) => at + progressRetention,
})

/**
 * Where the piece is that ends at this offset.
 * @param start the number of the timeline's entry for the start that the text belongs to.
 * @param end in UTF-16 code units, as JavaScript counts.
 */
export function progressPlace(requestId: string, start: number, end: number): Required<Place> {
  return { partition: requestId, sort: `${ordered(start)}~${ordered(end)}` }
}

/** The pieces of a start's text that end behind an offset, in order: each with where it ends. They may overlap. */
export async function* readProgress(
  scope: Uses<'state'>,
  requestId: string,
  start: number,
  after: number,
): AsyncGenerator<{ readonly end: number; readonly text: string }> {
  const { partition, sort } = progressPlace(requestId, start, after)
  const own = `${ordered(start)}~`
  for await (const record of scope.state.read(progress, partition, sort)) {
    if (!record.sort.startsWith(own)) return
    yield { end: Number(record.sort.slice(own.length)), text: (await record.open('text')) ?? '' }
  }
}

/** Where a text may be cut so that no character of two code units is: its end, or one before. */
export function wholeEnd(text: string): number {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length
}

/** Longer than any text that can be kept. */
const span = 1e9

/**
 * The id of an event in a request's stream: that of an entry of the timeline, or of the text up to an offset that belongs to it.
 * Ids grow, and say by themselves where a client that was cut off goes on.
 */
export function streamId(entry: number, offset = 0): number {
  return entry * span + offset
}

function ordered(number: number): string {
  return number.toString().padStart(9, '0')
}
