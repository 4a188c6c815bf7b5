import { type EventDefinition, type EventToEmit, publishEvent } from '../../define/event.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, type RecordWrite, update } from '../../scope/state.ts'
import type { AlertDetail } from './events.ts'
import {
  type AlertFields,
  type AlertPointerFields,
  type AlertRecord,
  type AlertTexts,
  alertPointers,
  alerts,
  incidentPartition,
} from './records.ts'

/** What a commit has to hold. */
export interface AlertChange {
  readonly writes: readonly RecordWrite[]
  readonly emit: readonly EventToEmit[]
}

interface Page {
  readonly record?: AlertRecord | undefined
  readonly fields: AlertFields
  readonly texts?: Partial<AlertTexts>
  readonly changed: boolean
}

interface Pointer {
  readonly record?: StoredRecord<AlertPointerFields, Record<never, never>> | undefined
  readonly fields: AlertPointerFields
  readonly changed: boolean
}

/** Alerts as one commit will leave them: what is decided first is seen by what is decided next, and each row is written once. */
export class AlertBook {
  readonly #scope: Uses<'state'>
  readonly #pages = new Map<string, Page | undefined>()
  readonly #pointers = new Map<string, Pointer | undefined>()
  readonly #told: EventToEmit[] = []

  constructor(scope: Uses<'state'>) {
    this.#scope = scope
  }

  async alert(id: string): Promise<AlertFields | undefined> {
    if (!this.#pages.has(id)) {
      const record = await this.#scope.state.get(alerts, { partition: id })
      this.#pages.set(id, record && { record, fields: record.fields, changed: false })
    }
    return this.#pages.get(id)?.fields
  }

  /** Keeps an alert as it is to be. @param texts absent: as they were. */
  put(fields: AlertFields, texts?: AlertTexts): void {
    const before = this.#pages.get(fields.alert_id)
    const kept = texts ?? before?.texts
    this.#pages.set(fields.alert_id, { ...before, fields, changed: true, ...(kept ? { texts: kept } : {}) })
  }

  /** The alert of a type that an incident, or a key, has. */
  async pointed(partition: string, alertType: string): Promise<AlertFields | undefined> {
    const pointer = await this.#pointer(partition, alertType)
    return pointer && this.alert(pointer.fields.alert_id)
  }

  async point(partition: string, alertType: string, alertId: string): Promise<void> {
    const before = await this.#pointer(partition, alertType)
    const fields = { alert_id: alertId, alert_type: alertType, made: this.#scope.clock.now() }
    this.#pointers.set(pointerName(partition, alertType), { ...before, fields, changed: true })
  }

  /** The alerts of an incident. */
  async ofIncident(incidentId: string): Promise<readonly AlertFields[]> {
    const partition = incidentPartition(incidentId)
    for await (const record of this.#scope.state.read(alertPointers, partition)) {
      const name = pointerName(partition, record.sort)
      if (!this.#pointers.get(name)) this.#pointers.set(name, { record, fields: record.fields, changed: false })
    }
    const own = [...this.#pointers].filter(([name]) => name.startsWith(`${partition}\n`))
    const found = await Promise.all(own.map(([, pointer]) => pointer && this.alert(pointer.fields.alert_id)))
    return found.filter((fields) => fields !== undefined)
  }

  tell(definition: EventDefinition<AlertDetail>, fields: AlertFields): void {
    const { alert_id, alert_type, stream, key, severity, status, incident_id } = fields
    const detail = { alert_id, alert_type, stream, key, severity, status, incident_id }
    this.#told.push(publishEvent(definition, alert_id, detail))
  }

  change(): AlertChange {
    const writes: RecordWrite[] = []
    for (const page of this.#pages.values()) if (page?.changed) writes.push(alertWrite(page))
    for (const [name, pointer] of this.#pointers) if (pointer?.changed) writes.push(pointerWrite(name, pointer))
    return { writes, emit: this.#told }
  }

  async #pointer(partition: string, alertType: string): Promise<Pointer | undefined> {
    const name = pointerName(partition, alertType)
    if (!this.#pointers.has(name)) {
      const record = await this.#scope.state.get(alertPointers, { partition, sort: alertType })
      this.#pointers.set(name, record && { record, fields: record.fields, changed: false })
    }
    return this.#pointers.get(name)
  }
}

function pointerName(partition: string, alertType: string): string {
  return `${partition}\n${alertType}`
}

function alertWrite({ record, fields, texts }: Page): RecordWrite {
  return record ? update(alerts, record, fields, texts) : insert(alerts, { partition: fields.alert_id }, fields, texts)
}

function pointerWrite(name: string, { record, fields }: Pointer): RecordWrite {
  const [partition = '', sort = ''] = name.split('\n')
  return record ? update(alertPointers, record, fields) : insert(alertPointers, { partition, sort }, fields)
}
