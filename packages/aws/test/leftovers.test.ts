import { ListEventBusesCommand } from '@aws-sdk/client-eventbridge'
import { DescribeKeyCommand } from '@aws-sdk/client-kms'
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, it } from 'vitest'
import { type AwsClients, destroyClients } from '../src/clients.ts'
import { createQueues } from '../src/create-queues.ts'
import { createStream } from '../src/create-stream.ts'
import { createTable } from '../src/create-table.ts'
import { KmsKeyService } from '../src/kms-key-service.ts'
import { prefixAliases, prefixOf, runForm } from './support/account.ts'
import { removeLeftovers } from './support/cleaning.ts'
import { listen } from './support/event-listener.ts'
import { kindsOf } from './support/leftovers.ts'
import { describeWithMoto, motoClients } from './support/moto.ts'

describeWithMoto('what npm run verify:aws made', (moto) => {
  it("is removed, and nothing of another run's or another's", async () => {
    for (const run of ['mine', 'mine2']) await make(motoClients(moto.endpoint), run)
    await createTable({ client: moto.clients.dynamodb, table: 'plinth' })
    const before = await found('mine2')
    expect(Object.values(before).map((names) => names.length)).toEqual([1, 1, 5, 1, 1, 1, 1])
    const options = { milliseconds: 20_000, pause: 0 }
    const { removed, left } = await removeLeftovers(moto.clients, 'mine', options)
    expect(left).toEqual([])
    expect(Object.entries(removed).map(([kind, names]) => [kind, names.size])).toEqual(
      Object.entries(before).map(([kind, names]) => [kind, names.length]),
    )
    expect(Object.values(await found('mine')).flat()).toEqual([])
    expect(await found('mine2')).toEqual(before)
    const [key = ''] = removed.keys ?? []
    const { KeyMetadata } = await moto.clients.kms.send(new DescribeKeyCommand({ KeyId: key }))
    expect(KeyMetadata?.KeyState).toBe('PendingDeletion')
    const { EventBuses = [] } = await moto.clients.eventbridge.send(new ListEventBusesCommand({}))
    expect(EventBuses.map(({ Name }) => Name)).toContain('default')
  })

  it('is told when it can not be removed', async () => {
    const clients = motoClients(moto.endpoint)
    clients.s3.middlewareStack.add(() => () => Promise.reject(new Error('no')), { step: 'initialize' })
    const { left } = await removeLeftovers(clients, 'mine', { milliseconds: 0, pause: 0 })
    expect(left).toEqual(["buckets, which can't be listed: Error: no"])
    destroyClients(clients)
  })

  it("has a prefix that begins no other run's", () => {
    expect(prefixOf('mine2').startsWith(prefixOf('mine'))).toBe(false)
    for (const run of ['', 'a-b', 'A', '../x', 'x'.repeat(17)]) expect(runForm.test(run), run).toBe(false)
  })

  async function found(run: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const each = kindsOf(moto.clients).map(async ({ name, find }) => [name, await find(prefixOf(run))] as const)
    return Object.fromEntries(await Promise.all(each))
  }
})

/** One of everything. */
async function make(clients: AwsClients, run: string): Promise<void> {
  const name = `${prefixOf(run)}contract`
  prefixAliases(clients.kms, run)
  await createTable({ client: clients.dynamodb, table: name })
  await createQueues({ client: clients.sqs, prefix: name }, ['a.job'])
  await listen(clients, name)
  await clients.s3.send(new CreateBucketCommand({ Bucket: name }))
  await clients.s3.send(new PutObjectCommand({ Bucket: name, Key: 'a', Body: 'x' }))
  await clients.s3.send(new CreateMultipartUploadCommand({ Bucket: name, Key: 'b' }))
  await createStream({ client: clients.kinesis, stream: name })
  await new KmsKeyService({ client: clients.kms }).ensure('alias/contract')
  destroyClients(clients)
}
