import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { DescribeEventBusCommand } from '@aws-sdk/client-eventbridge'
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis'
import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { PlinthError, UnavailableError } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import type { Resources } from './create-missing.ts'
import { deadLetterQueueName, queueNames } from './environment.ts'

const missing = ['ResourceNotFoundException', 'QueueDoesNotExist', 'NoSuchBucket', 'NotFound']

/**
 * Looks for the table, the bucket, the bus, the stream and the queues.
 * @throws UnavailableError that names the first that isn't there, the variable that names it, and the region.
 */
export async function checkResources({ clients, environment, jobs }: Resources): Promise<void> {
  const { table, bucket, bus, stream, queuePrefix, region } = environment
  const { dynamodb, s3, eventbridge, kinesis, sqs } = clients
  const look = async (action: string, variable: string, what: string, call: Promise<unknown>): Promise<void> => {
    try {
      await call
    } catch (error) {
      if (!isFault(error, ...missing)) throw located(unavailable(error, action), region)
      throw new UnavailableError(
        'aws_missing',
        `There is no ${what} in ${region} (${action}). Set ${variable}, or PLINTH_AWS_CREATE=on.`,
        {
          cause: error,
        },
      )
    }
  }
  await look(
    'dynamodb:DescribeTable',
    'PLINTH_TABLE',
    `table ${table}`,
    dynamodb.send(new DescribeTableCommand({ TableName: table })),
  )
  await look('s3:ListBucket', 'PLINTH_BUCKET', `bucket ${bucket}`, s3.send(new HeadBucketCommand({ Bucket: bucket })))
  await look('events:DescribeEventBus', 'PLINTH_BUS', `bus ${bus}`, eventbridge.send(new DescribeEventBusCommand({ Name: bus })))
  await look(
    'kinesis:DescribeStreamSummary',
    'PLINTH_STREAM',
    `stream ${stream}`,
    kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream })),
  )
  for (const name of [deadLetterQueueName(queuePrefix), ...queueNames(queuePrefix, jobs)])
    await look('sqs:GetQueueUrl', 'PLINTH_QUEUE_PREFIX', `queue ${name}`, sqs.send(new GetQueueUrlCommand({ QueueName: name })))
}

/** The same, and where it was asked. */
function located(error: PlinthError, region: string): PlinthError {
  return new PlinthError(error.code, `${error.message} Asked in ${region}.`, error.retryable, { cause: error.cause })
}
