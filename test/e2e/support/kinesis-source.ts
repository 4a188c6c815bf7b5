import {
  type _Record,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis'
import type { KinesisRecord } from '../../../packages/aws/src/kinesis/kinesis-batch.ts'

type Call = (event: unknown) => Promise<unknown>
interface Answer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** A double of Lambda's event source of a stream: hands each shard's records to a function, and goes on where the function says. */
export class KinesisSource {
  readonly #client: KinesisClient
  readonly #stream: string
  readonly #call: Call
  /** The record that a shard was worked to. */
  readonly #worked = new Map<string, string>()

  constructor(client: KinesisClient, stream: string, call: Call) {
    this.#client = client
    this.#stream = stream
    this.#call = call
  }

  /** Forgets how far it came: everything is delivered again. */
  rewind(): void {
    this.#worked.clear()
  }

  /** @returns how many records were worked. */
  async deliver(): Promise<number> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: this.#stream }))
    let count = 0
    for (const { ShardId = '' } of Shards) count += await this.#deliverShard(ShardId)
    return count
  }

  /** Records of a shard as Lambda hands them over, from behind what was worked. */
  async read(ShardId: string): Promise<readonly KinesisRecord[]> {
    const after = this.#worked.get(ShardId)
    const from = after === undefined ? {} : { StartingSequenceNumber: after }
    const ShardIteratorType = after === undefined ? ('TRIM_HORIZON' as const) : ('AFTER_SEQUENCE_NUMBER' as const)
    const place = { StreamName: this.#stream, ShardId }
    const { ShardIterator } = await this.#client.send(new GetShardIteratorCommand({ ...place, ShardIteratorType, ...from }))
    const { Records = [] } = await this.#client.send(new GetRecordsCommand({ ShardIterator, Limit: 100 }))
    return Records.map(handedOver)
  }

  async #deliverShard(shard: string): Promise<number> {
    const records = await this.read(shard)
    if (records.length === 0) return 0
    const { batchItemFailures } = (await this.#call({ Records: records })) as Answer
    const failed = batchItemFailures[0]?.itemIdentifier
    const worked =
      failed === undefined
        ? records
        : records.slice(
            0,
            records.findIndex((one) => one.kinesis.sequenceNumber === failed),
          )
    const last = worked.at(-1)?.kinesis.sequenceNumber
    if (last !== undefined) this.#worked.set(shard, last)
    return worked.length
  }
}

function handedOver({ SequenceNumber = '', Data, ApproximateArrivalTimestamp: at }: _Record): KinesisRecord {
  return {
    kinesis: {
      sequenceNumber: SequenceNumber,
      data: Buffer.from(Data ?? []).toString('base64'),
      approximateArrivalTimestamp: (at?.getTime() ?? 0) / 1_000,
    },
  }
}
