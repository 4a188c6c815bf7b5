import type { Change, ChangeTexts, DomainEvent, Job } from '@plinth/core'
import { anyVersion, type CommitOperation, type Field } from './database/operation.ts'
import { encodeRow, type StoredRow } from './row-codec.ts'

/** A change in the form of the writer's thread, and what stands in its rows once it is kept. */
export interface EncodedChange {
  readonly fields: CommitOperation
  /** Rows that weren't there before. */
  readonly inserted: readonly StoredRow[]
  /** Those that are changed, or removed: their keys, and what stands there afterwards where that is certain. */
  readonly changed: readonly { readonly key: string; readonly row: StoredRow | undefined }[]
  readonly events: readonly DomainEvent[]
  readonly jobs: readonly Job[]
}

export function encodeChange(change: Change, { keys, rows, emitted }: ChangeTexts, now: number): EncodedChange {
  const fields: Field[] = [now, 0, 0, 0, 0, 0, 0]
  const inserted: StoredRow[] = []
  const changed: EncodedChange['changed'][number][] = []
  const { writes, emit = [] } = change
  const count: [puts: number, deletes: number, checks: number, adds: number] = [0, 0, 0, 0]
  for (const [index, write] of writes.entries()) {
    if (!('put' in write)) continue
    count[0]++
    const ifVersion = versionNumber(write.ifVersion)
    const row = { ...encodeRow(fields, keys[index] ?? '', write.put, rows[index] ?? '', ifVersion), version: ifVersion + 1 }
    if (ifVersion === 0) inserted.push(row)
    else changed.push({ key: row.key, row: ifVersion === anyVersion ? undefined : row })
  }
  for (const [index, write] of writes.entries()) {
    if (!('delete' in write)) continue
    count[1]++
    const key = keys[index] ?? ''
    fields.push(key, versionNumber(write.ifVersion))
    changed.push({ key, row: undefined })
  }
  for (const [index, write] of writes.entries()) {
    if (!('check' in write)) continue
    count[2]++
    fields.push(keys[index] ?? '', versionNumber(write.ifVersion))
  }
  for (const [index, write] of writes.entries()) {
    if (!('add' in write)) continue
    count[3]++
    const key = keys[index] ?? ''
    fields.push(key, JSON.stringify(write.amounts), write.max ? JSON.stringify(write.max) : null, write.expires ?? null)
    changed.push({ key, row: undefined })
  }
  const events: DomainEvent[] = []
  for (const [index, entry] of emit.entries()) {
    if ('queue' in entry) continue
    events.push(entry)
    fields.push(entry.tenant, Math.floor(entry.time), entry.type, emitted[index] ?? '')
  }
  const jobs: Job[] = []
  for (const [index, entry] of emit.entries()) {
    if (!('queue' in entry)) continue
    jobs.push(entry)
    encodeJob(fields, entry, emitted[index] ?? '', now)
  }
  for (const [index, amount] of [...count, events.length, jobs.length].entries()) fields[index + 1] = amount
  return { fields, inserted, changed, events, jobs }
}

/** Appends a job. Those in the past are ready at once. */
export function encodeJob(fields: Field[], job: Job, text: string, now: number): void {
  const due = job.notBefore !== undefined && job.notBefore > now ? Math.ceil(job.notBefore) : 0
  fields.push(job.queue, job.lane, job.tenant, due, text)
}

function versionNumber(ifVersion: number | 'absent' | undefined): number {
  if (ifVersion === undefined) return anyVersion
  return ifVersion === 'absent' ? 0 : ifVersion
}
