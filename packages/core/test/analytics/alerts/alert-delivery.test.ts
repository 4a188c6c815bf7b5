import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { alertEvents } from '../../../src/analytics/alerts/events.ts'
import { alertsParts } from '../../../src/analytics/alerts/parts.ts'
import { changeAlerts } from '../../../src/analytics/alerts/raise-alerts.ts'
import { alerts } from '../../../src/analytics/alerts/records.ts'
import { describeTopicsContract } from '../../../src/contracts/index.ts'
import { contentOf, contentPermissions } from '../../../src/define/event.ts'
import { definePattern, type JsonObject, type Pattern, patterns, type Scope } from '../../../src/index.ts'
import type { TopicMessage } from '../../../src/ports/topics.ts'
import { tenantTopics } from '../../../src/scope/topics.ts'
import { showSubscriber } from '../../../src/subscribers/forms.ts'
import { changeSubscriber, createSubscriber } from '../../../src/subscribers/manage-subscribers.ts'
import { receiveMessages } from '../../../src/subscribers/pull-queue.ts'
import { FakeClock, hostileDefaults, MemoryTopics, memoryPlatform, scriptedModels } from '../../../src/testing/index.ts'
import { SubscriberBench, webhook } from '../../subscribers/subscriber-bench.ts'
import { graveAnalysis, type InsightParts, insightOf } from './alert-bench.ts'

const second = 1_000
const minute = 60 * second
const high: InsightParts = { analysis: { risk_level: 'high' }, data: { temperature: 97, note: 'hush' } }

/** The alerts of a whole analytics pattern, wherever it is mounted. */
const own: readonly Pattern[] = patterns.some(({ name }) => name === 'analytics')
  ? []
  : [definePattern({ name: 'analytics', title: 'Alerts', summary: 'Alerts.', jobs: [], ...alertsParts })]

async function open(
  options: { readonly topics?: MemoryTopics } = {},
): Promise<SubscriberBench & { hostile: ReturnType<typeof memoryPlatform>['hostile'] }> {
  const memory = memoryPlatform({ models: scriptedModels(() => ''), clock: new FakeClock({ now: Date.now() }), ...options })
  const ground = { platform: memory.platform, clock: memory.clock, outbound: memory.outbound }
  return Object.assign(await SubscriberBench.open({ ground, patterns: own }), { hostile: memory.hostile })
}

async function raise(bench: SubscriberBench, parts: InsightParts = high, tenant = 'alpha'): Promise<void> {
  const scope = await bench.scope(tenant)
  await scope.state.commit(await changeAlerts(scope, { raise: [insightOf(parts)] }))
}

describe('events of alerts', () => {
  it('are told of with content to who may read alerts, and lie in the log without', () => {
    expect(alertEvents.map(({ type }) => type)).toEqual([
      'genai.alert.opened',
      'genai.alert.escalated',
      'genai.alert.recovered',
      'genai.alert.acknowledged',
    ])
    for (const { type } of alertEvents) expect(contentOf(type)?.permission).toBe('alerts:read')
    expect(contentOf('genai.request.completed')).toBeUndefined()
    expect([...contentPermissions()]).toEqual(['alerts:read'])
  })
})

