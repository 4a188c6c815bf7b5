import { closing } from './event-types.ts'
import type { FinalEvent } from './final-state.ts'
import type { Entry } from './ledger.ts'
import { callbackUrl, type Planned, subscribed, subscriberUrl } from './plan.ts'

/** Who is to be told of what, and wasn't yet: the subscriber of the bus (no URL) of everything, receivers of what they asked for. */
export function owed(
  plan: readonly Planned[],
  events: readonly FinalEvent[],
  entries: readonly Entry[],
): readonly { readonly event: FinalEvent; readonly url?: string }[] {
  const told = new Set(entries.flatMap((entry) => (entry.type === 'published' ? [entry.id] : [])))
  const delivered = new Set(entries.flatMap((entry) => (entry.type === 'delivered' ? [`${entry.url} ${entry.id}`] : [])))
  const waiting = new Set(plan.filter(({ callback }) => callback).map(({ key }) => key))
  const calledBack = new Set(
    entries.flatMap((entry) => (entry.type === 'acknowledged' && waiting.has(entry.key) ? [entry.request_id] : [])),
  )
  return events.flatMap((event) => {
    const urls = [
      ...(event.tenant === subscribed ? [subscriberUrl] : []),
      ...(calledBack.has(event.subject) && closing.includes(event.type) ? [callbackUrl] : []),
    ]
    return [
      ...(told.has(event.id) ? [] : [{ event }]),
      ...urls.filter((url) => !delivered.has(`${url} ${event.id}`)).map((url) => ({ event, url })),
    ]
  })
}
