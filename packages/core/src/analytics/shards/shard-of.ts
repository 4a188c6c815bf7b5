/** Which shard of its stream a key belongs to, and the name of a shard's log. @module */

import { hashText } from '../../search/text-hash.ts'

const halves = new Uint32Array(2)

/** @returns from 0, below `shards`; the same for ever. */
export function shardOf(key: string, shards: number): number {
  hashText(key, halves)
  return (halves[1] ?? 0) % shards
}

/** The bits of a key that say in which page of its shard it is: others than those that say in which shard. The same for ever. */
export function pageHash(key: string): number {
  hashText(key, halves)
  return halves[0] ?? 0
}

/** The name of a shard's log within the tenant, and the partition of its rows. */
export function shardPartition(stream: string, shard: number): string {
  return `${stream}/${shard}`
}

/** The stream and shard of {@link shardPartition}; undefined for what isn't one. */
export function parsePartition(partition: string): { readonly stream: string; readonly shard: number } | undefined {
  const [, stream, shard] = /^(.+)\/(\d{1,4})$/.exec(partition) ?? []
  return stream === undefined ? undefined : { stream, shard: Number(shard) }
}
