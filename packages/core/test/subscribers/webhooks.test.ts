import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { redrive } from '../../src/index.ts'
import { workErrand } from '../../src/subscribers/delivery.ts'
import {
  changeSubscriber,
  getSubscriber,
  removeSubscriber,
  rotateSubscriberSecret,
} from '../../src/subscribers/manage-subscribers.ts'
import { rotateTenantSecret, tenantSecret } from '../../src/subscribers/secrets.ts'
import { memoryGround, SubscriberBench, webhook } from './subscriber-bench.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe('[R21] webhooks', () => {
  it('are told of what their pattern asks for, once, signed by the rules of Standard Webhooks', async () => {
    const bench = await SubscriberBench.open()
    const { id, secret } = await bench.subscribe(
      webhook('/', { type: ['genai.request.completed'], detail: { size: [{ numeric: ['>', 1] }] } }),
    )
    await bench.emit('small', { size: 1 })
    await bench.emit('large', { size: 2, result_ref: 'requests/large/result' })
    await bench.emit('other', { size: 3 }, { type: 'genai.request.failed' })
    await bench.emit('theirs', { size: 4 }, { tenant: 'beta' })
    await bench.pass(minute)

    const [told, ...others] = bench.received()
    expect(others).toEqual([])
    const [, event] = await bench.events()
    expect(told?.body).toEqual({
      id: event?.id,
      source: 'genai.service',
      type: 'genai.request.completed',
      time: new Date(event?.time ?? 0).toISOString(),
      version: 1,
      correlation_id: 'correlation',
      tenant_id: 'alpha',
      subject: 'large',
      sequence: 2,
      detail: { size: 2, result_ref: 'requests/large/result' },
    })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(new Webhook(secret).verify(told?.text ?? '', told?.headers ?? {})).toEqual(told?.body)
    expect(() => new Webhook(secret).verify(`${told?.text} `, told?.headers ?? {})).toThrow()
    expect(told?.headers).toMatchObject({ 'webhook-id': event?.id, 'content-type': 'application/json' })
    expect(bench.ground.outbound.requests[0]).toMatchObject({ method: 'POST', timeout: 15_000 })
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([
      { status: 'delivered', attempts: 1, event_id: event?.id, subject: 'large', sequence: 2 },
    ])
    await bench.stop()
  })

  it('each of several gets the event, also one added meanwhile; one removed or disabled does not', async () => {
    const bench = await SubscriberBench.open()
    const [one, two] = [await bench.subscribe(webhook('/one')), await bench.subscribe(webhook('/two'))]
    await bench.subscribe(webhook('/theirs'), 'beta')
    await bench.emit('first')
    await bench.pass(minute)
    await removeSubscriber(await bench.scope(), one.id)
    await changeSubscriber(await bench.scope(), two.id, { status: 'disabled' })
    await bench.subscribe(webhook('/three'))
    await bench.emit('second')
    await bench.pass(minute)
    await changeSubscriber(await bench.scope(), two.id, { status: 'active', pattern: { subject: [{ prefix: 'th' }] } })
    await bench.emit('third')
    await bench.emit('fourth')
    await bench.pass(minute)
    const subjects = (path: string): string[] =>
      bench
        .received(path)
        .map(({ body }) => body.subject)
        .toSorted()
    expect(subjects('/one')).toEqual(['first'])
    expect(subjects('/two')).toEqual(['first', 'third'])
    expect(subjects('/three')).toEqual(['fourth', 'second', 'third'])
    expect(subjects('/theirs')).toEqual([])
    await bench.stop()
  })

  it('are tried again for about three days, each time under the same id and a new time, then given up', async () => {
    const bench = await SubscriberBench.open()
    const times: number[] = []
    bench.answer(() => {
      times.push(bench.ground.clock.now())
      return { status: 503, body: 'secret words of the receiver' }
    })
    const { id, secret } = await bench.subscribe()
    await bench.emit('unlucky')
    await bench.pass(5 * day, 10 * minute)

    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    const schedule = [5_000, minute, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 20 * hour]
    expect(waits).toHaveLength(schedule.length)
    for (const [index, wait] of schedule.entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(wait * 0.8)
      expect(waits[index]).toBeLessThanOrEqual(wait * 1.2 + 5_000)
    }
    const total = (times.at(-1) ?? 0) - (times[0] ?? 0)
    expect(total / day).toBeGreaterThan(2.3)
    expect(total / day).toBeLessThan(3.7)

    const told = bench.received()
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(told.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(told.length)
    expect(new Set(told.map(({ text }) => text)).size).toBe(1)
    for (const [index, { text, headers }] of told.entries()) {
      // The library looks at the real time, and refuses what is older than five minutes.
      const signed = new Webhook(secret).sign(headers['webhook-id'] ?? '', new Date(times[index] ?? 0), text)
      expect(headers['webhook-signature']).toBe(signed)
    }
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([
      { status: 'failed', attempts: 11, failures: 11, fault: { code: 'receiver_refused', status: 503 } },
    ])
    const letters = await bench.letters()
    expect(letters).toMatchObject([
      { kind: 'delivery', request_id: 'unlucky', reason: 'receiver_refused', attempts: 11, round: 1 },
    ])
    expect(JSON.stringify(letters)).not.toMatch(/secret words|receiver\.test/)
    await bench.stop()
  })

  it.each([
    ['an error of the receiver', { status: 500 }],
    ['a refusal', { status: 400 }],
    ['a redirect', { status: 302, headers: { location: 'http://169.254.169.254/' } }],
    ['no connection', 'unreachable' as const],
    ['an address that became a closed one', 'address_refused' as const],
    ['silence', { hangs: 'at once' as const }],
    ['an answer without end', { status: 200, hangs: 'in the body' as const }],
    ['nonsense', 'response_malformed' as const],
  ])('%s is tried again, and told in the end', async (_, failure) => {
    const bench = await SubscriberBench.open()
    bench.answer((attempt) => (attempt <= 2 ? failure : { status: 204 }))
    const { id } = await bench.subscribe()
    await bench.emit('stubborn')
    await bench.pass(30 * minute)
    expect(bench.received()).toHaveLength(3)
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([{ status: 'delivered', attempts: 3, failures: 2 }])
    expect((await bench.deliveries(`subscriber:${id}`))[0]?.fault).toBeUndefined()
    await bench.stop()
  })

  it.each([200, 201, 202, 204, 299])('%d is a success, however long the answer', async (status) => {
    const bench = await SubscriberBench.open()
    bench.answer(() => ({ status, body: 'x'.repeat(1_000_000) }))
    const { id } = await bench.subscribe()
    await bench.emit('fine')
    await bench.pass(minute)
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([{ status: 'delivered', attempts: 1 }])
    await bench.stop()
  })

  it('a receiver that asks for time gets it, up to a day', async () => {
    const bench = await SubscriberBench.open()
    const waits: number[] = []
    let last = 0
    const asked = ['120', 'Thu, 01 Jan 1970 00:00:00 GMT', '999999999', 'soon', '0']
    bench.answer((attempt) => {
      waits.push(bench.ground.clock.now() - last)
      last = bench.ground.clock.now()
      const header = asked[attempt - 1]
      return header === undefined ? {} : { status: 429, headers: { 'retry-after': header } }
    })
    await bench.subscribe()
    await bench.emit('patient')
    await bench.pass(3 * day, 10 * minute)
    const [, first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = waits
    expect(first).toBeGreaterThanOrEqual(2 * minute)
    expect(first).toBeLessThan(3 * minute)
    expect(second).toBeLessThan(2 * minute)
    expect(third).toBeGreaterThanOrEqual(day)
    expect(third).toBeLessThan(day + hour)
    expect(fourth).toBeLessThan(hour)
    expect(fifth).toBeLessThan(3 * hour)
    await bench.stop()
  })

  it('a receiver that is gone for good is told no more', async () => {
    const bench = await SubscriberBench.open()
    bench.answer((_, subject) => (subject === 'first' ? { status: 503 } : { status: 410 }))
    const { id } = await bench.subscribe()
    await bench.emit('first')
    await bench.pass(1_000)
    await bench.emit('second')
    await bench.pass(2_000)
    expect((await getSubscriber(await bench.scope(), id)).fields).toMatchObject({ status: 'disabled', disabled_reason: 'gone' })
    await bench.emit('third')
    await bench.pass(hour)
    expect(bench.received().map(({ body }) => body.subject)).toEqual(['first', 'second'])
    const reasons = (await bench.letters()).map(({ request_id, reason }) => [request_id, reason])
    // What waited is given up as well, so that it can be told when the receiver is back.
    expect(reasons.toSorted()).toEqual([
      ['first', 'subscriber_disabled'],
      ['second', 'receiver_gone'],
    ])
    await bench.stop()
  })

  it('what waits for a subscriber that is removed is dropped', async () => {
    const bench = await SubscriberBench.open()
    bench.answer(() => ({ status: 500 }))
    const { id } = await bench.subscribe()
    await bench.emit('late')
    await bench.pass(1_000)
    await removeSubscriber(await bench.scope(), id)
    await bench.pass(hour)
    expect(bench.received()).toHaveLength(1)
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([{ status: 'dropped' }])
    expect(await bench.letters()).toEqual([])
    await bench.stop()
  })

  it('a delivery that was given up is redriven, and told under the id that it had [R19]', async () => {
    const bench = await SubscriberBench.open()
    let well = false
    bench.answer(() => (well ? {} : { status: 410 }))
    const { id } = await bench.subscribe()
    await bench.emit('revived')
    await bench.pass(minute)
    const scope = await bench.scope()
    const [letter] = await bench.letters()
    const letterId = letter?.dead_letter_id ?? ''
    await redrive(scope, letterId)
    await bench.pass(minute)
    // It is disabled still: the letter comes back, and says why.
    expect(await bench.letters()).toMatchObject([{ reason: 'subscriber_disabled', round: 2, dead_letter_id: letterId }])
    well = true
    await changeSubscriber(scope, id, { status: 'active' })
    await redrive(scope, letterId)
    await bench.pass(minute)
    expect(await bench.letters()).toEqual([])
    expect(new Set(bench.received().map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([{ status: 'delivered', round: 3 }])
    await expect(redrive(scope, letterId)).rejects.toMatchObject({ code: 'not_found' })
    await bench.stop()
  })

  it('a changed secret signs beside the old one for a day', async () => {
    const bench = await SubscriberBench.open()
    const { id, secret } = await bench.subscribe()
    const changed = await rotateSubscriberSecret(await bench.scope(), id)
    expect(changed.secret).not.toBe(secret)
    expect(changed.previousUntil).toBe(bench.ground.clock.now() + day)
    await bench.emit('between')
    await bench.pass(minute)
    const between = bench.received()[0]
    for (const known of [secret, changed.secret]) new Webhook(known).verify(between?.text ?? '', between?.headers ?? {})
    await bench.pass(day, hour)
    await bench.emit('after')
    await bench.pass(minute)
    const after = bench.received()[1]
    expect(after?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
    const at = new Date(Number(after?.headers['webhook-timestamp']) * 1_000)
    expect(after?.headers['webhook-signature']).toBe(
      new Webhook(changed.secret).sign(after?.headers['webhook-id'] ?? '', at, after?.text ?? ''),
    )
    await bench.stop()
  })
})

describe('[R21] callback URLs', () => {
  it("are told of their request's end, and of nothing else, signed with the tenant's secret", async () => {
    const bench = await SubscriberBench.open()
    await bench.request()
    const id = await bench.request({ callback_url: 'https://receiver.test/done?token=hush' })
    await bench.pass(minute)
    const told = bench.received('/done')
    expect(told.map(({ body }) => [body.type, body.subject])).toEqual([['genai.request.completed', id]])
    expect(JSON.stringify(told[0]?.body)).not.toMatch(/hush|callback/)
    const { secret } = await tenantSecret(await bench.scope())
    new Webhook(secret).verify(told[0]?.text ?? '', told[0]?.headers ?? {})
    expect((await tenantSecret(await bench.scope('beta'))).secret).not.toBe(secret)
    expect(await bench.deliveries(`callback:${id}`)).toMatchObject([{ status: 'delivered' }])
    // A subscriber is told of the same events beside it.
    await rotateTenantSecret(await bench.scope())
    await bench.subscribe(webhook('/all'))
    const second = await bench.request({ callback_url: 'https://receiver.test/done' })
    await bench.pass(minute)
    const again = bench.received('/done').find(({ body }) => body.subject === second)
    new Webhook(secret).verify(again?.text ?? '', again?.headers ?? {})
    expect(
      bench
        .received('/all')
        .map(({ body }) => body.type)
        .toSorted(),
    ).toEqual(['genai.request.completed', 'genai.request.received'])
    await bench.stop()
  })

  it('that fail for three days end as a dead letter, and are redriven', async () => {
    const bench = await SubscriberBench.open()
    let well = false
    bench.answer(() => (well ? {} : 'timeout'))
    const id = await bench.request({ callback_url: 'https://receiver.test/done' })
    await bench.pass(5 * day, 10 * minute)
    const [letter] = await bench.letters()
    expect(letter).toMatchObject({ kind: 'delivery', request_id: id, reason: 'timeout', attempts: 11 })
    expect(await bench.status(id)).toBe('completed')
    well = true
    await redrive(await bench.scope(), letter?.dead_letter_id ?? '')
    await bench.pass(minute)
    expect(await bench.deliveries(`callback:${id}`)).toMatchObject([{ status: 'delivered', attempts: 12, round: 2 }])
    await bench.stop()
  })
})

describe('one event, one telling', () => {
  it('however often the relay sends it', async () => {
    const ground = memoryGround({
      duplicateDelivery: 0.9,
      resendSettled: 0.9,
      redeliverSettled: 0.5,
      failSettle: 0.5,
      failSend: 0.3,
    })
    const bench = await SubscriberBench.open({ ground })
    await bench.subscribe()
    for (let index = 0; index < 20; index++) await bench.emit(`event-${index}`)
    await bench.pass(5 * minute)
    const subjects = bench.received().map(({ body }) => body.subject)
    expect(new Set(subjects).size).toBe(20)
    // Two deliveries of one job at the same moment may both call; that is rare, and shows in no count.
    expect(subjects.length).toBeLessThan(20 * 2)
    await bench.stop()
  })

  it('twice dispatched at the same time is told once', async () => {
    const bench = await SubscriberBench.open()
    bench.ground.outbound.answer = () => ({ hangs: 'at once' })
    const { id } = await bench.subscribe()
    await bench.emit('once')
    await bench.pass(1_000)
    expect(bench.received()).toHaveLength(1)
    // Another relay saw the event as well, while the first delivery is on its way.
    const operator = bench.ground.platform.operate()
    const body = { target: `subscriber:${id}`, sequence: 1 }
    const job = { queue: 'event-driven.deliver', tenant: 'alpha', lane: 'normal', version: 1, correlationId: 'c', body } as const
    await operator.queue.send([
      { ...job, id: 'another' },
      { ...job, id: 'a third' },
    ])
    await bench.pass(2_000)
    expect(bench.received()).toHaveLength(1)
    bench.ground.outbound.answer = () => ({})
    await bench.pass(minute)
    expect(await bench.deliveries(`subscriber:${id}`)).toMatchObject([{ status: 'delivered', attempts: 2 }])
    await bench.stop()
  })

  it('is given up when the process died at it again and again, and left when its event is gone', async () => {
    const bench = await SubscriberBench.open()
    await bench.emit('poison')
    const scope = await bench.scope()
    const job = {
      queue: 'event-driven.deliver',
      tenant: 'alpha',
      id: 'a',
      lane: 'normal',
      version: 1,
      correlationId: 'c',
    } as const
    const lease = { cutOffs: 20, signal: new AbortController().signal, extend: async () => {} }
    const errand = { target: 'subscriber:somebody', sequence: 1 } as const
    const never = (): never => expect.fail('It was tried.')
    expect(await workErrand(scope, errand, { job: { ...job, body: errand }, lease }, never)).toEqual({ done: true })
    expect(await bench.letters()).toMatchObject([{ reason: 'cut_off', request_id: 'poison' }])
    const gone = { ...errand, sequence: 2 }
    expect(await workErrand(scope, gone, { job: { ...job, body: gone }, lease }, never)).toEqual({ dead: 'event_gone' })
    await bench.stop()
  })
})
