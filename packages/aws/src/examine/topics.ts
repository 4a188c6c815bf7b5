import { GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns'
import { alertTopicName } from '../environment.ts'
import { absent, type Look, look } from './look.ts'

export interface TopicFacts {
  readonly name: string
  /** How many subscribe to it; undefined where it isn't there. */
  readonly subscribers: number | undefined
}

/**
 * The topics of these types of alerts.
 * @param options.prefix what comes before their names in their ARNs.
 */
export function examineTopics(options: {
  readonly client: SNSClient
  readonly prefix: string
  readonly types: readonly string[]
}): Promise<Look<readonly TopicFacts[]>> {
  const { client, prefix, types } = options
  return look((call) =>
    Promise.all(
      types.map(async (type) => {
        const name = alertTopicName(type)
        const command = new GetTopicAttributesCommand({ TopicArn: `${prefix}${name}` })
        const found = await call('sns:GetTopicAttributes', (abortSignal) =>
          client.send(command, { abortSignal }).catch(absent('NotFound', 'NotFoundException')),
        )
        return { name, subscribers: found && Number(found.Attributes?.SubscriptionsConfirmed ?? 0) }
      }),
    ),
  )
}
