import type { TopicMessage, Topics } from '../ports/topics.ts'

/** A message as its subscribers have it. */
export interface PublishedMessage extends TopicMessage {
  readonly tenant: string
  readonly topic: string
}

/** Topics in memory. */
export class MemoryTopics implements Topics {
  /** All that was published, repetitions included. */
  readonly published: PublishedMessage[] = []

  async publish(tenant: string, topic: string, message: TopicMessage): Promise<void> {
    this.published.push(structuredClone({ tenant, topic, ...message }))
  }
}
