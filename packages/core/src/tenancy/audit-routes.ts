import { z } from 'zod'
import { type PageQuery, pageAskedFor, pageFields, pageOf, toCursor } from '../define/forms.ts'
import { type AnyRoute, defineAdminRoute } from '../define/route.ts'
import { timestamp } from '../ports/clock.ts'
import type { Operator } from '../scope/operator.ts'
import type { Administration } from './administration.ts'
import { type AuditItem, listAudit } from './audit/list-audit.ts'
import { verifyAudit } from './audit/verify-audit.ts'
import { systemTenant } from './tenant.ts'

interface TrailParams {
  readonly id: string
}
/** A tenant, or `_system` for what was done to tenants. */
const params: z.ZodType<TrailParams> = z.strictObject({ id: z.string().min(1).max(300) })

const item = z.object({
  entry_id: z.string(),
  at: z.iso.datetime(),
  who: z.string(),
  key_id: z.string().nullable(),
  what: z.string(),
  resource: z.string(),
  decision: z.string(),
  region: z.string(),
  correlation_id: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).meta({
    description:
      'Codes and counts. Of settings: the names of the fields that changed, as fields: "limits.concurrent+weight", with fields_2 and so on ' +
      'where they are many, and in more how many there are besides; never what is in them.',
  }),
  sequence: z.number().int().nullable(),
})

const list = defineAdminRoute<TrailParams, PageQuery>({
  method: 'GET',
  path: '/api/tenants/{id}/audit',
  summary:
    'Who did what, newest first; never content. sequence is that of the block it is sealed in, null for some seconds before.',
  params,
  query: z.strictObject(pageFields),
  ofData: true,
  replies: { 200: { summary: 'A page.', body: pageOf(item) } },
  async administer(administration, { params: { id }, query }) {
    const { store, audit } = await operatorOf(administration, id)
    const page = await listAudit({ store, keys: audit.keys, tenant: id }, pageAskedFor(query))
    return { status: 200, body: { items: page.items.map(showItem), next_cursor: toCursor(page.after) } }
  },
})

const fault = z.object({ kind: z.string(), sequence: z.number().int().optional(), entry_id: z.string().optional() })

const verify = defineAdminRoute<TrailParams>({
  method: 'GET',
  path: '/api/tenants/{id}/audit/verify',
  summary: 'Whether the trail is as it was written: finds edits, deletions, reordering and truncation.',
  params,
  ofData: true,
  replies: {
    200: {
      summary: 'The verdict. pending: how many entries wait to be sealed.',
      body: z.object({
        valid: z.boolean(),
        entries: z.number().int(),
        pending: z.number().int(),
        anchored: z.number().int(),
        fault: fault.optional(),
        faults: z.array(fault),
      }),
    },
  },
  async administer(administration, { params: { id } }) {
    const operator = await operatorOf(administration, id)
    return { status: 200, body: await verifyAudit({ operator, keys: operator.audit.keys, tenant: id }) }
  },
})

export const auditRoutes: readonly AnyRoute[] = [list, verify]

async function operatorOf(administration: Administration, id: string): Promise<Operator> {
  return id === systemTenant ? administration.operator : administration.operatorOf(await administration.registry.find(id))
}

function showItem({ entry, sequence }: AuditItem): object {
  const { at, mac: _, writer: __, written: ___, key_id, detail, ...fields } = entry
  return { ...fields, at: timestamp(at), key_id: key_id ?? null, detail: detail ?? {}, sequence: sequence ?? null }
}
