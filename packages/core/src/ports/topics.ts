import type { JsonObject } from '../json.ts'

export interface TopicMessage {
  /** The same each time that it is published: a subscriber tells a repetition by it. */
  readonly id: string
  /** One line of at most 100 ASCII characters. */
  readonly subject: string
  readonly body: JsonObject
  /** References without content, by which subscribers filter; at most 9. */
  readonly attributes: Readonly<Record<string, string>>
}

/**
 * Topics that others subscribe to: an edge outward, as the event bus is. A topic begins with its first message; its name is 1–256
 * letters, digits, hyphens and underscores. Several tenants may share one: subscribers know whose a message is by its tenant.
 *
 * Promises: what `publish` resolved for reaches every subscriber of the topic at least once. Order is not promised.
 */
export interface Topics {
  /** @throws InvalidInputError for a name or subject, TooLargeError beyond {@link topicLimits}, UnavailableError. */
  publish(tenant: string, topic: string, message: TopicMessage): Promise<void>
}

export const topicLimits: {
  /** Of the message as JSON. SNS: 256 KiB. */
  readonly bytes: number
  readonly subject: number
  readonly attributes: number
} = { bytes: 250_000, subject: 100, attributes: 9 }
