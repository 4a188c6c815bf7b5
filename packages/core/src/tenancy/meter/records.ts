import { z } from 'zod'
import { sha256 } from '../../crypto.ts'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Place } from '../../scope/record.ts'

/** Money is counted in nano-dollars, so that sums are of whole numbers. */
export const nano = 1_000_000_000

/**
 * What a tenant's calls of models came to, by day, model and user. Many writers add up to the same, whatever their
 * order.
 */
export interface UsageCounts {
  readonly requests: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly nano_usd: number
}

const counts = z.looseObject({
  requests: z.number().default(0),
  input_tokens: z.number().default(0),
  output_tokens: z.number().default(0),
  nano_usd: z.number().default(0),
}) as unknown as z.ZodType<UsageCounts>

export const usage: Collection<UsageCounts> = defineCollection<UsageCounts>({
  name: 'usage',
  schema: 1,
  plain: counts,
  sealed: [],
  lists: {},
})

/** Whose limits: the tenant's own, or those of one of its virtual keys, named by its id. */
export type Account = string
export const ofTenant: Account = '@'

/** What is spent in a month, or reserved by work that was accepted. Nano-dollars. */
export interface Spending {
  readonly taken: number
}

export const spending: Collection<Spending> = defineCollection<Spending>({
  name: 'spending',
  schema: 1,
  plain: z.object({ taken: z.number() }),
  sealed: [],
  lists: {},
})

export function spendingPlace(month: string, account: Account): Place {
  return { partition: month, sort: account }
}

/** What was let through in one minute, as far as it is limited. */
export interface Rates {
  readonly requests?: number
  readonly tokens?: number
}

export const rates: Collection<Rates> = defineCollection<Rates>({
  name: 'rates',
  schema: 1,
  plain: z.object({ requests: z.number().exactOptional(), tokens: z.number().exactOptional() }),
  sealed: [],
  lists: {},
})

/** @param minute since 1970. */
export function ratesPlace(minute: number, account: Account): Place {
  return { partition: 'minute', sort: `${minute}/${account}` }
}

const dayMilliseconds = 86_400_000
let lastDay = { number: Number.NaN, text: '' }

/** `2026-01-31`, of UTC. */
export function dayOf(milliseconds: number): string {
  const number = Math.floor(milliseconds / dayMilliseconds)
  // Asked twice a call: making a text of a date costs more than the rest of a reservation.
  if (number !== lastDay.number) lastDay = { number, text: new Date(milliseconds).toISOString().slice(0, 10) }
  return lastDay.text
}

/** `2026-01`: a budget's month is a month of UTC. */
export function monthOf(day: string): string {
  return day.slice(0, 7)
}

/** A day's row of usage, in its month. */
export interface UsageKey {
  /** `2026-01-31`, of UTC. */
  readonly day: string
  readonly model: string
  readonly user: string
}

export function usagePlace({ day, model, user }: UsageKey): Place {
  return { partition: monthOf(day), sort: [day, asPart(model, longestModel), asPart(user, longestUser)].join('/') }
}

/** @returns undefined for what no {@link usagePlace} made. Names that were too long are those that {@link usagePlace} gave them. */
export function usageKey(sort: string): UsageKey | undefined {
  const [day, model, user, ...more] = sort.split('/')
  if (!day || !model || !user || more.length > 0) return undefined
  return { day, model: decodeURIComponent(model), user: decodeURIComponent(user) }
}

/** Together with the day within the 512 characters that a part of a key may have. */
const longestModel = 180
const longestUser = 320
const hashMark = '~'

/** Names as they were changed lately, where nothing of them was cut: the same few come with every call. */
const parts = new Map<string, string>()
const mostParts = 4_000

function asPart(name: string, longest: number): string {
  const known = parts.get(name)
  if (known !== undefined && known.length <= longest) return known
  const part = madePart(name, longest)
  if (parts.size >= mostParts) parts.clear()
  if (!part.includes(hashMark)) parts.set(name, part)
  return part
}

/** A name without what a key can't hold. One that is too long becomes its beginning and its hash, which no other name becomes. */
function madePart(name: string, longest: number): string {
  const text = name.toWellFormed()
  const whole = escaped(text)
  if (whole.length <= longest) return whole
  const hash = hashMark + sha256(text)
  let beginning = ''
  for (const character of text) {
    const next = beginning + escaped(character)
    if (next.length + hash.length > longest) break
    beginning = next
  }
  return beginning + hash
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(hashMark, '%7E')
}
