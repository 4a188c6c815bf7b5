/** What an audit trail is made of: who did what to which resource, and how it was decided. Never content (X64). @module */
import { z } from 'zod'
import { hmac, sameBytes, sha256 } from '../../crypto.ts'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { uuid } from '../../ids.ts'
import { canonicalJson, isObject, type JsonObject } from '../../json.ts'
import type { Clock } from '../../ports/clock.ts'
import { insert, type RecordWrite } from '../../scope/state.ts'

/** What is to be remembered of one act. */
export interface AuditFacts {
  /** The user's id. */
  readonly who: string
  /** The virtual key that spoke for the user. */
  readonly key_id?: string | undefined
  /** Such as `POST /api/requests` or `model.called`: of the code's own words, never a caller's. */
  readonly what: string
  /** Type and id, such as `request/0198…`. */
  readonly resource: string
  /** `allowed`, `denied`, or the code of a refusal. */
  readonly decision: string
  readonly correlation_id: string
  /** Up to eight codes and counts. A text that isn't made like a code may be content, and is kept as `?`. */
  readonly detail?: AuditDetail | undefined
}

export type AuditDetail = Readonly<Record<string, string | number | boolean>>

/** One act, as it is stored: plain, and authenticated. At most {@link entryBytes}. */
export interface AuditEntry {
  /** Unique; in the order of time, as far as clocks agree. */
  readonly entry_id: string
  /** Milliseconds UTC. */
  readonly at: number
  readonly who: string
  readonly key_id?: string
  readonly what: string
  readonly resource: string
  readonly decision: string
  /** Where it was decided. */
  readonly region: string
  readonly correlation_id: string
  readonly detail?: AuditDetail
  /** The process that wrote it; and how many entries of this tenant it had surely written before, so that a lost one is missed. */
  readonly writer: string
  readonly written: number
  /** HMAC over all the rest and the tenant. */
  readonly mac: string
}

/** The most bytes of an entry, as JSON. */
export const entryBytes = 2_048

/** Where entries wait until they are sealed. */
export const pendingPartition = 'pending'

