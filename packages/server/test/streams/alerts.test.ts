import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, listAll, type Page } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { WebhookSink } from '../../../../test/e2e/support/webhook-sink.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

interface Alert {
  readonly alert_id: string
  readonly stream: string
  readonly key: string
  readonly alert_type: string
  readonly status: string
  readonly severity: string
  readonly data: Readonly<Record<string, unknown>>
  readonly recommended_actions: readonly string[]
  readonly acknowledged_by: string | null
  readonly acknowledged_at: string | null
}

interface Rules extends Page<{ readonly rule_id: string; readonly built_in?: true }> {
  readonly version: number
}

const rule = { rule_id: 'hot', alert_type: 'too_hot', on: 'record', field: 'temperature', operator: '>', threshold: 90 }
let server: TestServer
let sink: WebhookSink

beforeAll(async () => {
  sink = await WebhookSink.open()
  server = await startTestServer({ PLINTH_OUTBOUND_ALLOW: sink.host })
})

afterAll(() => sink.close())

/** A tenant with this rule of its own. */
async function tenant(name: string, rules: readonly object[] = [rule]): Promise<string> {
  await server.registry.ensure(name, name)
  const token = await server.token({ tenant: name })
  expect((await call(server.url, '/api/alert-rules', { token, method: 'PUT', body: { rules } })).status).toBe(200)
  return token
}

async function send(token: string, key: string, temperature: number): Promise<void> {
  const body = { records: [{ key, data: { temperature, note: 'hush' } }] }
  expect((await call(server.url, '/api/streams/machine/records', { token, body })).status).toBe(202)
}

/** The alert of the rule, when it is there. */
function raised(token: string, key: string): Promise<Alert> {
  return until(`an alert of ${key}`, async () => {
    const { body } = await call<Page<Alert>>(server.url, '/api/alerts?alert_type=too_hot', { token })
    return body.items.find((alert) => alert.key === key)
  })
}

/** What `/metrics` says of alerts, a line each. */
async function opened(): Promise<readonly string[]> {
  const { text } = await call(server.url, '/metrics', { token: await server.token() })
  return text.split('\n').filter((line) => /^plinth_alerts_opened/.test(line))
}

const countIn = ([line = '']: readonly string[]): number => Number(line.split(' ')[1] ?? 0)

describe('an alert over HTTP', () => {
  it('is counted in the metrics of the whole server when it is opened, by nothing that a tenant has named', async () => {
    const token = await tenant('counted')
    const before = countIn(await opened())
    await send(token, 'pump-1', 97)
    await raised(token, 'pump-1')
    const lines = await until('the alert is counted', async () => {
      const found = await opened()
      return countIn(found) > before && found
    })
    expect(lines).toEqual([expect.stringMatching(/^plinth_alerts_opened_total\{otel_scope_name="@plinth\/core"\} \d+$/)])
    expect(countIn(lines) - before).toBeGreaterThanOrEqual(1)
  })

  it('[R81] is raised by a rule of the user on a record, listed, shown, and acknowledged once', async () => {
    const token = await tenant('lists')
    await send(token, 'pump-1', 97)
    const alert = await raised(token, 'pump-1')
    expect(alert).toMatchObject({
      stream: 'machine',
      key: 'pump-1',
      status: 'open',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      severity: expect.stringMatching(/^(low|medium|high)$/),
      data: { temperature: 97, note: 'hush' },
      analysis: { patterns: expect.any(Array), alert_priority: expect.any(Number) },
      recommended_actions: expect.any(Array),
    })
    const path = `/api/alerts/${alert.alert_id}`
    expect((await call<Alert>(server.url, path, { token })).body).toMatchObject({ alert_id: alert.alert_id })
    const take = () => call<Alert>(server.url, `${path}/acknowledge`, { token, method: 'POST' })
    const [first, second] = [await take(), await take()]
    expect(first).toMatchObject({ status: 200, body: { status: 'acknowledged', acknowledged_by: 'ann' } })
    expect(second.body).toEqual(first.body)
    const ids = async (query: string) =>
      (await listAll<Alert>(server.url, `/api/alerts?${query}`, token)).map(({ alert_id }) => alert_id)
    expect(await ids('status=acknowledged')).toEqual([alert.alert_id])
    expect(await ids('status=acknowledged&stream=other')).toEqual([])
    expect(await ids('stream=machine&alert_type=too_hot')).toContain(alert.alert_id)
  })

  it("is nobody else's, and needs its permissions", async () => {
    const token = await tenant('owner')
    const stranger = await tenant('stranger')
    await send(token, 'pump-1', 97)
    const { alert_id } = await raised(token, 'pump-1')
    for (const [path, method] of [
      [`/api/alerts/${alert_id}`, 'GET'],
      [`/api/alerts/${alert_id}/acknowledge`, 'POST'],
    ] as const) {
      const theirs = await call(server.url, path, { token: stranger, method })
      const nobodys = await call(server.url, path.replace(alert_id, 'none'), { token: stranger, method })
      expectProblem(theirs, 404, 'not_found')
      expect({ ...theirs.body, request_id: '' }).toEqual({ ...nobodys.body, request_id: '' })
    }
    expect(await listAll(server.url, '/api/alerts', stranger)).toEqual([])
    const reader = await server.token({ tenant: 'owner', permissions: ['alerts:read'] })
    expect((await call(server.url, `/api/alerts/${alert_id}`, { token: reader })).status).toBe(200)
    const refused = await call(server.url, `/api/alerts/${alert_id}/acknowledge`, { token: reader, method: 'POST' })
    expectProblem(refused, 403, 'permission_denied')
    const blind = await server.token({ tenant: 'owner', permissions: ['requests:read', 'streams:read'] })
    for (const path of ['/api/alerts', `/api/alerts/${alert_id}`, '/api/alert-rules'])
      expectProblem(await call(server.url, path, { token: blind }), 403, 'permission_denied')
  })

  it('[R85] reaches a webhook signed, with its body; one that hangs and one without leave hold up nobody', async () => {
    const token = await tenant('hooks')
    const blind = await server.token({ tenant: 'hooks', permissions: ['requests:read', 'requests:write'] })
    sink.answers.set('/hangs', () => {})
    const pattern = { type: [{ prefix: 'genai.alert.' }], detail: { alert_type: ['too_hot'] } }
    const subscribe = async (path: string, as = token): Promise<string> => {
      const body = { target: { type: 'webhook', url: sink.url(path) }, pattern }
      return (await call<{ secret: string }>(server.url, '/api/subscribers', { token: as, body })).body.secret
    }
    await subscribe('/hangs')
    const secret = await subscribe('/alerts')
    await subscribe('/blind', blind)
    await send(token, 'pump-1', 97)
    const alert = await raised(token, 'pump-1')
    await until('the webhooks', () => sink.at('/alerts').length > 0 && sink.at('/blind').length > 0)
    const [told] = sink.at('/alerts')
    expect(new Webhook(secret).verify(told?.text ?? '', told?.headers as Record<string, string>)).toMatchObject({
      type: 'genai.alert.opened',
      subject: alert.alert_id,
      content: {
        subject: 'GenAI Alert: Too Hot',
        body: { alert_type: 'too_hot', severity: alert.severity, data: { temperature: 97, note: 'hush' } },
      },
    })
    expect(sink.at('/blind')[0]?.text).not.toContain('hush')
    const { text } = await call(server.url, '/api/events', { token })
    expect(text).toContain('genai.alert.opened')
    expect(text).not.toContain('hush')
  })
})

