import { CreateStreamCommand, DescribeStreamCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { type EventStream, type Log, type State, silentLog } from '@plinth/core'
import type { Subject } from '@plinth/core/contracts'
import { FakeClock, memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { systemClock } from '@plinth/outbound'
import { until } from '../../../../test/e2e/support/until.ts'
import { KinesisEventStream } from '../../src/kinesis/kinesis-event-stream.ts'

/** The system's own records, in memory: what outlives a process here. */
export function systemState(seed = 1): State {
  return memoryPlatform({ models: scriptedModels(() => 'nothing'), clock: new FakeClock({ seed }) }).platform.operate().system
}

export function openStream(
  client: KinesisClient,
  stream: string,
  options: { readonly system?: State; readonly log?: Log } = {},
): KinesisEventStream {
  const { system = systemState(), log = silentLog } = options
  return new KinesisEventStream({ client, stream, system: () => system, clock: systemClock, log })
}

export async function makeStream(client: KinesisClient, StreamName: string, ShardCount = 2): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount }))
  await active(client, StreamName)
}

/** Until what was asked of the stream is done. */
export async function active(client: KinesisClient, StreamName: string): Promise<void> {
  await until(
    'the stream is active',
    async () => {
      const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }))
      return StreamDescription?.StreamStatus === 'ACTIVE'
    },
    { within: 10_000, every: 20 },
  )
}

/** What EventStream's contract is tried on: everything outlives a process but the adapter itself. */
export function streamSubject(client: () => KinesisClient, stream: string): () => Promise<Subject<EventStream>> {
  return async () => {
    const system = systemState()
    await makeStream(client(), stream)
    const port = openStream(client(), stream, { system })
    return {
      port,
      // Readers look twice a second where nothing comes.
      settle: () => new Promise((resolve) => setTimeout(resolve, 25)),
      reopen: async () => openStream(client(), stream, { system }),
      dispose: async () => {},
    }
  }
}

/** Promises of EventStream that a stream of Kinesis, shared by all tenants, doesn't keep. */
export const notOnKinesis: Readonly<Record<string, string>> = {
  'remove forgets a partition, or all of a tenant, and nothing else':
    'Kinesis lets go of nothing before its retention ends: what a tenant left is sealed, and its key is gone',
}

/**
 * Has records put one at a time: moto gives two that it is given at the same moment the same sequence, and loses one of them.
 * @returns the same client.
 */
export function oneByOne(client: KinesisClient): KinesisClient {
  let last: Promise<unknown> = Promise.resolve()
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'PutRecordCommand') return next(args)
        const sent = last.then(() => next(args))
        last = sent.catch(() => {})
        return sent
      },
    { step: 'initialize' },
  )
  return client
}
