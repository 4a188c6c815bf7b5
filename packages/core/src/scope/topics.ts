import { InvalidInputError, TooLargeError } from '../errors.ts'
import { type JsonObject, jsonBytes } from '../json.ts'
import { type TopicMessage, type Topics, topicLimits } from '../ports/topics.ts'

/** Publishes in one tenant's name; see {@link Topics}. */
export interface TenantTopics {
  publish(topic: string, message: TopicMessage): Promise<void>
}

/** Binds a tenant, and refuses what some platform couldn't publish. */
export function tenantTopics(tenant: string, topics: Topics): TenantTopics {
  return {
    async publish(topic, message) {
      checkMessage(topic, message)
      await topics.publish(tenant, topic, message)
    },
  }
}

function checkMessage(topic: string, { subject, attributes, ...rest }: TopicMessage): void {
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(topic))
    throw new InvalidInputError('A topic is 1 to 256 letters, digits, hyphens and underscores.', { field: 'topic' })
  if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(subject) || subject.length > topicLimits.subject)
    throw new InvalidInputError('A subject is one line of 1 to 100 ASCII characters.', { field: 'subject' })
  const values = Object.values(attributes)
  if (values.length > topicLimits.attributes || values.includes(''))
    throw new InvalidInputError('A message has at most 9 attributes, none of them empty.', { field: 'attributes' })
  if (jsonBytes({ ...rest, subject, attributes } as unknown as JsonObject) > topicLimits.bytes)
    throw new TooLargeError(`A message to a topic holds at most ${topicLimits.bytes} bytes.`)
}
