import { alerts } from '../analytics/alerts/records.ts'
import { readHeads } from '../analytics/shards/shard-head.ts'
import { streams } from '../analytics/streams.ts'
import { deadLetters, requests } from '../event-driven/requests.ts'
import type { Uses } from '../scope/scope.ts'

/** Of more there are no counts: whoever wants to know all of them lists them. */
const mostCounted = 100
/** The newest; each is read shard by shard. */
const mostStreams = 20

/** How many there are; with `more` at least so many. */
export interface Counted {
  readonly count: number
  readonly more: boolean
}

export interface StreamStanding {
  readonly name: string
  readonly records: number
  /** From the acceptance of a batch's first record to the commit of what came of it: the last batch of the slowest shard. */
  readonly lag_ms: number
  /** How long ago its newest record was accepted; null: it has none. */
  readonly last_record_age_ms: number | null
}

/** What waits, what failed for good and what is open in a tenant, now. */
export interface Standing {
  readonly requests: Counted & {
    /** Of the one that has been due for the longest, and hasn't ended; null: none is due. What is to wait until a time is due from then on. */
    readonly oldest_age_ms: number | null
  }
  readonly dead_letters: Counted
  readonly open_alerts: Counted
}

/** Reads it from lists, so that what changed in the last moments may be missing. */
export async function standingOf({ state, clock }: Uses<'state'>): Promise<Standing> {
  const limit = mostCounted
  const [working, dead, open] = await Promise.all([
    state.list(requests, 'status', { group: 'processing', limit }),
    state.list(deadLetters, 'created', { limit }),
    state.list(alerts, 'status', { group: 'open', limit }),
  ])
  const now = clock.now()
  const due = working.items.filter(({ fields }) => (fields.not_before ?? 0) <= now)
  const ages = due.map(({ fields }) => Math.max(0, now - Math.max(fields.accepted, fields.not_before ?? 0)))
  return {
    requests: { ...counted(working), oldest_age_ms: ages.length === 0 ? null : Math.max(...ages) },
    dead_letters: counted(dead),
    open_alerts: counted(open),
  }
}

/** How far the work on a tenant's streams is behind. */
export async function streamStandings(scope: Uses<'state'>): Promise<readonly StreamStanding[]> {
  const { items } = await scope.state.list(streams, 'created', { limit: mostStreams, descending: true })
  return Promise.all(
    items.map(async ({ fields }) => {
      const heads = await readHeads(scope, fields)
      const newest = Math.max(0, ...heads.map(({ accepted }) => accepted))
      return {
        name: fields.name,
        records: heads.reduce((sum, { records }) => sum + records, 0),
        lag_ms: Math.max(0, ...heads.map(({ metrics }) => metrics.lag)),
        last_record_age_ms: newest === 0 ? null : Math.max(0, scope.clock.now() - newest),
      }
    }),
  )
}

function counted({ items, after }: { readonly items: readonly unknown[]; readonly after?: unknown }): Counted {
  return { count: items.length, more: after !== undefined }
}