const codeForm = (most: number): RegExp => new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,${most - 1}}$`)
const code = (most: number): z.ZodType<string> => z.string().regex(codeForm(most))
const plainText = (most: number): z.ZodType<string> => z.string().regex(new RegExp(`^[\\x20-\\x7e]{1,${most}}$`))
const longest = { who: 120, key_id: 64, resource: 180, correlation_id: 128 }
const valueForm = codeForm(64)
const nameForm = /^[a-z][a-z0-9_]{0,23}$/

const plain: z.ZodType<AuditEntry> = z.strictObject({
  entry_id: z.string().length(36),
  at: z.int().min(0),
  who: z.string().min(1).max(longest.who),
  key_id: plainText(longest.key_id).exactOptional(),
  what: z.string().regex(/^[A-Za-z0-9 ._:/{}*-]{1,100}$/),
  resource: plainText(longest.resource),
  decision: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/),
  region: code(32),
  correlation_id: plainText(longest.correlation_id),
  detail: z.custom<AuditDetail>(isDetail).exactOptional(),
  writer: code(12),
  written: z.int().min(0),
  mac: z.string().length(43),
})

/** What waits to be sealed. Nobody but the sealer removes a record, and no retention, nor offboarding, does. */
export const auditEntries: Collection<AuditEntry> = defineCollection<AuditEntry>({
  name: 'audit-entries',
  schema: 1,
  plain,
  sealed: [],
  lists: {},
})

/**
 * An entry of now. What comes from outside is made to fit, so that no odd id keeps an act from being done or remembered; what
 * the code itself says (`what`, `decision`, the names in `detail`) is checked when the entry is committed.
 */
export function makeEntry(parts: {
  readonly tenant: string
  readonly facts: AuditFacts
  readonly region: string
  readonly writer: string
  readonly written: number
  readonly key: Uint8Array
  readonly clock: Clock
}): AuditEntry {
  const { tenant, facts, region, writer, written, key, clock } = parts
  const { key_id, detail } = facts
  // In the order of their names: that makes canonical JSON cheap, here and wherever the entry is looked at later.
  const before = {
    at: Math.max(0, Math.floor(clock.now())),
    correlation_id: bounded(facts.correlation_id, longest.correlation_id, printable),
    decision: facts.decision,
    ...(detail === undefined ? undefined : { detail: codesOf(detail) }),
    entry_id: uuid(clock),
    ...(key_id === undefined ? undefined : { key_id: bounded(key_id, longest.key_id, printable) }),
  }
  const after = {
    region,
    resource: bounded(facts.resource, longest.resource, printable),
    what: facts.what,
    who: bounded(facts.who, longest.who, notControls),
    writer,
    written,
  }
  return { ...before, mac: entryMac(key, tenant, { ...before, ...after }), ...after }
}

/** The write that keeps an entry, for the commit that does what it tells of. */
export function auditWrite(entry: AuditEntry): RecordWrite {
  return insert(auditEntries, { partition: pendingPartition, sort: entry.entry_id }, entry)
}

/** Whether the entry is as it was made, for this tenant. */
export function isAuthentic(key: Uint8Array, tenant: string, entry: JsonObject): boolean {
  if (!isEntryLike(entry)) return false
  const { mac, ...rest } = entry
  return sameText(mac, entryMac(key, tenant, rest))
}

/** Its id; what was tampered with may have none. */
export function idOf(entry: JsonObject): string {
  return typeof entry.entry_id === 'string' ? entry.entry_id : ''
}

/** Whether it is made like an entry; whether it is a true one is another matter. */
export function parseEntry(found: unknown): AuditEntry | undefined {
  return plain.safeParse(found).data
}

/** An object, and no deeper than an entry and its detail: what was tampered with must not cost the call stack. */
export function isEntryLike(found: unknown): found is JsonObject {
  return isObject(found) && Object.values(found).every((value) => isScalar(value) || isScalars(value))
}

/** In a time that doesn't depend on where they differ. */
export function sameText(given: unknown, right: string): boolean {
  return typeof given === 'string' && sameBytes(encoder.encode(given), encoder.encode(right))
}

function entryMac(key: Uint8Array, tenant: string, entry: JsonObject): string {
  return hmac(key, canonicalJson(['plinth audit entry', tenant, entry]))
}

function isScalars(found: unknown): boolean {
  return isObject(found) && Object.values(found).every(isScalar)
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

const encoder = new TextEncoder()
const printable = /[^\x20-\x7e]/g
const notControls = /[\p{Cc}\p{Zl}\p{Zp}]/gu
const ordinary = /^[A-Za-z0-9._:@/ -]+$/
const hashMark = 17

/** A text that is kept whole when it may be; else made to fit, with a mark of its hash, so that two don't become one. */
function bounded(text: string, most: number, refused: RegExp): string {
  if (text.length <= most && ordinary.test(text)) return text
  const clean = text.toWellFormed().replace(refused, '_')
  if (clean === text && text.length <= most && text !== '') return text
  return `${clean.slice(0, most - hashMark).toWellFormed()}~${sha256(text.toWellFormed()).slice(0, hashMark - 1)}`
}

/** By hand: a schema of records and unions would cost as much as that of all the rest of the entry. */
function isDetail(found: unknown): boolean {
  if (!isObject(found)) return false
  const parts = Object.entries(found)
  return parts.length <= 8 && parts.every(([name, value]) => nameForm.test(name) && isCode(value))
}

/** Whether a detail may say it. */
export function isCode(value: unknown): boolean {
  if (typeof value === 'string') return value === '?' || valueForm.test(value)
  return typeof value === 'boolean' || Number.isFinite(value)
}

function codesOf(detail: AuditDetail): AuditDetail {
  const codes: Record<string, string | number | boolean> = {}
  for (const name of Object.keys(detail).sort()) {
    const value = detail[name] ?? '?'
    codes[name] = typeof value !== 'string' || valueForm.test(value) ? value : '?'
  }
  return codes
}
