import { type Collection, defineCollection, insert, remove, type State, update } from '@plinth/core'
import { z } from 'zod'

export interface ShardPosition {
  /** The record of Kinesis through which everything was kept; absent: nothing was yet. */
  readonly sequence?: string
  /** The shard has no more than that: it was split or merged, and its children's turn has come. */
  readonly ended: boolean
}

/** In a partition of the stream's name, by the shard's id; of the system's own. */
const shardPositions: Collection<ShardPosition> = defineCollection<ShardPosition>({
  name: 'event-stream-positions',
  schema: 1,
  plain: z.strictObject({ sequence: z.string().optional(), ended: z.boolean() }) as z.ZodType<ShardPosition>,
  sealed: [],
  lists: {},
})

/** How far each shard of the stream was read, for processes that read it by themselves. Lambda keeps its own. */
export class ShardPositions {
  readonly #system: () => State
  readonly #stream: string

  constructor(system: () => State, stream: string) {
    this.#system = system
    this.#stream = stream
  }

  async all(): Promise<ReadonlyMap<string, ShardPosition>> {
    const found = new Map<string, ShardPosition>()
    for await (const { sort, fields } of this.#system().read(shardPositions, this.#stream)) found.set(sort, fields)
    return found
  }

  /** Never goes back: another process may be further. @throws ConflictError when another one moved it meanwhile. */
  async move(shard: string, position: ShardPosition): Promise<void> {
    const state = this.#system()
    const place = { partition: this.#stream, sort: shard }
    const there = await state.get(shardPositions, place)
    const { sequence, ended = false } = there?.fields ?? {}
    if (ended || (!position.ended && !isBehind(sequence, position.sequence))) return
    await state.commit({
      writes: [there ? update(shardPositions, there, position) : insert(shardPositions, place, position)],
      durability: 'relaxed',
    })
  }

  /** Of shards that the stream doesn't have any more. */
  async forget(shards: readonly string[]): Promise<void> {
    for (const sort of shards) {
      const there = await this.#system().get(shardPositions, { partition: this.#stream, sort })
      if (there) await this.#system().commit({ writes: [remove(shardPositions, there)], durability: 'relaxed' })
    }
  }
}

function isBehind(one: string | undefined, other: string | undefined): boolean {
  return other !== undefined && (one === undefined || BigInt(one) < BigInt(other))
}
