import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledgeMessages, type ReceivedMessage, receiveMessages } from '../../src/subscribers/pull-queue.ts'
import { memoryGround, SubscriberBench } from './subscriber-bench.ts'

const second = 1_000
const minute = 60 * second
const queue = { target: { type: 'queue' } } as const

async function receive(
  bench: SubscriberBench,
  id: string,
  max = 10,
  visibility = 30 * second,
): Promise<readonly ReceivedMessage[]> {
  return receiveMessages(await bench.scope(), id, { max, visibilityMilliseconds: visibility })
}

async function emitMany(bench: SubscriberBench, amount: number): Promise<string[]> {
  const subjects = Array.from({ length: amount }, (_, index) => `event-${index}`)
  for (const subject of subjects) await bench.emit(subject)
  await bench.pass(10 * second)
  return subjects
}

const subjectsOf = (received: readonly ReceivedMessage[]): string[] => received.map(({ event }) => event.subject)

describe('[R21] a pull queue', () => {
  it('hands out what waits, oldest first, and nothing that was acknowledged', async () => {
    const bench = await SubscriberBench.open()
    const { id, secret } = await bench.subscribe(queue)
    expect(secret).toBe('')
    expect(await receive(bench, id)).toEqual([])
    await emitMany(bench, 7)
    const first = await receive(bench, id, 3)
    expect(subjectsOf(first)).toEqual(['event-0', 'event-1', 'event-2'])
    expect(first.map(({ receives }) => receives)).toEqual([1, 1, 1])
    const receipts = first.map(({ receipt }) => receipt)
    const answer = await acknowledgeMessages(await bench.scope(), id, receipts)
    expect(answer).toEqual({ acknowledged: receipts, refused: [] })
    expect(subjectsOf(await receive(bench, id, 100))).toEqual(['event-3', 'event-4', 'event-5', 'event-6'])
    await bench.pass(minute)
    expect(subjectsOf(await receive(bench, id, 100)).toSorted()).toEqual(['event-3', 'event-4', 'event-5', 'event-6'])
    expect(bench.ground.outbound.requests).toEqual([])
    expect(await bench.deliveries(`subscriber:${id}`)).toHaveLength(7)
    await bench.stop()
  })

  it('hides what was handed out for as long as it was asked to', async () => {
    const bench = await SubscriberBench.open()
    const { id } = await bench.subscribe(queue)
    await emitMany(bench, 1)
    const [message] = await receive(bench, id, 1, minute)
    await bench.pass(59 * second)
    expect(await receive(bench, id)).toEqual([])
    await bench.pass(second)
    const [again] = await receive(bench, id, 1, minute)
    expect(again).toMatchObject({ receives: 2, event: { id: message?.event.id } })
    const answer = await acknowledgeMessages(await bench.scope(), id, [message?.receipt ?? '', again?.receipt ?? ''])
    expect(answer).toEqual({ acknowledged: [again?.receipt], refused: [{ receipt: message?.receipt, code: 'stale' }] })
    await bench.stop()
  })

  it('takes a late receipt while nobody else has the message', async () => {
    const bench = await SubscriberBench.open()
    const { id } = await bench.subscribe(queue)
    await emitMany(bench, 1)
    const [message] = await receive(bench, id, 1, second)
    await bench.pass(minute)
    expect((await acknowledgeMessages(await bench.scope(), id, [message?.receipt ?? ''])).refused).toEqual([])
    expect(await receive(bench, id)).toEqual([])
    await bench.stop()
  })

  it('refuses receipts that it never gave, in whatever form', async () => {
    const bench = await SubscriberBench.open()
    const [one, two] = [await bench.subscribe(queue), await bench.subscribe(queue)]
    await emitMany(bench, 1)
    const [message] = await receive(bench, one.id)
    const receipt = message?.receipt ?? ''
    const scope = await bench.scope()
    const odd = [
      '',
      '.',
      'a',
      `${receipt}a`,
      receipt.replace('.', '~'),
      `0000000000000009.${receipt.split('.')[1]}`,
      `../${receipt}`,
      '\0',
      '世',
    ]
    expect((await acknowledgeMessages(scope, one.id, odd)).refused.map(({ code }) => code)).toEqual(odd.map(() => 'unknown'))
    const forged = `${receipt.split('.')[0]}.00000000-0000-7000-8000-000000000000`
    expect((await acknowledgeMessages(scope, one.id, [forged])).refused).toEqual([{ receipt: forged, code: 'stale' }])
    // A receipt is good for the queue that gave it.
    expect((await acknowledgeMessages(scope, two.id, [receipt])).refused).toEqual([{ receipt, code: 'stale' }])
    expect((await acknowledgeMessages(scope, one.id, [receipt])).acknowledged).toEqual([receipt])
    expect((await acknowledgeMessages(scope, one.id, [receipt])).refused).toEqual([{ receipt, code: 'unknown' }])
    await bench.stop()
  })

  it("is nobody else's: another tenant finds neither queue nor message", async () => {
    const bench = await SubscriberBench.open()
    const { id } = await bench.subscribe(queue)
    await emitMany(bench, 1)
    const [message] = await receive(bench, id, 1, second)
    const stranger = await bench.scope('beta')
    const options = { max: 10, visibilityMilliseconds: second }
    await expect(receiveMessages(stranger, id, options)).rejects.toMatchObject({ code: 'not_found' })
    await expect(acknowledgeMessages(stranger, id, [message?.receipt ?? ''])).rejects.toMatchObject({ code: 'not_found' })
    await bench.stop()
  })

  it('is no webhook, and a webhook no queue', async () => {
    const bench = await SubscriberBench.open()
    const { id } = await bench.subscribe()
    await expect(receive(bench, id)).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(acknowledgeMessages(await bench.scope(), id, [])).rejects.toMatchObject({ code: 'wrong_state' })
    await bench.stop()
  })

  it('gives two who ask at the same time different messages', async () => {
    const bench = await SubscriberBench.open()
    const { id } = await bench.subscribe(queue)
    await emitMany(bench, 40)
    const answers = await Promise.all(Array.from({ length: 8 }, () => receive(bench, id, 5)))
    const all = answers.flatMap(subjectsOf)
    expect(new Set(all).size).toBe(all.length)
    await bench.stop()
  })

  it('loses nothing and hands out nothing twice at a time, on the weakest legal platform', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('take', 'acknowledge', 'wait'), { minLength: 20, maxLength: 60 }),
        async (steps) => {
          const ground = memoryGround()
          const bench = await SubscriberBench.open({ ground })
          const { id } = await bench.subscribe(queue)
          const wanted = new Set(await emitMany(bench, 5))
          ground.memory.hostile.set({ staleLists: 3, duplicateDelivery: 0.3, failSend: 0.3, resendSettled: 0.3 })
          for (let index = 5; index < 15; index++) {
            await bench.emit(`event-${index}`)
            wanted.add(`event-${index}`)
          }
          await bench.pass(minute)
          const visibility = 20 * second
          const held = new Map<string, { readonly until: number; readonly receipt: string }>()
          const done = new Set<string>()
          const take = async (): Promise<void> => {
            for (const { event, receipt } of await receive(bench, id, 4, visibility)) {
              const now = bench.ground.clock.now()
              expect(done).not.toContain(event.subject)
              expect(held.get(event.subject)?.until ?? 0).toBeLessThanOrEqual(now)
              held.set(event.subject, { until: now + visibility, receipt })
            }
          }
          const acknowledge = async (): Promise<void> => {
            for (const [subject, { receipt }] of held) {
              const { acknowledged } = await acknowledgeMessages(await bench.scope(), id, [receipt])
              if (acknowledged.length > 0) done.add(subject)
              held.delete(subject)
              break
            }
          }
          for (const step of steps) {
            if (step === 'take') await take()
            else if (step === 'acknowledge') await acknowledge()
            else await bench.pass(15 * second)
          }
          ground.memory.hostile.calm()
          for (let round = 0; round < 40 && done.size < wanted.size; round++) {
            await bench.pass(5 * second)
            await take()
            while (held.size > 0) await acknowledge()
          }
          expect(done).toEqual(wanted)
          await bench.pass(minute)
          expect(await receive(bench, id, 100)).toEqual([])
          await bench.stop()
        },
      ),
      { numRuns: 15 },
    )
  })
})
