import { z } from 'zod'
import { type PageQuery, pageAskedFor, pageFields, pageOfAll, toCursor } from '../define/forms.ts'
import { type AnyRoute, defineAdminRoute } from '../define/route.ts'
import { InvalidInputError, WrongStateError } from '../errors.ts'
import { timestamp } from '../ports/clock.ts'
import { auditRoutes } from './audit-routes.ts'
import { changeTenant, onboardTenant } from './configure.ts'
import { exportTenant } from './export.ts'
import { keyListForm, keyRequestForm, newKeyForm } from './key-forms.ts'
import { thisMonth, type UsageQuery, usageCsv, usageReport, usageReportForm } from './meter/usage-report.ts'
import { offboardTenant } from './offboard.ts'
import {
  type NewTenant,
  newTenantForm,
  showTenant,
  type TenantChange,
  tenantChangeForm,
  tenantForm,
  tenantListForm,
} from './tenant-forms.ts'
import { showKey, type VirtualKeyRequest } from './virtual-keys.ts'

interface TenantParams {
  readonly id: string
}
const tenantParams: z.ZodType<TenantParams> = z.strictObject({ id: z.string().min(1).max(300) })
const pageQuery: z.ZodType<PageQuery> = z.strictObject(pageFields)
const aTenant = { 200: { summary: 'The tenant.', body: tenantForm } }

const onboard = defineAdminRoute<Record<never, never>, Record<never, never>, NewTenant>({
  method: 'POST',
  path: '/api/tenants',
  summary: 'Onboard a tenant; the same body again gives the same tenant.',
  body: newTenantForm,
  replies: { 201: { summary: 'The tenant, active.', body: tenantForm } },
  async administer(administration, { body }) {
    return { status: 201, body: showTenant(await onboardTenant(administration, body)) }
  },
})

const list = defineAdminRoute<Record<never, never>, PageQuery>({
  method: 'GET',
  path: '/api/tenants',
  summary: 'All tenants, newest first.',
  query: pageQuery,
  replies: { 200: { summary: 'A page.', body: tenantListForm } },
  async administer({ registry }, { query }) {
    const page = await registry.list(pageAskedFor(query))
    return { status: 200, body: { items: page.items.map(showTenant), next_cursor: toCursor(page.after) } }
  },
})

const read = defineAdminRoute<TenantParams>({
  method: 'GET',
  path: '/api/tenants/{id}',
  summary: 'One tenant.',
  params: tenantParams,
  replies: aTenant,
  async administer({ registry }, { params }) {
    return { status: 200, body: showTenant(await registry.find(params.id)) }
  },
})

const change = defineAdminRoute<TenantParams, Record<never, never>, TenantChange>({
  method: 'PATCH',
  path: '/api/tenants/{id}',
  summary: 'Configure, suspend or activate a tenant, from the next request on. Objects change field by field; null takes back.',
  params: tenantParams,
  body: tenantChangeForm,
  replies: aTenant,
  async administer(administration, { params, body }) {
    return { status: 200, body: showTenant(await changeTenant(administration, params.id, body)) }
  },
})

const offboard = defineAdminRoute<TenantParams>({
  method: 'DELETE',
  path: '/api/tenants/{id}',
  summary: 'Offboard a tenant: nobody is let in any more, its keys are destroyed, its data is removed. Cannot be undone.',
  params: tenantParams,
  ofData: true,
  replies: { 202: { summary: 'Offboarded; with the two dates of its keys.', body: tenantForm } },
  async administer(administration, { params }) {
    return { status: 202, body: showTenant(await offboardTenant(administration, params.id)) }
  },
})

const rotate = defineAdminRoute<TenantParams>({
  method: 'POST',
  path: '/api/tenants/{id}/rotate-key',
  summary: 'New keys for what is sealed from now on. What was sealed before still opens.',
  params: tenantParams,
  ofData: true,
  replies: { 200: { summary: 'Rotated.', body: z.object({ tenant_id: z.string(), rotated_at: z.iso.datetime() }) } },
  async administer(administration, { params }) {
    const settings = await administration.registry.find(params.id)
    if (settings.status === 'offboarded') throw new WrongStateError('The tenant has left.')
    await administration.operatorOf(settings).dataKeys.rotate(params.id)
    return { status: 200, body: { tenant_id: params.id, rotated_at: timestamp(administration.clock.now()) } }
  },
})

