import { z } from 'zod'
import { defineEvent, type EventDefinition, type EventToEmit } from '../../define/event.ts'
import { alertContent } from './alert-content.ts'
import type { Severity } from './judge-insight.ts'
import type { AlertStatus } from './records.ts'

/** References: what an alert is about, never what was measured. */
export interface AlertDetail {
  readonly alert_id: string
  readonly alert_type: string
  readonly stream: string
  readonly key: string
  readonly severity: Severity
  readonly status: AlertStatus
  readonly incident_id: string
}

const detail: z.ZodType<AlertDetail> = z.strictObject({
  alert_id: z.string(),
  alert_type: z.string(),
  stream: z.string(),
  key: z.string(),
  severity: z.enum(['unknown', 'low', 'medium', 'high']),
  status: z.enum(['open', 'acknowledged', 'recovered']),
  incident_id: z.string(),
})

function alertEvent(what: string, summary: string): EventDefinition<AlertDetail> {
  return defineEvent<AlertDetail>({
    type: `genai.alert.${what}`,
    version: 1,
    summary,
    detail,
    content: { permission: 'alerts:read', open: (scope, event) => alertContent(scope, event.subject) },
  })
}

export const alertOpened: EventDefinition<AlertDetail> = alertEvent('opened', 'An alert was raised.')
export const alertEscalated: EventDefinition<AlertDetail> = alertEvent('escalated', "An alert's severity or priority rose.")
export const alertRecovered: EventDefinition<AlertDetail> = alertEvent('recovered', 'What an alert was about is over.')
export const alertAcknowledged: EventDefinition<AlertDetail> = alertEvent('acknowledged', 'Somebody has taken an alert on.')

export const alertEvents: readonly EventDefinition<AlertDetail>[] = [
  alertOpened,
  alertEscalated,
  alertRecovered,
  alertAcknowledged,
]

/** How many alerts these events tell of as opened. */
export function openedIn(events: readonly EventToEmit[]): number {
  return events.filter(({ type }) => type === alertOpened.type).length
}
