import { pageAskedFor, toCursor } from '../../define/forms.ts'
import { type AnyRoute, defineRoute } from '../../define/route.ts'
import { requirePermission } from '../../scope/caller.ts'
import { type BacktestRequest, backtest as testBack } from './backtest.ts'
import * as forms from './forms.ts'
import { replaceRules, userRules } from './keep-rules.ts'
import { acknowledgeAlert, getAlert, listAlerts } from './manage-alerts.ts'

type None = Record<never, never>

const list = defineRoute<None, forms.AlertListQuery>({
  method: 'GET',
  path: '/api/alerts',
  permission: 'alerts:read',
  summary: 'Alerts, newest first. With several conditions a page may be short before the end.',
  query: forms.alertListQuery,
  replies: { 200: { summary: 'A page.', body: forms.alertListForm } },
  async handle(scope, { query }) {
    const page = await listAlerts(scope, { ...query, after: pageAskedFor(query).after })
    return { status: 200, body: { items: await Promise.all(page.items.map(forms.showAlert)), next_cursor: toCursor(page.after) } }
  },
})

const read = defineRoute<forms.AlertParams>({
  method: 'GET',
  path: '/api/alerts/{id}',
  permission: 'alerts:read',
  summary: 'One alert with the insight that it rests on.',
  params: forms.alertParams,
  replies: { 200: { summary: 'The alert.', body: forms.alertForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await forms.showAlert(await getAlert(scope, params.id)) }
  },
})

const acknowledge = defineRoute<forms.AlertParams>({
  method: 'POST',
  path: '/api/alerts/{id}/acknowledge',
  permission: 'alerts:write',
  summary: 'Take an alert on. Who comes second changes nothing.',
  params: forms.alertParams,
  replies: { 200: { summary: 'The alert.', body: forms.alertForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await forms.showAlert(await acknowledgeAlert(scope, params.id)) }
  },
})

const rules = defineRoute({
  method: 'GET',
  path: '/api/alert-rules',
  permission: 'alerts:read',
  summary: 'All rules: three that are built in and always hold, and the own.',
  replies: { 200: { summary: 'The rules, all on one page.', body: forms.rulesReply } },
  async handle(scope) {
    return { status: 200, body: forms.showRules(await userRules(scope)) }
  },
})

const replace = defineRoute<None, None, forms.RulesBody>({
  method: 'PUT',
  path: '/api/alert-rules',
  permission: 'alerts:write',
  summary: 'Put rules in the place of all own ones; with version only while they are at that one.',
  body: forms.rulesBody,
  replies: { 200: { summary: 'All rules.', body: forms.rulesReply } },
  async handle(scope, { body }) {
    return { status: 200, body: forms.showRules(await replaceRules(scope, body.rules, body.version)) }
  },
})

const backtest = defineRoute<None, None, BacktestRequest>({
  method: 'POST',
  path: '/api/alert-rules/backtest',
  permission: 'alerts:read',
  summary: 'What rules would have raised over what is stored. Nothing is raised. Needs streams:read, too.',
  body: forms.backtestBody,
  replies: { 200: { summary: 'Alerts as they would have been, and counts by rule.', body: forms.backtestForm } },
  async handle(scope, { body }) {
    // A rule that every insight fits would show them all.
    requirePermission(scope.caller, 'streams:read')
    return { status: 200, body: forms.showBacktest(await testBack(scope, body)) }
  },
})

export const alertRoutes: readonly AnyRoute[] = [list, read, acknowledge, rules, replace, backtest]
