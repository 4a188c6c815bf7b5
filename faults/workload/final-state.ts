/** What is there when everything has come to rest, for the checker. @module */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { getRequest, type Operator, type Scope } from '@plinth/core'

export interface FinalRequest {
  readonly request_id: string
  readonly tenant: string
  readonly status: string
  readonly round: number
  /** As the request counts them. */
  readonly attempts: number
  /** As its timeline shows them. */
  readonly starts: number
  /** What its sealed texts open to; undefined for none. */
  readonly prompt: string | undefined
  readonly result: string | undefined
}

export interface FinalEvent {
  readonly id: string
  readonly type: string
  readonly tenant: string
  readonly subject: string
  readonly sequence: number
}

/** What the platform itself says. */
export interface PlatformState {
  readonly requests: readonly FinalRequest[]
  readonly events: readonly FinalEvent[]
  /** The requests that have one. */
  readonly deadLetters: readonly string[]
  /** By tenant. */
  readonly backlogs: Readonly<Record<string, number>>
  /** Objects whose bytes are not those that were put. */
  readonly tornObjects: readonly string[]
}

/** What lies in the folder when nobody has it open. */
export interface FolderState {
  /** `PRAGMA integrity_check`. */
  readonly check: readonly string[]
  readonly jobs: number
  /** Every file, by its path in the folder. */
  readonly files: readonly string[]
}

export interface FinalState extends PlatformState, FolderState {
  /** Whether everything came to rest, or the time ran out. */
  readonly drained: boolean
}

const page = 1_000

export async function readPlatform(operator: Operator, scopes: ReadonlyMap<string, Scope>): Promise<PlatformState> {
  const state = {
    requests: [] as FinalRequest[],
    events: [] as FinalEvent[],
    deadLetters: [] as string[],
    tornObjects: [] as string[],
  }
  const backlogs: Record<string, number> = {}
  for (const [tenant, scope] of scopes) {
    for (const id of await idsOf(operator, tenant, 'requests')) state.requests.push(await readRequest(tenant, scope, id))
    state.deadLetters.push(...(await idsOf(operator, tenant, 'dead-letters')))
    state.events.push(...(await eventsOf(tenant, scope)))
    state.tornObjects.push(...(await tornObjects(operator, tenant)))
    const backlog = await operator.store.get({ tenant, collection: 'backlogs', partition: 'requests', sort: '@' })
    backlogs[tenant] = Number(backlog?.index.requests ?? 0)
  }
  return { ...state, backlogs }
}

/** The ids of a collection that is listed by time of creation. */
async function idsOf(operator: Operator, tenant: string, collection: 'requests' | 'dead-letters'): Promise<string[]> {
  const { items } = await operator.store.list({ tenant, collection, list: 0, group: 'all', limit: page })
  return items.map((row) => row.partition)
}

export async function eventsOf(tenant: string, scope: Scope): Promise<FinalEvent[]> {
  const events = await scope.state.events({ after: 0, limit: page })
  return events.map(({ id, type, subject, sequence }) => ({ id, type, tenant, subject, sequence }))
}

async function readRequest(tenant: string, scope: Scope, request_id: string): Promise<FinalRequest> {
  const record = await getRequest(scope, request_id)
  const { status, round, attempts, timeline } = record.fields
  const starts = timeline.filter((entry) => entry.type === 'started').length
  const texts = { prompt: await record.open('prompt'), result: await record.open('result') }
  return { request_id, tenant, status, round, attempts, starts, ...texts }
}

async function tornObjects(operator: Operator, tenant: string): Promise<string[]> {
  const { items } = await operator.objects.list({ tenant, limit: page })
  const torn: string[] = []
  for (const { name, sha256 } of items) {
    const content = await operator.objects.get({ tenant, name })
    if (!content || createHash('sha256').update(content).digest('hex') !== sha256) torn.push(`${tenant}/${name}`)
  }
  return torn
}

export function readFolder(directory: string): FolderState {
  // First: SQLite makes files of its own when it reads.
  const files = readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  const database = new DatabaseSync(join(directory, 'plinth.db'), { readOnly: true })
  const check = database
    .prepare('PRAGMA integrity_check')
    .all()
    .map((row) => String(Object.values(row)[0]))
  const jobs = countJobs(database)
  database.close()
  return { check, jobs, files }
}

/** Jobs that wait or are held back. */
export function countJobs(database: DatabaseSync): number {
  return Number(database.prepare('SELECT (SELECT COUNT(*) FROM ready) + (SELECT COUNT(*) FROM held) AS jobs').get()?.jobs)
}
