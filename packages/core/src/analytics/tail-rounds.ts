/** What a follower of a stream is told at one time: made of two positions, so that it can be told again. @module */

import { everyItem } from '../every-item.ts'
import { timestamp } from '../ports/clock.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Uses } from '../scope/scope.ts'
import { alertEvents } from './alerts/events.ts'
import { showAlert } from './alerts/forms.ts'
import { alerts } from './alerts/records.ts'
import { insights, openInsight, showInsight } from './insights.ts'
import { readTail, type Tail } from './shards/tail.ts'
import { showWindowResult } from './stream-forms.ts'
import { showPoints } from './stream-points.ts'
import type { StreamFields } from './streams.ts'
import { roundEvents, type TailPosition, type TailRound } from './tail-cursors.ts'

/** An event without its id. One that can't be shown any more keeps its number all the same. */
export type Slot = { readonly event: string; readonly key: string; readonly data: object } | undefined

/** A tail's row may hold several hundred; with what else there is they stay within a round. */
const fullFrom = roundEvents / 2
const insightsAtATime = 40
const eventsAtATime = 100
const alertsAtATime = 40
/** A change of an insight may show in its list so much later than it was made. */
const settles = 10_000

const alertTypes: ReadonlySet<string> = new Set(alertEvents.map(({ type }) => type))

/**
 * What is new behind a position.
 * @param turn which shard is looked at first, so that none waits for ever for the others.
 * @returns where to go on; no round when there is nothing to tell; `isFull` when there is more already.
 */
export async function nextRound(
  scope: Uses<'state'>,
  stream: StreamFields,
  from: TailPosition,
  turn: number,
): Promise<{ readonly to: TailPosition; readonly round: TailRound | undefined; readonly isFull: boolean }> {
  const { name } = stream
  const shards = [...from.shards]
  let count = 0
  for (let step = 0; step < shards.length && count < fullFrom; step++) {
    const shard = (turn + step) % shards.length
    for await (const row of readTail(scope, name, shard, shards[shard] ?? '')) {
      shards[shard] = row.place
      count += slotsOf(name, row).length
      if (count >= fullFrom) break
    }
  }
  const changed = await changedInsights(scope, name, from.insights)
  const logged = await newAlerts(scope, name, from.alerts)
  const to = { shards, insights: changed.position, alerts: logged.sequence }
  const isNew = count > 0 || changed.of.length > 0 || logged.of.length > 0
  const isFull = count >= fullFrom || changed.of.length === insightsAtATime || logged.isFull
  return { to, round: isNew ? { from, to, insights: changed.of } : undefined, isFull }
}

/** The events of a round, in an order that is always the same. */
export async function* roundSlots(scope: Uses<'state'>, stream: string, round: TailRound): AsyncGenerator<Slot> {
  const { from, to } = round
  for (const [shard, place] of to.shards.entries()) {
    if (place === from.shards[shard]) continue
    for await (const row of readTail(scope, stream, shard, from.shards[shard] ?? '')) {
      if (row.place > place) break
      yield* slotsOf(stream, row)
    }
  }
  for (const [incident, id] of round.insights) {
    const record = await scope.state.get(insights, { partition: incident, sort: id })
    yield record && { event: 'insight', key: record.fields.key, data: showInsight(await openInsight(record)) }
  }
  if (to.alerts === from.alerts) return
  for (const { type, subject } of (await newAlerts(scope, stream, from.alerts, to.alerts)).of) {
    const record = await scope.state.get(alerts, { partition: subject })
    const change = type.slice(type.lastIndexOf('.') + 1)
    yield record && { event: 'alert', key: record.fields.key, data: { ...(await showAlert(record)), change } }
  }
}

function slotsOf(stream: string, { points, anomalies, windows }: Tail): readonly NonNullable<Slot>[] {
  const slots: NonNullable<Slot>[] = []
  for (const point of showPoints(stream, points)) slots.push({ event: 'point', key: point.key, data: point })
  for (const { key, timestamp: time, ...rest } of anomalies)
    slots.push({ event: 'anomaly', key, data: { stream, key, timestamp: timestamp(time), ...rest } })
  for (const result of windows) slots.push({ event: 'window', key: result.key, data: { stream, ...showWindowResult(result) } })
  return slots
}

/** Those that changed since, in the order of their changes. */
async function changedInsights(
  scope: Uses<'state'>,
  stream: string,
  before: TailPosition['insights'],
): Promise<{ readonly of: readonly (readonly [string, string])[]; readonly position: TailPosition['insights'] }> {
  const found: { readonly name: string; readonly updated: number; readonly of: readonly [string, string] }[] = []
  const known = new Set(before.told)
  const query = { group: stream, descending: true, limit: insightsAtATime }
  for await (const { fields } of everyItem((from) => scope.state.list(insights, 'updated', { ...query, ...from }))) {
    const { updated, insight_id, incident_id } = fields
    if (updated <= before.until) break
    const name = `${updated}~${insight_id}`
    if (!known.has(name)) found.push({ name, updated, of: [incident_id, insight_id] })
  }
  const next = found.reverse().slice(0, insightsAtATime)
  if (next.length === 0) return { of: [], position: before }
  const all = [...before.told, ...next.map(({ name }) => name)]
  const newest = Math.max(...all.map(timeOf))
  // What is still to come of those found must not count as told.
  const until = Math.max(before.until, Math.min(newest - settles, (found[next.length]?.updated ?? Number.POSITIVE_INFINITY) - 1))
  return { of: next.map(({ of }) => of), position: { until, told: all.filter((name) => timeOf(name) > until) } }
}

function timeOf(name: string): number {
  return Number(name.slice(0, name.indexOf('~')))
}

/** What the event log has of the stream's alerts, up to a sequence. */
async function newAlerts(
  scope: Uses<'state'>,
  stream: string,
  after: number,
  through: number = Number.POSITIVE_INFINITY,
): Promise<{ readonly of: readonly StoredEvent[]; readonly sequence: number; readonly isFull: boolean }> {
  const of: StoredEvent[] = []
  let sequence = after
  for (;;) {
    const events = await scope.state.events({ after: sequence, limit: eventsAtATime })
    for (const event of events) {
      if (event.sequence > through) return { of, sequence, isFull: false }
      sequence = event.sequence
      if (alertTypes.has(event.type) && event.detail.stream === stream) of.push(event)
      if (of.length === alertsAtATime) return { of, sequence, isFull: true }
    }
    if (events.length < eventsAtATime) return { of, sequence, isFull: false }
  }
}
