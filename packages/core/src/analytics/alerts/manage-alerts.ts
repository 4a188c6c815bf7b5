import { NotFoundError } from '../../errors.ts'
import type { Page } from '../../ports/state-store.ts'
import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import { AlertBook } from './alert-book.ts'
import { alertAcknowledged } from './events.ts'
import { type AlertFields, type AlertRecord, type AlertStatus, alerts } from './records.ts'

interface AlertQuery {
  readonly status?: AlertStatus | undefined
  readonly stream?: string | undefined
  readonly alert_type?: string | undefined
  readonly limit: number
  /** `after` of the page before. */
  readonly after?: string | undefined
}

/** So many pages are looked through for alerts that several conditions want; then a page may be short. */
const mostPages = 10

/** Alerts, newest first. With several conditions a page may be short, or empty, before the end. */
export async function listAlerts(scope: Uses<'state'>, query: AlertQuery): Promise<Page<AlertRecord>> {
  const { status, stream, limit } = query
  const [list, group] =
    stream !== undefined
      ? (['stream', { group: stream }] as const)
      : status !== undefined
        ? (['status', { group: status }] as const)
        : (['created', {}] as const)
  const items: AlertRecord[] = []
  let after = query.after
  for (let pages = 0; pages < mostPages; pages++) {
    const rest = limit - items.length
    const page = await scope.state.list(alerts, list, {
      ...group,
      descending: true,
      limit: rest,
      ...(after === undefined ? {} : { after }),
    })
    items.push(...page.items.filter(({ fields }) => isWanted(fields, query)))
    after = page.after
    if (after === undefined || items.length === limit) break
  }
  return after === undefined ? { items } : { items, after }
}

function isWanted(fields: AlertFields, { status, stream, alert_type }: AlertQuery): boolean {
  return (
    (status ?? fields.status) === fields.status &&
    (stream ?? fields.stream) === fields.stream &&
    (alert_type ?? fields.alert_type) === fields.alert_type
  )
}

/** An alert of this tenant. @throws NotFoundError, the same for another tenant's. */
export async function getAlert(scope: Uses<'state'>, id: string): Promise<AlertRecord> {
  const record = await scope.state.get(alerts, { partition: id })
  if (!record) throw new NotFoundError('alert')
  return record
}

/**
 * Notes that the caller has taken an alert on. Who comes second changes nothing. One that is over stays over. @throws NotFoundError.
 */
export function acknowledgeAlert(scope: Uses<'state'>, id: string): Promise<AlertRecord> {
  return retryConflicts(async () => {
    const record = await getAlert(scope, id)
    const { fields } = record
    if (fields.acknowledged !== undefined) return record
    const now = scope.clock.now()
    const status = fields.status === 'open' ? 'acknowledged' : fields.status
    const after: AlertFields = { ...fields, status, acknowledged: now, acknowledged_by: scope.caller.user, updated: now }
    const book = new AlertBook(scope)
    book.tell(alertAcknowledged, after)
    return scope.state.update(alerts, record, after, { emit: book.change().emit })
  })
}
