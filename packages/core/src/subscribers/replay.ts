import { z } from 'zod'
import type { NoFields } from '../define/collection.ts'
import { defineJob, type JobDefinition, startJob } from '../define/job.ts'
import { ConflictError, InvalidInputError, LimitError, NotFoundError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { envelope } from '../ports/event-bus.ts'
import type { Outcome } from '../ports/queue.ts'
import { changeLimits, type StoredEvent } from '../ports/state-store.ts'
import { firstSequenceSince, newestSequence } from '../scope/event-log.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert } from '../scope/state.ts'
import { errandJob } from './errand.ts'
import { getSubscriber } from './manage-subscribers.ts'
import { matchesEvent } from './match-event.ts'
import {
  countsPlace,
  type ReplayFields,
  replays,
  type SubscriberFields,
  subscriberCounts,
  subscribers,
  subscribersPartition,
} from './records.ts'

type ReplayRecord = StoredRecord<ReplayFields, NoFields>

export interface NewReplay {
  /** A sequence, or a time in milliseconds UTC. */
  readonly from: { readonly sequence: number } | { readonly time: number }
  readonly type?: string
  /** Only to this one. Default: to all that are active. */
  readonly subscriber_id?: string
}

/** So many of a tenant's may be under way. */
export const replayLimit = 10
const eventsAtATime = 100
/** A job does so many steps, then lets others have their turn. */
const stepsAtATime = 20
const pause = 250
const conflictPause = 250

/**
 * Tells events of the log once more, from one on up to the newest that there is now, to the tenant's subscribers, under the ids
 * that they have. In the background.
 * @throws InvalidInputError for a `from` that lies ahead, NotFoundError for the subscriber, LimitError `too_many_replays`.
 */
export async function startReplay(scope: Uses<'state'>, replay: NewReplay): Promise<ReplayFields> {
  const { from, type, subscriber_id } = replay
  if (subscriber_id !== undefined) await getSubscriber(scope, subscriber_id)
  const now = scope.clock.now()
  const to = await newestSequence(scope)
  if ('time' in from ? from.time > now : from.sequence > to + 1)
    throw new InvalidInputError('Must not be ahead of the newest event.', { field: 'from' })
  const first = 'time' in from ? await firstSequenceSince(scope, from.time, to) : Math.max(1, from.sequence)
  const done = first > to
  const fields: ReplayFields = {
    replay_id: uuid(scope.clock),
    status: done ? 'completed' : 'running',
    ...(type === undefined ? {} : { type }),
    ...(subscriber_id === undefined ? {} : { subscriber_id }),
    ...('time' in from ? { from_time: from.time } : {}),
    from_sequence: first,
    to_sequence: to,
    next_sequence: first,
    deliveries: 0,
    created: now,
    ...(done ? { ended: now } : {}),
  }
  const id = fields.replay_id
  try {
    await scope.state.commit({
      writes: [
        insert(replays, { partition: id }, fields),
        ...(done ? [] : [count(subscriberCounts, countsPlace, { replays: 1 }, { replays: replayLimit })]),
      ],
      emit: done ? [] : [startJob(replayJob, { id, body: { replay_id: id }, lane: 'low' })],
    })
    return fields
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    throw new LimitError(error.key, 'too_many_replays', `At most ${replayLimit} replays may be under way.`, { retryAfter: 10 })
  }
}

/** A replay of this tenant. @throws NotFoundError. */
export async function getReplay(scope: Uses<'state'>, id: string): Promise<ReplayFields> {
  const record = await scope.state.get(replays, { partition: id })
  if (!record) throw new NotFoundError('replay')
  return record.fields
}

interface ReplayBody {
  readonly replay_id: string
}

export const replayJob: JobDefinition<ReplayBody> = defineJob<ReplayBody>({
  name: 'event-driven.replay',
  version: 1,
  summary: 'Begins the deliveries of a replay, some at a time.',
  body: z.strictObject({ replay_id: z.string() }),
  concurrency: 4,
  handle: workReplay,
})

/** How far it is stands in the replay's record, and moves on in the commits that emit the deliveries: each is begun once. */
async function workReplay(scope: Uses<'state'>, { replay_id }: ReplayBody): Promise<Outcome> {
  try {
    let record = await scope.state.get(replays, { partition: replay_id })
    for (let step = 0; record?.fields.status === 'running'; step++) {
      if (step === stepsAtATime) return { retryAt: scope.clock.now() + pause }
      record = await takeStep(scope, record)
    }
    return { done: true }
  } catch (error) {
    if (error instanceof ConflictError) return { retryAt: scope.clock.now() + conflictPause }
    throw error
  }
}

/** Begins as many deliveries as one commit may. */
async function takeStep(scope: Uses<'state'>, record: ReplayRecord): Promise<ReplayRecord> {
  const { fields } = record
  const { next_sequence, to_sequence, type, replay_id } = fields
  const query = { after: next_sequence - 1, limit: eventsAtATime, ...(type === undefined ? {} : { type }) }
  const page = (await scope.state.events(query)).filter((event) => event.sequence <= to_sequence)
  const wanted = await wantedDeliveries(scope, fields, page)
  const some = wanted.slice(0, changeLimits.emitted)
  const last = some.at(-1)
  const { after_subscriber, ...rest } = fields
  const moved = { ...rest, deliveries: fields.deliveries + some.length }
  const emit = some.map(({ event, subscriber }) => {
    const errand = { target: `subscriber:${subscriber}`, sequence: event.sequence, replay_id } as const
    return { kind: 'job', ...errandJob(errand, { id: `${replay_id}:${event.sequence}:${subscriber}`, lane: 'low' }) } as const
  })
  if (last && some.length < wanted.length) {
    const place = { next_sequence: last.event.sequence, after_subscriber: last.subscriber }
    return scope.state.update(replays, record, { ...moved, ...place }, { emit })
  }
  const end = page.length < eventsAtATime ? to_sequence : (page.at(-1)?.sequence ?? to_sequence)
  if (end < to_sequence) return scope.state.update(replays, record, { ...moved, next_sequence: end + 1 }, { emit })
  const ended: ReplayFields = { ...moved, status: 'completed', next_sequence: to_sequence + 1, ended: scope.clock.now() }
  return scope.state.update(replays, record, ended, { emit, also: [count(subscriberCounts, countsPlace, { replays: -1 })] })
}

/** Each event with each subscriber that is to be told of it, behind where the replay stands, in order. */
async function wantedDeliveries(
  scope: Uses<'state'>,
  { next_sequence, after_subscriber = '', from_time = 0, subscriber_id }: ReplayFields,
  page: readonly StoredEvent[],
): Promise<readonly { readonly event: StoredEvent; readonly subscriber: string }[]> {
  const active: SubscriberFields[] = []
  for await (const { fields } of scope.state.read(subscribers, subscribersPartition)) {
    if (fields.status === 'active' && (subscriber_id ?? fields.subscriber_id) === fields.subscriber_id) active.push(fields)
  }
  return page
    .filter((event) => event.time >= from_time)
    .flatMap((event) => {
      const shown = envelope(event)
      const behind = event.sequence === next_sequence ? after_subscriber : ''
      return active
        .filter((one) => one.subscriber_id > behind && matchesEvent(one.pattern, shown))
        .map((one) => ({ event, subscriber: one.subscriber_id }))
    })
}