const makeKey = defineAdminRoute<TenantParams, Record<never, never>, VirtualKeyRequest>({
  method: 'POST',
  path: '/api/tenants/{id}/keys',
  summary: 'Make a virtual key, a bearer for programs. It is shown this once, and may do no more than whoever makes it.',
  params: tenantParams,
  body: keyRequestForm,
  replies: { 201: { summary: 'The key.', body: newKeyForm } },
  async administer({ registry, keys, caller }, { params, body }) {
    const settings = await registry.find(params.id)
    if (settings.status === 'offboarded') throw new WrongStateError('The tenant has left.')
    const { key, fields } = await keys.create(caller, params.id, body)
    return { status: 201, body: { key, ...showKey(fields) } }
  },
})

const listKeys = defineAdminRoute<TenantParams, PageQuery>({
  method: 'GET',
  path: '/api/tenants/{id}/keys',
  summary: "A tenant's virtual keys, newest first, without their secrets.",
  params: tenantParams,
  query: pageQuery,
  replies: { 200: { summary: 'A page.', body: keyListForm } },
  async administer({ registry, keys }, { params, query }) {
    await registry.find(params.id)
    const all = (await keys.list(params.id)).sort((left, right) => right.made - left.made)
    const { items, next_cursor } = pageOfAll(all, query, (fields) => fields.key_id)
    return { status: 200, body: { items: items.map(showKey), next_cursor } }
  },
})

interface KeyParams extends TenantParams {
  readonly key_id: string
}

const revokeKey = defineAdminRoute<KeyParams>({
  method: 'DELETE',
  path: '/api/tenants/{id}/keys/{key_id}',
  summary: 'Revoke a virtual key, from the next request on.',
  params: z.strictObject({ id: z.string().min(1).max(300), key_id: z.string().regex(/^[\x21-\x7e]{1,300}$/) }),
  replies: { 204: { summary: 'Revoked.', body: null } },
  async administer({ registry, keys }, { params }) {
    await registry.find(params.id)
    await keys.revoke(params.id, params.key_id)
    return { status: 204 }
  },
})

interface UsageRouteQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly format: 'json' | 'csv'
}
const day = z.iso.date()

const usage = defineAdminRoute<TenantParams, UsageRouteQuery>({
  method: 'GET',
  path: '/api/tenants/{id}/usage',
  summary: 'What a tenant used, by day (UTC), model and user; this month unless from and to say otherwise.',
  params: tenantParams,
  query: z.strictObject({ from: day.optional(), to: day.optional(), format: z.enum(['json', 'csv']).default('json') }),
  ofData: true,
  replies: { 200: { summary: 'Usage; as CSV with format=csv.', body: usageReportForm } },
  async administer(administration, { params, query }) {
    const settings = await administration.registry.find(params.id)
    const state = administration.operatorOf(settings).state(params.id)
    const now = administration.clock.now()
    const report = await usageReport(state, settings, now, periodOf(query, thisMonth(now)))
    if (query.format === 'csv') return { status: 200, text: { type: 'text/csv; charset=utf-8', content: usageCsv(report) } }
    return { status: 200, body: report }
  },
})

const exportAll = defineAdminRoute<TenantParams>({
  method: 'GET',
  path: '/api/tenants/{id}/export',
  summary: "Everything that is a tenant's, a line of JSON each (application/x-ndjson); the last line seals it.",
  params: tenantParams,
  ofData: true,
  recorded: true,
  replies: { 200: { summary: 'Lines.', body: null } },
  async administer(administration, { params }) {
    const settings = await administration.registry.find(params.id)
    if (settings.status === 'offboarded') throw new WrongStateError('The tenant has left, and its keys with it.')
    const { keys, sign } = administration
    return { status: 200, lines: exportTenant({ operator: administration.operatorOf(settings), keys, sign }, settings) }
  },
})

export const routes: readonly AnyRoute[] = [
  onboard,
  list,
  read,
  change,
  offboard,
  rotate,
  makeKey,
  listKeys,
  revokeKey,
  usage,
  exportAll,
  ...auditRoutes,
]

function periodOf({ from, to }: UsageRouteQuery, usual: UsageQuery): UsageQuery {
  const period = { from: from ?? (to === undefined ? usual.from : `${to.slice(0, 7)}-01`), to: to ?? usual.to }
  if (period.from > period.to) throw new InvalidInputError('Must not be later than to.', { field: 'from' })
  return period
}
