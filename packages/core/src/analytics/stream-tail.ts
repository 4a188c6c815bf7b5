import { untilNextLook } from '../define/look-again.ts'
import type { ServerEvent } from '../define/route.ts'
import { newestSequence } from '../scope/event-log.ts'
import type { Uses } from '../scope/scope.ts'
import { getStream } from './set-up-stream.ts'
import { placeAt } from './shards/findings.ts'
import { readHeads } from './shards/shard-head.ts'
import type { StreamFields } from './streams.ts'
import { findRound, keepRound, type TailPosition, type TailRound } from './tail-cursors.ts'
import { nextRound, roundSlots } from './tail-rounds.ts'

/** Looks after which a follower sees whether the stream is still there. */
const lookAfter = 20

/**
 * What happens in a stream, from now on, or from behind an id: `point` {key, timestamp, values, score, expected, anomalous}, a sample where many come; `anomaly`; `window`, some of those that closed;
 * `insight`, again when it changes; `alert` with `change`: opened, escalated, recovered or acknowledged. It begins with a `status`, which
 * says whether something is missing between the id and now: what a follower was told is known for ten minutes.
 * @param key of this key alone.
 */
export async function* followStream(
  scope: Uses<'state'>,
  stream: StreamFields,
  options: { readonly after: number | undefined; readonly key: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<ServerEvent> {
  const { after, key, signal } = options
  const begun = after === undefined ? undefined : await findRound(scope, stream.name, after)
  let id: number
  let position: TailPosition
  if (begun) {
    id = begun.id
    position = begun.round.to
    yield* told(scope, stream.name, begun.round, { id, key, skip: begun.told })
  } else {
    position = await positionNow(scope, stream)
    id = await keepRound(scope, stream.name, { from: position, to: position, insights: [] }, after ?? 0)
    yield { id, event: 'status', data: { stream: stream.name, gap: after !== undefined } }
  }
  for (let looked = 1; !signal.aborted; looked++) {
    const { to, round, isFull } = await nextRound(scope, stream, position, looked)
    position = to
    if (round) {
      id = await keepRound(scope, stream.name, round, id)
      yield* told(scope, stream.name, round, { id, key, skip: 0 })
    }
    if (!isFull) await untilNextLook(scope, signal)
    if (looked % lookAfter === 0 && !(await isThere(scope, stream))) return
  }
}

/** Events are numbered whoever asks for which key, so that an id means the same to all. */
async function* told(
  scope: Uses<'state'>,
  stream: string,
  round: TailRound,
  { id, key, skip }: { readonly id: number; readonly key: string | undefined; readonly skip: number },
): AsyncGenerator<ServerEvent> {
  let number = 0
  for await (const slot of roundSlots(scope, stream, round)) {
    number += 1
    if (slot && number > skip && (key === undefined || slot.key === key))
      yield { id: id + number, event: slot.event, data: slot.data }
  }
}

async function positionNow(scope: Uses<'state'>, stream: StreamFields): Promise<TailPosition> {
  const shards = Array.from({ length: stream.shards }, () => '')
  for (const { shard, told } of await readHeads(scope, stream)) if (told !== '') shards[shard] = placeAt(told, 0)
  return { shards, insights: { until: scope.clock.now(), told: [] }, alerts: await newestSequence(scope) }
}

async function isThere(scope: Uses<'state'>, { name, created }: StreamFields): Promise<boolean> {
  return (await getStream(scope, name).catch(() => undefined))?.fields.created === created
}
