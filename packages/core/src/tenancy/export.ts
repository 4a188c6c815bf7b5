import { base64url } from 'jose'
import { Sha256 } from '../crypto.ts'
import { everyItem } from '../every-item.ts'
import { keptAnswers } from '../gateway/kept-answers.ts'
import { envelope } from '../ports/event-bus.ts'
import { objectPrefix } from '../scope/objects.ts'
import type { Operator } from '../scope/operator.ts'
import { searchCollections } from '../search/collections.ts'
import { auditNames } from './audit/collections.ts'
import { exportAudit } from './audit/export-audit.ts'
import { rates } from './meter/records.ts'
import type { TenantSettings } from './tenant.ts'
import { showTenant } from './tenant-forms.ts'
import { showKey, type VirtualKeys } from './virtual-keys.ts'

const atATime = 200
/** An object is exported in pieces, so that a line stays short. */
const pieceBytes = 3 * 1024 * 1024
/** Of no use outside: wrapped keys, counts of a minute, and answers that nobody can tell the question of. */
const leftOut: readonly string[] = [
  'data-keys',
  rates.name,
  keptAnswers.name,
  // Made of the documents' texts, which are there.
  ...searchCollections.map(({ name }) => name),
  ...auditNames,
]

/** Signs the end of an export, so that anyone can see with the public key set that it is whole and ours. */
export type SignStatement = (claims: Readonly<Record<string, string | number>>) => Promise<string>

/**
 * Everything that is a tenant's, a line each: its settings, its keys without their secrets, records with what is sealed in them opened,
 * events, objects, the audit trail; the last line says how many lines there were, their SHA-256, and the signature over both. An export without that line
 * was cut off. What waits in its streams is on its way: its effects are there once it was worked on. What changes meanwhile is there as it was when it was read.
 */
export async function* exportTenant(
  parts: { readonly operator: Operator; readonly keys: VirtualKeys; readonly sign: SignStatement },
  settings: TenantSettings,
): AsyncGenerator<object> {
  const { operator, sign } = parts
  const hash = new Sha256()
  let lines = 0
  for await (const line of everything(parts, settings)) {
    hash.update(`${JSON.stringify(line)}\n`)
    lines++
    yield line
  }
  const claims = { tenant_id: settings.tenant_id, lines, sha256: hash.digest(), at: Math.floor(operator.clock.now() / 1000) }
  yield { type: 'end', ...claims, signature: await sign(claims) }
}

async function* everything(
  { operator, keys }: { readonly operator: Operator; readonly keys: VirtualKeys },
  settings: TenantSettings,
): AsyncGenerator<object> {
  const { tenant_id: tenant } = settings
  yield { type: 'tenant', ...showTenant(settings) }
  for (const fields of await keys.list(tenant)) yield { type: 'key', ...showKey(fields) }
  yield* records(operator, tenant)
  yield* events(operator, tenant)
  yield* objects(operator, tenant)
  for await (const line of exportAudit({ store: operator.store, tenant })) yield { type: 'audit', ...line }
}

async function* records(operator: Operator, tenant: string): AsyncGenerator<object> {
  const state = operator.state(tenant)
  for await (const row of everyItem((after) => operator.operations.rows(tenant, { limit: atATime, ...after }))) {
    const { collection, partition, sort, schema, version, index: fields } = row
    if (leftOut.includes(collection)) continue
    yield { type: 'record', collection, partition, sort, schema, version, fields, texts: await state.reveal(row) }
  }
}

async function* events(operator: Operator, tenant: string): AsyncGenerator<object> {
  let after = 0
  for (;;) {
    const found = await operator.store.events(tenant, { after, limit: atATime })
    for (const event of found) yield { type: 'event', event: envelope(event) }
    const last = found.at(-1)
    if (!last) return
    after = last.sequence
  }
}

async function* objects(operator: Operator, tenant: string): AsyncGenerator<object> {
  const opened = operator.objectsOf(tenant)
  for await (const { name: full } of everyItem((after) =>
    operator.objects.list({ tenant, prefix: objectPrefix, limit: atATime, ...after }),
  )) {
    const name = full.slice(objectPrefix.length)
    const content = await opened.get(name)
    // Deleted since it was listed.
    if (!content) continue
    const pieces = Math.max(1, Math.ceil(content.byteLength / pieceBytes))
    for (let piece = 0; piece < pieces; piece++) {
      const part = content.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)
      yield { type: 'object', name, bytes: content.byteLength, piece: piece + 1, pieces, base64url: base64url.encode(part) }
    }
  }
}
