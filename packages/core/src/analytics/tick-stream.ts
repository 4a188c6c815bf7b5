import { type JobContext, type JobToEmit, startJob } from '../define/job.ts'
import { ConflictError, PlinthError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Scope, Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, update } from '../scope/state.ts'
import { recordAlertsOpened } from '../telemetry.ts'
import { openedIn } from './alerts/events.ts'
import { changeAlerts } from './alerts/raise-alerts.ts'
import { hasWindowRules } from './alerts/window-rules.ts'
import { hasModelToAsk } from './analysis/escalation.ts'
import { OpenIncidents } from './incidents/open-incidents.ts'
import { triageJobName } from './job-forms.ts'
import { findStream } from './set-up-stream.ts'
import { readHeads, type ShardHeadFields } from './shards/shard-head.ts'
import { type TickBody, tickJobName } from './shards/shard-jobs.ts'
import { getTriage, newTriage, streamTriage, type TriageFields, type TriageRecord } from './stream-triage.ts'
import type { StreamFields } from './streams.ts'
import { placeFindings, type TriageChange } from './tick/place-findings.ts'
import { type Item, nextFindings, nextWindowFindings, type TriageSources, withoutWindows } from './tick/read-ahead.ts'

/** Items read at a time. */
const mostItems = 500
/** Of one commit: room is left for the triage's own rows. */
const mostWrites = 84
const mostEmitted = 9
/** Incidents whose end is told with one commit: an alert of each type is a row and an event. */
const mostEndings = 20
/** Incidents asked about in one call, and how long the first of them waits for others, milliseconds. */
const mostAsked = 5
const patience = 3_000
/** A wake that is so near may have come already, by the clock of another process. */
const slack = 1_500
/** Somebody else ticks this stream: it may have read before what this tick is for, so that it is looked at again. */
const conflictPause = 50

/**
 * Goes on with the triage of a stream: reads what its shards found, groups it into incidents, keeps insights, raises alerts, ends incidents
 * that are quiet, and hands those that are worth it to a model. Every effect is committed with the position that it comes from, so that it
 * happens once, however often and by however many this is done.
 */
export function tickWith(sources: TriageSources): (scope: Scope, body: TickBody, context: JobContext) => Promise<Outcome> {
  return async (scope, { stream: name }, { lease }) => {
    const stream = (await findStream(scope, name))?.fields
    if (!stream) return { done: true }
    try {
      const isDone = await tick(scope, stream, sources, lease.signal)
      return isDone ? { done: true } : { retryAt: scope.clock.now() }
    } catch (error) {
      if (!PlinthError.is(error) || !error.retryable) throw error
      const pause = error instanceof ConflictError ? conflictPause : 1_000
      return { retryAt: scope.clock.now() + pause * (1 + scope.clock.random()) }
    }
  }
}

/**
 * The same at once, for whoever waits for what comes of it.
 * @param pause before it is tried again, where somebody else was at it.
 */
export async function tickUntilDone(
  scope: Uses<'state' | 'models'>,
  stream: StreamFields,
  sources: TriageSources,
  pause: () => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      if (await tick(scope, stream, sources)) return
    } catch (error) {
      if (!PlinthError.is(error) || !error.retryable) throw error
      await pause()
    }
  }
}

/** @returns whether nothing is left to do now. */
async function tick(
  scope: Uses<'state' | 'models'>,
  stream: StreamFields,
  sources: TriageSources,
  signal?: AbortSignal,
): Promise<boolean> {
  const ledger = await TriageLedger.open(scope, stream)
  const asks = hasModelToAsk(scope)
  // Before findings are read: all that shards have told by now is read, so that nothing of this time is still to come.
  const heads = await readHeads(scope, stream)
  const judges = await hasWindowRules(scope, stream.name)
  if (!judges) ledger.fields = { ...ledger.fields, positions: withoutWindows(ledger.fields.positions) }
  const positions = (): TriageFields['positions'] => ledger.fields.positions
  const reads = [
    () => nextFindings(scope, sources, stream, positions(), mostItems),
    ...(judges ? [() => nextWindowFindings(scope, sources, stream, positions(), mostItems, heads)] : []),
  ]
  for (const next of reads) {
    for (let items = await next(); items.length > 0; items = await next())
      if (!(await ledger.place(items, asks, signal))) return false
  }
  const incidents = OpenIncidents.unpack(stream.name, ledger.fields)
  const quiet = incidents.endQuiet(scope.clock.now(), reachedBy(heads)).map(({ id }) => id)
  if (quiet.length > 0)
    await ledger.commit({
      fields: { ...ledger.fields, ...incidents.pack(), ending: [...ledger.fields.ending, ...quiet] },
      ...{ writes: [], emit: [] },
    })
  while (ledger.hasMore && !signal?.aborted) await ledger.tellEndings()
  if (!ledger.hasMore) await ledger.wakeLater()
  return !ledger.hasMore
}

/** Event time that all shards which have begun have reached. */
function reachedBy(heads: readonly ShardHeadFields[]): number | undefined {
  const times = heads.flatMap(({ watermark }) => (watermark > 0 ? [watermark] : []))
  return times.length === 0 ? undefined : Math.min(...times)
}