describe('[R85] a webhook', () => {
  it("gets an alert's body and subject, signed", async () => {
    const bench = await open()
    const { secret } = await bench.subscribe(webhook('/', { type: [{ prefix: 'genai.alert.' }] }))
    await raise(bench)
    await bench.pass(minute)
    const [told, ...others] = bench.received()
    expect(others).toEqual([])
    expect(told?.body).toMatchObject({
      type: 'genai.alert.opened',
      detail: { alert_type: 'high_risk', severity: 'high', status: 'open', stream: 'machine', key: 'pump-1' },
      content: {
        subject: 'GenAI Alert: High Risk',
        body: {
          alert_type: 'high_risk',
          timestamp: '2026-01-01T00:00:00.000Z',
          severity: 'high',
          data: { temperature: 97, note: 'hush' },
          analysis: { risk_level: 'high' },
          recommended_actions: ['Look at the pump.'],
        },
      },
    })
    expect(new Webhook(secret).verify(told?.text ?? '', told?.headers ?? {})).toEqual(told?.body)
    expect(JSON.stringify(await bench.events())).not.toContain('hush')
    await bench.stop()
  })

  it('that somebody made who may not read alerts gets the event without it, also when another changes it', async () => {
    const bench = await open()
    const blind = await bench.scope('alpha', ['requests:read', 'requests:write'])
    const record = await createSubscriber(blind, webhook('/blind'))
    await raise(bench)
    await changeSubscriber(await bench.scope(), record.fields.subscriber_id, { pattern: { type: ['genai.alert.opened'] } })
    await raise(bench, { ...high, incident: 'incident-2', key: 'pump-2' })
    await bench.pass(minute)
    expect(bench.received('/blind')).toHaveLength(2)
    for (const { text, body } of bench.received('/blind')) {
      expect(text).not.toContain('hush')
      expect(body).not.toHaveProperty('content')
      expect(body.detail).toMatchObject({ alert_type: 'high_risk' })
    }
    expect(await showSubscriber(blind, record)).toMatchObject({ content_permissions: [] })
    await bench.stop()
  })

  it('that was there before events had content gets none', async () => {
    const bench = await open()
    const scope = await bench.scope()
    const record = await createSubscriber(scope, webhook())
    const { content, ...before } = record.fields
    expect(content).toEqual(['alerts:read'])
    const { subscribers } = await import('../../../src/subscribers/records.ts')
    await scope.state.update(subscribers, record, before)
    await raise(bench)
    await bench.pass(minute)
    expect(bench.received()).toHaveLength(1)
    expect(bench.received()[0]?.text).not.toContain('hush')
    await bench.stop()
  })

  it('is told once of each step, and of no step when nothing changes', async () => {
    const bench = await open()
    await bench.subscribe(webhook('/', { type: [{ prefix: 'genai.alert.' }] }))
    for (let index = 0; index < 20; index++)
      await raise(bench, { ...high, evidence: { incident_id: 'incident-1', findings: index + 1 } })
    await raise(bench, { ...high, analysis: { risk_level: 'high', alert_priority: 3 } })
    const scope = await bench.scope()
    await scope.state.commit(await changeAlerts(scope, { recover: ['incident-1'] }))
    await bench.pass(minute)
    const types = bench.received().map(({ body }) => body.type)
    expect(types.toSorted()).toEqual(['genai.alert.escalated', 'genai.alert.opened', 'genai.alert.recovered'])
    await bench.stop()
  })

  it('that hangs holds up nobody: another of its tenant, another tenant, and the raising of alerts go on', async () => {
    const bench = await open()
    bench.ground.outbound.answer = ({ url }) => (url.endsWith('/hangs') ? { hangs: 'at once' } : {})
    const { id } = await bench.subscribe(webhook('/hangs'))
    await bench.subscribe(webhook('/works'))
    await bench.subscribe(webhook('/theirs'), 'beta')
    for (let index = 0; index < 40; index++) await raise(bench, { ...high, incident: `i${index}`, key: `k${index}` })
    await raise(bench, high, 'beta')
    await bench.pass(5 * second)
    expect(bench.received('/works')).toHaveLength(40)
    expect(bench.received('/theirs')).toHaveLength(1)
    bench.ground.outbound.answer = () => ({})
    await bench.pass(10 * minute)
    const done = await bench.deliveries(`subscriber:${id}`)
    expect(done).toHaveLength(40)
    for (const { status } of done) expect(status).toBe('delivered')
    await bench.stop()
  })

  it('whose content can not be read is tried again as one that fails, and then told of it', async () => {
    const bench = await open()
    await raise(bench)
    const { id } = await bench.subscribe(webhook('/', { type: ['genai.alert.escalated'] }))
    const scope = await bench.scope()
    const [record] = (await scope.state.list(alerts, 'created', { limit: 1 })).items
    if (!record) throw new Error('no alert')
    const whole = await record.open('data')
    const broken = await scope.state.update(alerts, record, record.fields, { sealed: { data: 'no JSON' } })
    await bench.emit(record.fields.alert_id, {}, { type: 'genai.alert.escalated' })
    await bench.pass(minute)
    expect(bench.received()).toEqual([])
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([
      { status: 'pending', fault: { code: 'content_unavailable' } },
    ])
    await scope.state.update(alerts, broken, broken.fields, { sealed: { data: whole ?? '' } })
    await bench.pass(10 * minute)
    expect(bench.received()).toHaveLength(1)
    expect(bench.received()[0]?.body).toMatchObject({ content: { body: { data: { note: 'hush' } } } })
    await bench.stop()
  })

  it('whose alert is gone is told the event alone', async () => {
    const bench = await open()
    await bench.subscribe(webhook('/', { type: ['genai.alert.opened'] }))
    await bench.emit('no-such-alert', {}, { type: 'genai.alert.opened' })
    await bench.pass(minute)
    expect(bench.received()).toHaveLength(1)
    expect(bench.received()[0]?.body).not.toHaveProperty('content')
    await bench.stop()
  })
})

