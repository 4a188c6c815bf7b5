import { eventBusName, type StoredEvent } from '@plinth/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { EventBridgeEventBus } from '../src/eventbridge-event-bus.ts'
import { type DeliveredEvent, listen } from './support/event-listener.ts'
import { operation, refuse, resetAfter, resetBefore, rewriteJson, useFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto } from './support/moto.ts'

describeWithMoto('EventBridgeEventBus', (moto) => {
  const proxy = useFaultProxy(moto)
  const putEvents = operation('PutEvents')
  let delivered: () => Promise<readonly DeliveredEvent[]>
  beforeAll(async () => {
    delivered = await listen(moto.clients, eventBusName)
  })
  const busOn = (options?: { maxAttempts: number }) =>
    new EventBridgeEventBus({ client: proxy.clients(options).eventbridge, bus: eventBusName })

  it('an event has its type as name, genai.service as source, the envelope as detail, on the bus of the seed [R17, R120]', async () => {
    const time = Date.UTC(2026, 2, 3, 4, 5, 6, 789)
    await busOn().publish([stored('named', { type: 'genai.request.completed', time, detail: { request_id: 'r1', tokens: 7 } })])
    const event = (await delivered()).find(({ detail }) => detail.id === 'named')
    expect(event).toMatchObject({ source: 'genai.service', 'detail-type': 'genai.request.completed' })
    // EventBridge keeps whole seconds; the envelope has the milliseconds.
    expect(event?.time).toMatch(/^2026-03-03T04:05:06/)
    expect(event?.detail).toEqual({
      id: 'named',
      source: 'genai.service',
      type: 'genai.request.completed',
      time: '2026-03-03T04:05:06.789Z',
      version: 1,
      correlation_id: 'correlation',
      tenant_id: 'acme',
      subject: 'subject',
      sequence: 1,
      detail: { request_id: 'r1', tokens: 7 },
    })
    expect(JSON.parse(proxy.requests[0]?.body.toString() ?? '')).toMatchObject({ Entries: [{ EventBusName: eventBusName }] })
  })

  it('an entry that EventBridge refuses is not published, and says why; the others are [X3]', async () => {
    const failed = { ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }
    proxy.inject(
      putEvents,
      rewriteJson<{ Entries: object[] }>(({ Entries }) => ({
        FailedEntryCount: 2,
        Entries: Entries.map((entry, index) => (index === 1 ? failed : index === 3 ? { ErrorCode: 'InternalFailure' } : entry)),
      })),
    )
    expect(await busOn().publish(['a', 'b', 'c', 'd', 'e'].map((id) => stored(id)))).toEqual([
      { published: true },
      { published: false, code: 'throttling_exception' },
      { published: true },
      { published: false, code: 'internal_failure' },
      { published: true },
    ])
  })

  it('an entry without an answer counts as not published, whatever the count of failures says [X3]', async () => {
    proxy.inject(
      putEvents,
      rewriteJson<{ Entries: object[] }>(({ Entries }) => ({ FailedEntryCount: 0, Entries: [Entries[0], {}] })),
    )
    const unanswered = { published: false, code: 'no_answer' }
    expect(await busOn().publish([stored('a'), stored('b'), stored('c')])).toEqual([{ published: true }, unanswered, unanswered])
  })

  it('a request without an answer is sent again, with the same ids', async () => {
    const lost = proxy.inject(putEvents, resetAfter)
    expect(await busOn({ maxAttempts: 2 }).publish([stored('twice')])).toEqual([{ published: true }])
    expect(lost.met).toBe(1)
    expect((await delivered()).filter(({ detail }) => detail.id === 'twice')).toHaveLength(2)
  })

  it('a request that fails as a whole rejects, to be tried again', async () => {
    for (const fault of [resetBefore, resetAfter, refuse(500, 'InternalException'), refuse(400, 'ThrottlingException')]) {
      proxy.inject(putEvents, fault)
      await expect(busOn().publish([stored('a')])).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
    }
  })

  it('a missing permission names the action, and nothing of what was sent', async () => {
    proxy.inject(putEvents, refuse(400, 'AccessDeniedException', 'User is not authorized to perform events:PutEvents'))
    const error = await busOn()
      .publish([stored('a', { detail: { secret: 'crown jewels' } })])
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'aws_denied', message: expect.stringContaining('events:PutEvents') })
    expect(String(error)).not.toContain('crown jewels')
  })

  describe('a batch of the largest events', () => {
    const large = (id: string, bytes = 65_000): StoredEvent => stored(id, { detail: { text: 'x'.repeat(bytes) } })

    it('goes in requests that every limit of EventBridge allows, with the results in order', async () => {
      proxy.inject(
        (asked) => putEvents(asked) && asked.body.includes('"large-4\\"'),
        rewriteJson<{ Entries: object[] }>(failLast),
      )
      const ids = Array.from({ length: 10 }, (_, index) => `large-${index}`)
      const results = await busOn().publish(ids.map((id) => large(id)))
      const sent = proxy.requests.map(({ body }) => JSON.parse(body.toString()).Entries as { Detail: string }[])
      expect(sent.map((entries) => entries.length)).toEqual([3, 3, 3, 1])
      for (const entries of sent) expect(entries.reduce((sum, entry) => sum + entry.Detail.length, 0)).toBeLessThan(256_000)
      expect(results.map(({ published }) => published)).toEqual(ids.map((id) => id !== 'large-5'))
      expect((await delivered()).map(({ detail }) => detail.id)).toEqual(expect.arrayContaining(ids))
    })

    it('rejects as a whole when one of its requests does', async () => {
      proxy.inject((asked) => asked.body.includes('"large-4\\"'), resetBefore)
      await expect(busOn().publish([0, 1, 2, 3, 4].map((index) => large(`large-${index}`)))).rejects.toMatchObject({
        code: 'aws_unavailable',
      })
    })
  })
})

function stored(id: string, parts: Partial<StoredEvent> = {}): StoredEvent {
  return {
    kind: 'event',
    id,
    tenant: 'acme',
    type: 'genai.test.tried',
    version: 1,
    subject: 'subject',
    correlationId: 'correlation',
    time: Date.UTC(2026, 0, 1),
    detail: { id },
    sequence: 1,
    ...parts,
  }
}

function failLast({ Entries }: { Entries: object[] }): object {
  return { FailedEntryCount: 1, Entries: [...Entries.slice(0, -1), { ErrorCode: 'InternalFailure' }] }
}
