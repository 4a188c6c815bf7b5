/** No window counts a record twice or misses one; no alert is opened or told twice. @module */
import { type Entry, entriesOf } from '../ledger.ts'
import { tenants } from '../marks.ts'
import { expectedCounts, windowSeconds } from '../records.ts'
import type { ServerOutcome } from './outcome.ts'

const opened = 'genai.alert.opened'
const recovered = 'genai.alert.recovered'

export function* faultsOfStreams({ entries, state }: ServerOutcome): Generator<string> {
  for (const tenant of tenants) {
    const { windows, alerts, events } = state.tenants[tenant]
    const batches = entriesOf(entries, 'records').filter((entry) => entry.tenant === tenant).length
    const counted = Map.groupBy(windows, ({ key, start }) => `${key} ${(Date.parse(start) - state.begin) / 1_000}`)
    const expected = expectedCounts(tenant, batches)
    for (const [place, count] of expected) {
      const found = counted.get(place) ?? []
      if (found.length !== 1) yield `${tenant}: the window ${place} is there ${found.length} times`
      else if (found[0]?.count !== count) yield `${tenant}: the window ${place} counts ${found[0]?.count} records of ${count}`
    }
    for (const place of counted.keys()) {
      const [, second] = place.split(' ')
      const isPart = Number(second) % windowSeconds === 0 && expected.has(place)
      if (!isPart) yield `${tenant}: the window ${place} counts what nobody sent`
    }
    for (const [what, same] of Map.groupBy(
      alerts,
      ({ key, alert_type, incident_id }) => `${alert_type} of ${key} in ${incident_id}`,
    ))
      if (same.length > 1) yield `${tenant}: ${same.length} alerts for ${what}`
    const tellings = Map.groupBy(
      events.filter(({ type }) => type === opened || type === recovered).toSorted((one, other) => one.sequence - other.sequence),
      ({ subject }) => subject,
    )
    for (const { alert_id } of alerts) yield* faultsOfOpening(tenant, alert_id, tellings.get(alert_id) ?? [])
    const known = new Set(alerts.map(({ alert_id }) => alert_id))
    for (const subject of tellings.keys()) if (!known.has(subject)) yield `${tenant}: alert ${subject} was opened and isn't there`
  }
  yield* faultsOfTelling({ entries, state })
}

/** An alert opens by one event, and once more only when it was told that it was over. */
function* faultsOfOpening(tenant: string, alert: string, told: readonly { readonly type: string }[]): Generator<string> {
  if (told.length === 0) yield `${tenant}: alert ${alert} was opened 0 times`
  for (const [at, { type }] of told.entries())
    if (type !== (at % 2 === 0 ? opened : recovered)) {
      const before = told.slice(0, at + 1).map((each) => each.type.split('.').at(-1))
      yield `${tenant}: of alert ${alert} was told: ${before.join(', ')}`
    }
}

/** A receiver is told of each event at least once, under one id, of nothing else, and by one process once. */
function* faultsOfTelling({ entries, state }: ServerOutcome): Generator<string> {
  const told = entriesOf(entries, 'told')
  for (const tenant of tenants) {
    const kept = new Map(state.tenants[tenant].events.map((event) => [event.id, event]))
    const own = Map.groupBy(
      told.filter((entry) => entry.tenant === tenant),
      ({ id }) => id,
    )
    for (const { id, type, subject } of kept.values())
      if (isTold(type) && !own.has(id)) yield `${tenant}: event ${id} (${type} of ${subject}) was never told`
    for (const [id, times] of own) {
      if (!kept.has(id)) yield `${tenant}: event ${id} was told and is not in the log`
      yield* twiceInALife(tenant, id, times)
    }
  }
}

/** What receivers subscribe to. */
export const toldTypes: readonly string[] = [opened, 'genai.request.completed', 'genai.request.failed', 'genai.workflow.finished']

function isTold(type: string): boolean {
  return toldTypes.includes(type)
}

function* twiceInALife(
  tenant: string,
  id: string,
  times: readonly Extract<Entry, { readonly type: 'told' }>[],
): Generator<string> {
  for (const [life, same] of Map.groupBy(times, (entry) => `${entry.life}`))
    if (same.length > 1) yield `${tenant}: event ${id} was told ${same.length} times by process ${life}`
}
