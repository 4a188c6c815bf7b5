import type { Log, TopicMessage, Topics } from '@plinth/core'

/** Topics of one process: whoever runs it reads them in its log, which holds no content. Whoever wants that subscribes to the events. */
export class LogTopics implements Topics {
  readonly #log: Log

  constructor(options: { readonly log: Log }) {
    this.#log = options.log
  }

  async publish(tenant: string, topic: string, { id, subject, attributes }: TopicMessage): Promise<void> {
    this.#log.warn({ ...attributes, tenant_id: tenant, topic, message_id: id }, subject)
  }
}