/** A stream's triage row as this process knows it. What was changed by somebody else since makes each commit fail with ConflictError. */
class TriageLedger {
  readonly #scope: Uses<'state'>
  readonly #stream: StreamFields
  #record: TriageRecord | undefined
  #size = 16
  fields: TriageFields

  private constructor(scope: Uses<'state'>, stream: StreamFields, record: TriageRecord | undefined) {
    this.#scope = scope
    this.#stream = stream
    this.#record = record
    const isOwn = record?.fields.created === stream.created
    this.fields = record && isOwn ? record.fields : newTriage(stream.name, stream.created)
  }

  static async open(scope: Uses<'state'>, stream: StreamFields): Promise<TriageLedger> {
    return new TriageLedger(scope, stream, await getTriage(scope, stream.name))
  }

  /** Whether a commit is to follow at once. */
  get hasMore(): boolean {
    const { ending, untold } = this.fields
    return ending.length > 0 || untold.length > 0 || this.#dueCalls().length > 0
  }

  /** Takes findings in, as many with one commit as it holds. @returns whether all were. */
  async place(items: readonly Item[], asks: boolean, signal: AbortSignal | undefined): Promise<boolean> {
    for (let from = 0; from < items.length; ) {
      if (signal?.aborted) return false
      if (this.hasMore) await this.tellEndings()
      const some = items.slice(from, from + this.#size)
      const change = await placeFindings(this.#scope, this.#stream, this.fields, some, asks)
      if (change.writes.length > mostWrites && some.length > 1) {
        this.#size = Math.ceil(some.length / 2)
        continue
      }
      await this.commit(change)
      from += some.length
      this.#size = Math.min(mostItems, this.#size * 2)
    }
    return true
  }

  /** Tells of some incidents that they are over, and whatever else is left of earlier commits. */
  async tellEndings(): Promise<void> {
    const ended = this.fields.ending.slice(0, mostEndings)
    const alerts = await changeAlerts(this.#scope, { recover: ended })
    await this.commit({ fields: { ...this.fields, ending: this.fields.ending.slice(ended.length) }, ...alerts })
  }

  /** Has a tick come when an incident may be over, or those that wait for a model have waited. */
  async wakeLater(): Promise<void> {
    if (this.#wakeFor(this.fields) !== undefined) await this.commit({ fields: this.fields, writes: [], emit: [] })
  }

  async commit({ fields, writes, emit }: TriageChange): Promise<void> {
    const wake = this.#wakeFor(fields)
    const calls = this.#dueCalls(fields.waiting)
    const untold = [...fields.untold, ...emit]
    const jobs = [...calls.slice(0, 1).map((ids) => this.#callJob(ids)), ...(wake === undefined ? [] : [this.#tickJob(wake)])]
    const room = mostEmitted - jobs.length
    const asked = new Set(calls[0])
    const kept: TriageFields = {
      ...fields,
      untold: untold.slice(room),
      waiting: fields.waiting.filter(({ incident }) => !asked.has(incident)),
      ...(wake === undefined ? {} : { wakes: wake }),
    }
    const own: RecordWrite = this.#record
      ? update(streamTriage, this.#record, kept)
      : insert(streamTriage, { partition: this.#stream.name }, kept)
    const told = untold.slice(0, room)
    const [stored] = await this.#scope.state.commit({ writes: [own, ...writes], emit: [...told, ...jobs] })
    recordAlertsOpened(openedIn(told))
    this.#record = stored as TriageRecord
    this.fields = kept
  }

  /** Calls of the model that are due: of several incidents each, where they came within some seconds. */
  #dueCalls(waiting: TriageFields['waiting'] = this.fields.waiting): readonly (readonly string[])[] {
    const now = this.#scope.clock.now()
    const calls: string[][] = []
    for (let from = 0; from < waiting.length; from += mostAsked) {
      const some = waiting.slice(from, from + mostAsked)
      if (some.length === mostAsked || some.some(({ since }) => now - since >= patience))
        calls.push(some.map(({ incident }) => incident))
    }
    return calls
  }

  /** When a tick is to come by itself; undefined: one comes in time, or none is needed. */
  #wakeFor({ open, opened, waiting, wakes }: TriageFields): number | undefined {
    const now = this.#scope.clock.now()
    const ends = OpenIncidents.unpack(this.#stream.name, { open, opened }).nextEnd
    const due = waiting.map(({ since }) => since + patience)
    const times = [...due, ...(ends === undefined ? [] : [ends])]
    if (times.length === 0) return undefined
    const wake = Math.max(now, Math.min(...times))
    return wakes > now + slack && wakes <= wake + slack ? undefined : wake
  }

  #callJob(incidents: readonly string[]): JobToEmit {
    const id = uuid(this.#scope.clock)
    return startJob(triageJobName, { id, body: { stream: this.#stream.name, call_id: id, incidents } })
  }

  #tickJob(notBefore: number): JobToEmit {
    return startJob(tickJobName, { id: uuid(this.#scope.clock), notBefore, body: { stream: this.#stream.name } })
  }
}
