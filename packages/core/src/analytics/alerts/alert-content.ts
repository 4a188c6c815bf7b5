import type { JsonObject, JsonValue } from '../../json.ts'
import { timestamp } from '../../ports/clock.ts'
import type { Uses } from '../../scope/scope.ts'
import { type AlertRecord, alerts } from './records.ts'

/** What whoever may read alerts is told of one (R81, R83). */
interface AlertContent {
  readonly subject: string
  readonly body: JsonObject
}

/** R82. */
export function alertTopic(alertType: string): string {
  return `genai-alerts-${alertType}`
}

/** R83: `high_risk` is "GenAI Alert: High Risk". */
export function alertSubject(alertType: string): string {
  const words = alertType.split('_').filter((word) => word !== '')
  return `GenAI Alert: ${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')}`
}

/** R81. */
export async function alertBody(record: AlertRecord): Promise<JsonObject> {
  const { alert_type, severity, timestamp: time } = record.fields
  const [data, analysis, actions] = await Promise.all([
    opened(record, 'data', {}),
    opened(record, 'analysis', {}),
    opened(record, 'recommended_actions', []),
  ])
  return { alert_type, timestamp: timestamp(time), severity, data, analysis, recommended_actions: actions }
}

/** As the alert stands now; undefined when it is gone. */
export async function alertContent(scope: Uses<'state'>, alertId: string): Promise<AlertContent | undefined> {
  const record = await scope.state.get(alerts, { partition: alertId })
  return record && { subject: alertSubject(record.fields.alert_type), body: await alertBody(record) }
}

/** A sealed field's value. */
export async function opened(
  record: AlertRecord,
  field: 'data' | 'analysis' | 'recommended_actions' | 'evidence',
  absent: JsonValue,
): Promise<JsonValue> {
  const text = await record.open(field)
  return text === undefined ? absent : (JSON.parse(text) as JsonValue)
}