describe('rules over HTTP', () => {
  it('are listed with those that are built in, and replaced as a whole', async () => {
    const token = await tenant('rules', [])
    const rules = (body?: object) =>
      call<Rules>(server.url, '/api/alert-rules', { token, ...(body ? { method: 'PUT', body } : {}) })
    const { body: before } = await rules()
    expect(before.items.map(({ rule_id, built_in }) => [rule_id, built_in])).toEqual([
      ['high_priority', true],
      ['high_risk', true],
      ['anomaly_detected', true],
    ])
    const changed = await rules({ rules: [rule], version: before.version })
    expect(changed.body).toMatchObject({ version: before.version + 1, next_cursor: null })
    expect(changed.body.items.at(-1)).toEqual({ ...rule, for_seconds: 0, cool_down_seconds: 300, enabled: true })
    expect((await rules()).body).toEqual(changed.body)
    expectProblem(await rules({ rules: [], version: before.version }), 409, 'wrong_state')
    const own = changed.body.items.filter(({ built_in }) => !built_in)
    expect((await rules({ rules: own })).body.items).toEqual(changed.body.items)
  })

  it.each([
    [{ rules: [rule, { ...rule, rule_id: 'b', operator: '=>' }] }, 'rules.1.operator'],
    [{ rules: [{ ...rule, alert_type: 'high_risk' }] }, 'rules.0.alert_type'],
    [{ rules: [{ ...rule, threshold: 'hot' }] }, 'rules.0.threshold'],
    [{ rules: [{ ...rule, more: 1 }] }, 'rules.0.more'],
    [{ rules: {} }, 'rules'],
    [{}, 'rules'],
  ])('refuse %j, and change nothing', async (body, field) => {
    const token = await tenant('refusals')
    for (const [path, method] of [
      ['/api/alert-rules', 'PUT'],
      ['/api/alert-rules/backtest', 'POST'],
    ] as const) {
      if (method === 'POST' && !('rules' in body)) continue
      expectProblem(await call(server.url, path, { token, method, body }), 400, 'invalid_input', field)
    }
    expect((await call<Rules>(server.url, '/api/alert-rules', { token })).body.items).toHaveLength(4)
  })

  it('are tested over what is stored, and raise nothing by that', async () => {
    const token = await tenant('backtests')
    await send(token, 'pump-1', 97)
    const { alert_id } = await raised(token, 'pump-1')
    const test = (body: object) =>
      call<{ alerts: readonly object[]; counts: readonly object[]; read: object; cut: boolean }>(
        server.url,
        '/api/alert-rules/backtest',
        { token, body },
      )
    const hotter = { ...rule, rule_id: 'hotter', alert_type: 'hotter', on: 'insight', field: 'data_point.temperature' }
    const { status, body } = await test({ rules: [hotter, { ...hotter, rule_id: 'hottest', threshold: 99 }] })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      alerts: [{ alert_type: 'hotter', subject: 'GenAI Alert: Hotter', key: 'pump-1', data: { temperature: 97 } }],
      counts: [
        { rule_id: 'hotter', fired: 1, alerts: 1 },
        { rule_id: 'hottest', fired: 0, alerts: 0 },
      ],
      read: { insights: 1 },
      cut: false,
    })
    // Who may not read insights can't have a rule show them.
    const blind = await server.token({ tenant: 'backtests', permissions: ['alerts:read', 'alerts:write'] })
    expectProblem(await call(server.url, '/api/alert-rules/backtest', { token: blind, body: {} }), 403, 'permission_denied')
    expect((await test({ from: '2099-01-01T00:00:00Z' })).body.alerts).toEqual([])
    expectProblem(await test({ stream: 'none' }), 404, 'not_found')
    expectProblem(await test({ to: 'later' }), 400, 'invalid_input', 'to')
    const after = await listAll<Alert>(server.url, '/api/alerts?alert_type=too_hot', token)
    expect(after.map((alert) => alert.alert_id)).toEqual([alert_id])
  })
})
