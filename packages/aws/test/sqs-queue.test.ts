import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import type { Job, Lease, LogFields, Outcome } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { createQueues } from '../src/create-queues.ts'
import { SqsQueue } from '../src/sqs-queue.ts'
import { describeWithMoto, motoClients } from './support/moto.ts'

describeWithMoto('[R22] [X11] SqsQueue', (moto) => {
  it('createQueues makes what is missing and leaves alone what is there', async () => {
    const client = moto.clients.sqs
    await createQueues({ client, prefix: 'made' }, ['a.one'])
    const url = await urlOf('made-a-one-low')
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { MessageRetentionPeriod: '600' } }))
    await createQueues({ client, prefix: 'made' }, ['a.one', 'a.two'])
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))
    expect(Attributes).toMatchObject({ MessageRetentionPeriod: '600', VisibilityTimeout: '31' })
    const redrive = JSON.parse(Attributes?.RedrivePolicy ?? '')
    expect(redrive.deadLetterTargetArn).toMatch(/:made-dead$/)
    for (const name of ['made-a-one-high', 'made-a-one-normal', 'made-a-two-low', 'made-dead'])
      expect(await urlOf(name)).toContain(name)
  })

  it('a message says its tenant to SQS, and SQS holds it back', async () => {
    const queue = await opened('said')
    await queue.send([{ ...jobOf('a'), tenant: 'acme' }, jobOf('b', { notBefore: Date.now() + 60_000 })])
    const QueueUrl = await urlOf('said-a-job-normal')
    const received = await moto.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['MessageGroupId'] }),
    )
    expect(received.Messages?.map(({ Attributes }) => Attributes?.MessageGroupId)).toEqual(['acme'])
    const { Attributes } = await moto.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesDelayed'] }),
    )
    expect(Attributes?.ApproximateNumberOfMessagesDelayed).toBe('1')
  })

  it('what SQS takes of a batch is sent, and what it refuses is not', async () => {
    await opened('part')
    const client = motoClients(moto.endpoint).sqs
    client.middlewareStack.add(
      (next) => async (args) => {
        const { Entries = [] } = args.input as SendMessageBatchCommand['input']
        const refused = Entries.filter((_, index) => index % 3 === 1)
        if (refused.length === 0) return next(args)
        const { output, response } = await next({
          ...args,
          input: { ...args.input, Entries: Entries.filter((_, index) => index % 3 !== 1) },
        })
        const Failed = refused.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false }))
        return { output: { ...output, Failed }, response }
      },
      { step: 'initialize' },
    )
    const jobs = Array.from({ length: 14 }, (_, index) => jobOf(`job-${index}`))
    const results = await new SqsQueue({ client, prefix: 'part', clock: systemClock }).send(jobs)
    const refused = [1, 4, 7, 11]
    expect(results.flatMap(({ sent }, index) => (sent ? [] : index))).toEqual(refused)
    const { ids } = await consumed('part', 10)
    expect(ids.toSorted()).toEqual(
      jobs
        .map(({ id }) => id)
        .filter((_, index) => !refused.includes(index))
        .toSorted(),
    )
    client.destroy()
  })

  it('a queue that is missing is named, and stops neither other jobs nor the process', async () => {
    await opened('some')
    const logged: LogFields[] = []
    const log = { debug() {}, info() {}, warn: (fields: LogFields) => void logged.push(fields), error() {} }
    const queue = new SqsQueue({ client: moto.clients.sqs, prefix: 'some', clock: systemClock, log })
    const results = await queue.send([jobOf('lost', { queue: 'no.job' }), jobOf('kept')])
    expect(results).toEqual([{ sent: false, code: 'aws_missing' }, { sent: true }])
    expect(logged).toEqual([{ queue: 'some-no-job-normal', code: 'aws_missing', fault: 'QueueDoesNotExist' }])
    const consumption = queue.consume('no.job', { concurrency: 1 }, async () => ({ done: true }))
    await until('its lanes are asked', () => new Set(logged.map((fields) => fields.queue)).size === 3)
    await consumption.drain()
  })

  it('[X12] a message that is no job goes to the dead letters, and those behind it are delivered', async () => {
    const queue = await opened('odd')
    const QueueUrl = await urlOf('odd-a-job-normal')
    for (const MessageBody of ['not JSON', '{"queue":"a.job"}', JSON.stringify(jobOf('other', { queue: 'b.job' }))])
      await moto.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    await queue.send([jobOf('good')])
    expect((await consumed('odd', 1)).ids).toEqual(['good'])
    const dead = await moto.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: await urlOf('odd-dead'), MaxNumberOfMessages: 10 }),
    )
    expect(dead.Messages?.map(({ Body }) => Body)).toContain('not JSON')
    expect(dead.Messages).toHaveLength(3)
  })

  it('a job that asked for another try thirty times was never cut off', async () => {
    const queue = await opened('again')
    await queue.send([jobOf('throttled')])
    const { leases } = await consumed('again', 31, (delivery) => (delivery < 30 ? { retryAt: Date.now() - 1 } : { done: true }))
    expect(leases.map(({ cutOffs }) => cutOffs)).toEqual(Array(31).fill(0))
  })

  it('a handler that keeps its lease keeps its job, and loses both when it stops', async () => {
    const queue = await opened('long')
    await queue.send([jobOf('long')])
    const deliveries: { readonly lease: Lease; readonly at: number }[] = []
    let keptUntil = 0
    const handle = async (_job: Job, lease: Lease): Promise<Outcome> => {
      if (deliveries.push({ lease, at: Date.now() }) > 1) return { done: true }
      for (let round = 0; round < 5; round++) {
        await lease.extend(1_000)
        keptUntil = Date.now()
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
      await new Promise((resolve) => lease.signal.addEventListener('abort', resolve))
      return { done: true }
    }
    const workers = [queue, await opened('long')].map((each) => each.consume('a.job', { concurrency: 1 }, handle))
    await until('it is delivered again', () => deliveries.length === 2)
    expect(deliveries[1]?.at).toBeGreaterThan(keptUntil + 1_000)
    expect(deliveries.map(({ lease }) => [lease.cutOffs, lease.signal.aborted])).toEqual([
      [0, true],
      [1, false],
    ])
    await Promise.all(workers.map((worker) => worker.drain()))
  })

  async function opened(prefix: string): Promise<SqsQueue> {
    await createQueues({ client: moto.clients.sqs, prefix }, ['a.job'])
    return new SqsQueue({ client: moto.clients.sqs, prefix, clock: systemClock })
  }

  /** Consumes so many deliveries, and those that come right after them. */
  async function consumed(
    prefix: string,
    count: number,
    answer: (delivery: number) => Outcome = () => ({ done: true }),
  ): Promise<{ readonly ids: readonly string[]; readonly leases: readonly Lease[] }> {
    const ids: string[] = []
    const leases: Lease[] = []
    const queue = new SqsQueue({ client: moto.clients.sqs, prefix, clock: systemClock })
    const consumption = queue.consume('a.job', { concurrency: 3 }, async (job, lease) => {
      leases.push(lease)
      return answer(ids.push(job.id) - 1)
    })
    await until(`${count} deliveries`, () => ids.length >= count, { within: 30_000 })
    await consumption.drain()
    return { ids, leases }
  }

  async function urlOf(name: string): Promise<string | undefined> {
    return (await moto.clients.sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl
  }
})

function jobOf(id: string, parts: Partial<Job> = {}): Job {
  return { queue: 'a.job', tenant: 't', id, lane: 'normal', version: 1, correlationId: 'c', body: { id }, ...parts }
}
