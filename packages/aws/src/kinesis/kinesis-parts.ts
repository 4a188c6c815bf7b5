import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { Clock, Log } from '@plinth/core'

/** What all that works on the stream shares. */
export interface KinesisParts {
  readonly client: KinesisClient
  /** The name of the one stream of Kinesis that holds all tenants' entries. */
  readonly stream: string
  readonly clock: Clock
  readonly log: Log
}
