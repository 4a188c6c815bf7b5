import { defineSubscriber, type Subscriber } from '../../define/subscriber.ts'
import { alertContent, alertTopic } from './alert-content.ts'
import { type AlertDetail, alertEscalated, alertOpened, alertRecovered } from './events.ts'

/**
 * Publishes alerts to the topic of their type (R82), where the platform has topics. At least once, with the event's id, by which a
 * subscriber tells a repetition.
 */
export const publishAlert: Subscriber = defineSubscriber({
  name: 'analytics.publish',
  summary: 'Publishes alerts that open, escalate or recover to the topic of their type.',
  pattern: { type: [alertOpened.type, alertEscalated.type, alertRecovered.type] },
  async handle(scope, event) {
    if (!scope.topics) return
    const content = await alertContent(scope, event.subject)
    if (!content) return
    const { alert_id, alert_type, stream, severity, status } = event.detail as unknown as AlertDetail
    await scope.topics.publish(alertTopic(alert_type), {
      id: event.id,
      ...content,
      attributes: { event: event.type, alert_id, alert_type, stream, severity, status },
    })
  },
})