describe('[R85] a pull queue', () => {
  const receive = (scope: Scope, id: string) => receiveMessages(scope, id, { max: 10, visibilityMilliseconds: second })

  it('hands out content to who may read alerts, whoever made it, and the event alone to others', async () => {
    const bench = await open()
    const blind = await bench.scope('alpha', ['requests:read', 'requests:write'])
    const record = await createSubscriber(blind, { target: { type: 'queue' } })
    const id = record.fields.subscriber_id
    await raise(bench)
    await bench.pass(minute)
    const [unseen] = await receive(blind, id)
    expect(unseen?.event.type).toBe('genai.alert.opened')
    expect(JSON.stringify(unseen)).not.toContain('hush')
    await bench.pass(minute)
    const reader = await bench.scope('alpha', ['requests:write', 'alerts:read'])
    expect(await receive(reader, id)).toMatchObject([
      { content: { subject: 'GenAI Alert: High Risk', body: { data: { note: 'hush' } } }, receives: 2 },
    ])
    await bench.stop()
  })

  it('hands out the others when the content of one can not be read', async () => {
    const bench = await open()
    const { id } = await bench.subscribe({ target: { type: 'queue' } })
    await raise(bench)
    await raise(bench, { ...high, incident: 'incident-2', key: 'pump-2' })
    const scope = await bench.scope()
    const [record] = (await scope.state.list(alerts, 'created', { limit: 1 })).items
    if (!record) throw new Error('no alert')
    await scope.state.update(alerts, record, record.fields, { sealed: { data: 'no JSON' } })
    await bench.pass(minute)
    expect(await receive(scope, id)).toHaveLength(1)
    await bench.stop()
  })
})

describeTopicsContract('MemoryTopics', {
  create: async () => {
    const topics = new MemoryTopics()
    const received = async (names: readonly string[]) => topics.published.filter(({ topic }) => names.includes(topic))
    return { port: { topics, received }, clock: new FakeClock(), dispose: async () => {} }
  },
})

describe('topics', () => {
  it('[R82, R83, X52] get what opens, escalates and recovers, each type in its own, in the name of the tenant', async () => {
    const topics = new MemoryTopics()
    const bench = await open({ topics })
    await raise(bench, { analysis: { ...graveAnalysis, alert_priority: 4 } })
    await raise(bench, { analysis: { ...graveAnalysis, alert_priority: 5 } })
    const scope = await bench.scope()
    await scope.state.commit(await changeAlerts(scope, { recover: ['incident-1'] }))
    await raise(bench, high, 'beta')
    await bench.pass(minute)
    const seen = topics.published.map(({ tenant, topic, attributes }) => `${tenant} ${topic} ${attributes.event?.slice(12)}`)
    const steps = (type: string) => ['escalated', 'opened', 'recovered'].map((step) => `alpha genai-alerts-${type} ${step}`)
    expect(seen.toSorted()).toEqual([
      ...steps('anomaly_detected'),
      ...steps('high_priority'),
      ...steps('high_risk'),
      'beta genai-alerts-high_risk opened',
    ])
    const message = topics.published.find(({ tenant }) => tenant === 'beta')
    expect(message).toMatchObject({
      subject: 'GenAI Alert: High Risk',
      body: { alert_type: 'high_risk', data: { note: 'hush' } },
      attributes: { alert_type: 'high_risk', stream: 'machine', severity: 'high', status: 'open' },
    })
    expect(JSON.stringify(message?.attributes)).not.toContain('hush')
    expect(message?.id).toBe((await bench.events('beta'))[0]?.id)
    await bench.stop()
  })

  it('get each step at least once under one id, whatever fails on the way', async () => {
    const topics = new MemoryTopics()
    const bench = await open({ topics })
    for (let index = 0; index < 10; index++) await raise(bench, { ...high, incident: `i${index}`, key: `k${index}` })
    const { conflict, duplicateDelivery, redeliverSettled, loseLease } = hostileDefaults
    bench.hostile.set({ conflict, duplicateDelivery, redeliverSettled, loseLease })
    await bench.pass(10 * minute)
    bench.hostile.calm()
    await bench.pass(60 * minute, minute)
    const ids = (await bench.events()).map(({ id }) => id)
    expect(new Set(topics.published.map(({ id }) => id))).toEqual(new Set(ids))
    await bench.stop()
  })

  it('where the platform has none, nothing is published and nothing fails', async () => {
    const bench = await open()
    await raise(bench)
    await bench.pass(minute)
    expect(await bench.deliveries('handler:analytics.publish')).toMatchObject([{ status: 'delivered' }])
    await bench.stop()
  })

  it.each<[string, string, Partial<TopicMessage>, string]>([
    ['a name with a space', 'a b', {}, 'invalid_input'],
    ['a name that is too long', 'x'.repeat(257), {}, 'invalid_input'],
    ['a subject of two lines', 'a', { subject: 'a\nb' }, 'invalid_input'],
    ['a subject that is too long', 'a', { subject: 'x'.repeat(101) }, 'invalid_input'],
    ['ten attributes', 'a', { attributes: Object.fromEntries([...'0123456789'].map((name) => [name, 'x'])) }, 'invalid_input'],
    ['an empty attribute', 'a', { attributes: { a: '' } }, 'invalid_input'],
    ['a large body', 'a', { body: { text: 'ü'.repeat(125_000) } }, 'too_large'],
  ])('refuse %s', async (_, topic, parts, code) => {
    const topics = new MemoryTopics()
    const message: TopicMessage = { id: 'id', subject: 'Subject', body: {} as JsonObject, attributes: {}, ...parts }
    await expect(tenantTopics('alpha', topics).publish(topic, message)).rejects.toMatchObject({ code })
    expect(topics.published).toEqual([])
  })
})
