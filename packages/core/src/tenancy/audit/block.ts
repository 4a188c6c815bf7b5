/** What an audit trail is sealed into: blocks of entries, each with the hash of the one before. @module */
import { z } from 'zod'
import { hmac, sha256 } from '../../crypto.ts'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { canonicalJson, type JsonObject, jsonBytes } from '../../json.ts'
import type { Row } from '../../ports/state-store.ts'
import { entryBytes, isEntryLike, sameText } from './entry.ts'

/** So many entries a block: with their removal, the block and the head, that is one commit, and far below its bytes. */
export const blockEntries = 60

/** The hash before the first block. */
const genesis: string = '0'.repeat(64)

export interface AuditBlock {
  readonly tenant_id: string
  /** 1, 2, 3, … */
  readonly sequence: number
  /** The hash of the block before, or {@link genesis}. */
  readonly previous: string
  /** In the order of their ids, each as it was found. */
  readonly entries: readonly JsonObject[]
  /** How many entries there are in all blocks up to this one. */
  readonly total: number
  /** Milliseconds UTC. */
  readonly sealed_at: number
  /** SHA-256 of all the rest but `mac`: what links blocks can be computed by whoever has them. */
  readonly hash: string
  /** HMAC of the hash: none but Plinth can have made the block. */
  readonly mac: string
}

/** Where a trail ends: the row of the head, and each anchor. */
export interface ChainHead {
  readonly sequence: number
  readonly hash: string
  readonly total: number
}

export interface SignedHead extends ChainHead {
  readonly mac: string
}

export const emptyChain: ChainHead = { sequence: 0, hash: genesis, total: 0 }

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)
// In the order of names, which makes canonical JSON cheap.
const block: z.ZodType<AuditBlock> = z.strictObject({
  entries: z.array(z.custom<JsonObject>(isEntryLike)),
  hash,
  mac: z.string(),
  previous: hash,
  sealed_at: z.number(),
  sequence: count,
  tenant_id: z.string(),
  total: count,
})
const head: z.ZodType<SignedHead> = z.strictObject({ sequence: count, hash, total: count, mac: z.string() })

/**
 * Like {@link auditEntries}, neither retention nor offboarding touches the two. Blocks are at most 200 KB, and kept for good. Whoever
 * had to remove old ones would export them, sign the head of the last one to go as a row beside the head, and let
 * verification begin there.
 */
export const auditBlocks: Collection<AuditBlock> = defineCollection<AuditBlock>({
  name: 'audit-blocks',
  schema: 1,
  plain: block,
  sealed: [],
  lists: {},
})
export const auditHeads: Collection<SignedHead> = defineCollection<SignedHead>({
  name: 'audit-heads',
  schema: 1,
  plain: head,
  sealed: [],
  lists: {},
})

/** Seals rows that wait into the block behind a head. */
export function makeBlock(parts: {
  readonly tenant: string
  readonly head: ChainHead
  /** The next after the head's, unless that place is taken. */
  readonly sequence: number
  readonly rows: readonly Row[]
  readonly at: number
  readonly key: Uint8Array
}): AuditBlock {
  const { tenant, head, sequence, rows, at, key } = parts
  const content = {
    entries: rows.map(foundIn),
    previous: head.hash,
    sealed_at: at,
    sequence,
    tenant_id: tenant,
    total: head.total + rows.length,
  }
  const hash = sha256(hashed(content))
  return { ...content, hash, mac: blockMac(key, tenant, hash) }
}

/** The hash that the block should have. */
export function blockHash(block: AuditBlock): string {
  const { hash: _, mac: __, ...content } = block
  return sha256(hashed(content as unknown as JsonObject))
}

export function isBlockAuthentic(key: Uint8Array, tenant: string, block: AuditBlock): boolean {
  return sameText(block.mac, blockMac(key, tenant, block.hash))
}

/** Whether it is made like a block. */
export function parseBlock(found: unknown): AuditBlock | undefined {
  return block.safeParse(found).data
}

export function signHead(key: Uint8Array, tenant: string, { sequence, hash, total }: ChainHead): SignedHead {
  return { sequence, hash, total, mac: hmac(key, canonicalJson(['plinth audit head', tenant, sequence, hash, total])) }
}

/** A head that Plinth made for this tenant, or undefined. */
export function trustedHead(key: Uint8Array, tenant: string, found: unknown): ChainHead | undefined {
  const { data } = head.safeParse(found)
  return data && sameText(data.mac, signHead(key, tenant, data).mac) ? data : undefined
}

function hashed(content: JsonObject): string {
  return canonicalJson(['plinth audit block', content])
}

function blockMac(key: Uint8Array, tenant: string, hash: string): string {
  return hmac(key, canonicalJson(['plinth audit block', tenant, hash]))
}

/**
 * What is sealed of a row that waited: its entry as it is, true or not, since what was tampered with is evidence. Of what can't
 * be an entry, its hash, or only that it was there.
 */
function foundIn({ sort, index }: Row): JsonObject {
  if (!isEntryLike(index)) return { entry_id: sort }
  if (index.entry_id === sort && jsonBytes(index) <= entryBytes) return index
  return { entry_id: sort, found: sha256(canonicalJson(index)) }
}
