import type { Finding } from '../../../src/analytics/finding.ts'
import type { Insight } from '../../../src/analytics/insight.ts'
import { listInsights } from '../../../src/analytics/insights.ts'
import { tickForm, triageForm, triageJobName } from '../../../src/analytics/job-forms.ts'
import { getStream, setUpStream } from '../../../src/analytics/set-up-stream.ts'
import { noCounts, type ShardHeadFields, shardSort, streamShards } from '../../../src/analytics/shards/shard-head.ts'
import { tickJobName } from '../../../src/analytics/shards/shard-jobs.ts'
import type { TriageSources } from '../../../src/analytics/tick/read-ahead.ts'
import { tickWith } from '../../../src/analytics/tick-stream.ts'
import { triageIncidents } from '../../../src/analytics/triage-incidents.ts'
import type { WindowResult } from '../../../src/analytics/windows/window.ts'
import { PlinthError } from '../../../src/errors.ts'
import type { Job, Outcome } from '../../../src/ports/queue.ts'
import type { StoredEvent } from '../../../src/ports/state-store.ts'
import { mintCaller } from '../../../src/scope/caller.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import { replace } from '../../../src/scope/state.ts'
import { newTenant, type TenantSettings } from '../../../src/tenancy/tenant.ts'
import {
  type HostileOptions,
  type MemoryPlatform,
  memoryPlatform,
  type Script,
  type ScriptedModels,
  scriptedModels,
} from '../../../src/testing/index.ts'

/** The triage of one stream, worked by hand over rows in memory: what it commits is delivered as often as a test likes. */
export class TriageBench {
  readonly memory: MemoryPlatform
  readonly models: ScriptedModels
  readonly stream = 'plant'
  readonly rows = new Map<number, { place: string; findings: Finding[] }[]>()
  readonly windows = new Map<number, { place: string; results: WindowResult[] }[]>()
  settings: Partial<TenantSettings> = {}

  private constructor(script: Script) {
    this.models = scriptedModels(script)
    this.memory = memoryPlatform({ models: this.models })
  }

  static async open(script: Script = () => 'nothing', shards = 2): Promise<TriageBench> {
    const bench = new TriageBench(script)
    await setUpStream(bench.scope(), bench.stream, { shards })
    return bench
  }

  hostile(options: Partial<HostileOptions>): void {
    this.memory.hostile.set(options)
  }

  scope(): Scope {
    const settings = { ...newTenant('alpha', 'Alpha', 0), ...this.settings }
    return this.memory.platform.scope(mintCaller({ settings, user: 'worker', permissions: new Set(), correlationId: 'c' }))
  }

  /** As a shard tells of findings: one row. */
  tell(findings: readonly Finding[], shard = 0): void {
    const rows = this.rows.get(shard) ?? []
    this.rows.set(shard, [...rows, { place: String(rows.length).padStart(6, '0'), findings: [...findings] }])
  }

  /** As a shard tells of windows that closed: one row. */
  close(results: readonly WindowResult[]): void {
    const rows = this.windows.get(0) ?? []
    this.windows.set(0, [...rows, { place: `${String(rows.length).padStart(6, '0')} 0000`, results: [...results] }])
  }

  /** The sequence through which windows were told. */
  get windowPlace(): string {
    return (this.windows.get(0)?.at(-1)?.place ?? '').split(' ')[0] ?? ''
  }

  /** As the first shard's head says it: what is told, and the time that it has reached. */
  async reach(told: string, watermark = 0): Promise<void> {
    const place = { partition: this.stream, sort: shardSort(0) }
    const created = (await getStream(this.scope(), this.stream)).fields.created
    const facts = { ...{ stream: this.stream, shard: 0, created, writer: '', told, kept: '', watermark }, ...noCounts }
    const head: ShardHeadFields = { ...facts, newest: watermark, accepted: watermark, metrics: {} as never }
    await this.scope().state.commit({ writes: [replace(streamShards, place, head)] })
  }

  get #sources(): TriageSources {
    const behind = <Held extends { place: string }>(held: ReadonlyMap<number, readonly Held[]>) =>
      async function* (_scope: unknown, _stream: string, shard: number, after: string): AsyncGenerator<Held> {
        for (const row of held.get(shard) ?? []) if (row.place > after) yield structuredClone(row)
      }
    return { findings: behind(this.rows), windows: behind(this.windows) }
  }

  tick(): Promise<Outcome> {
    return this.deliver({ name: tickJobName.name, body: { stream: this.stream } })
  }

  /** One delivery of a job. */
  deliver({ name, body }: { readonly name: string; readonly body: object }): Promise<Outcome> {
    const context = { lease: { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} } } as never
    if (name === triageJobName.name) return triageIncidents(this.scope(), triageForm.parse(body), context)
    return tickWith(this.#sources)(this.scope(), tickForm.parse(body), context)
  }

  /** Jobs that were emitted and aren't done, in their order. */
  async jobs(): Promise<readonly (Job & { readonly position: string })[]> {
    const pending = await this.memory.inner.state.operations.pending(1_000)
    return pending.flatMap(({ position, entry }) => ('queue' in entry ? [{ ...entry, position }] : []))
  }

  /** Delivers all jobs that are due until nothing is left to do now; a fault is tried again, as the host does it. */
  async work(most = 500): Promise<void> {
    const { clock, inner } = this.memory
    for (let turn = 0; turn < most; turn++) {
      const due = (await this.jobs()).find(({ notBefore = 0 }) => notBefore <= clock.now())
      if (!due) return
      const outcome = await this.#inTime(this.deliver({ name: due.queue, body: due.body }))
      if ('done' in outcome) await inner.state.operations.settle([due.position])
      else if ('retryAt' in outcome && outcome.retryAt > clock.now()) clock.jump(outcome.retryAt)
    }
    throw new Error('There is no end to it.')
  }

  /** Lets time pass where a delivery waits for it. */
  async #inTime(delivery: Promise<Outcome>): Promise<Outcome> {
    let isOver = false
    const watched = delivery
      .catch((error: unknown): Outcome => {
        if (!PlinthError.is(error)) throw error
        return { retryAt: 0 }
      })
      .finally(() => {
        isOver = true
      })
    for (let turn = 0; !isOver; turn++) await this.memory.clock.advance(turn < 40 ? 0 : 1_000)
    return watched
  }

  async pass(milliseconds: number): Promise<void> {
    this.memory.clock.jump(this.memory.clock.now() + milliseconds)
    await this.work()
  }

  /** All that are kept, by key. */
  async insights(): Promise<readonly Insight[]> {
    const { items } = await listInsights(this.scope(), { stream: this.stream, limit: 1_000 })
    return items.toSorted((one, other) => one.key.localeCompare(other.key))
  }

  events(type: string): Promise<readonly StoredEvent[]> {
    return this.scope().state.events({ after: 0, limit: 1_000, type })
  }
}
