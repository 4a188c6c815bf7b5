/** Which shard of its stream a key belongs to, and the name of a shard's log. @module */

/**
 * A 32-bit hash of any text: FNV-1a (Fowler, Noll, Vo) over its UTF-16 code units, then the finalizer of MurmurHash3 (Appleby), since
 * FNV alone spreads short texts badly over its upper bits. Kept places are made of it: it never changes.
 */
export function hash32(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** @returns from 0, below `shards`; the same for ever. */
export function shardOf(key: string, shards: number): number {
  return hash32(key) % shards
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
