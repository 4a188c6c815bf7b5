import { execFileSync } from 'node:child_process'
import { copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { FinalState, TenantState } from '../../faults/server/final-state.ts'
import { findServerFaults } from '../../faults/server/findings/find.ts'
import { price } from '../../faults/server/findings/money.ts'
import type { ServerOutcome } from '../../faults/server/findings/outcome.ts'
import type { CallEnd, Entry } from '../../faults/server/ledger.ts'
import { tenants } from '../../faults/server/marks.ts'
import { expectedCounts } from '../../faults/server/records.ts'
import { tearLog } from '../../faults/server/tear-log.ts'
import type { ShownEvent, ShownRequest } from './support/api.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const begin = Date.UTC(2026, 0, 1)
const at = '2026-01-01T00:00:00.000Z'
const used = { input_tokens: 3, output_tokens: 5, usd: 3 * price.input + 5 * price.output }

/** What is seen and what is left when all went well: one process died, and alpha has one of each. */
function sound(): ServerOutcome {
  const ask = (call: number, mark: string, life = 1): Entry => ({ type: 'asked', call, life, mark, bytes: 90, most: 40 })
  const end = (call: number): Entry => ({ type: 'ended', call, end: 'answered', text: `Answer ${call}.`, input: 3, output: 5 })
  const tell = (id: string, kind: string, subject: string): Entry => ({
    ...{ type: 'told', life: 2, tenant: 'alpha', id, kind, subject },
  })
  const entries: Entry[] = [
    { type: 'begun', life: 1, how: 'random' },
    { type: 'request', tenant: 'alpha', key: 'alpha-r-1', id: 'r1' },
    { type: 'workflow', tenant: 'alpha', key: 'alpha-w-1', id: 'w1' },
    { type: 'document', tenant: 'alpha', key: 'alpha-d-1', id: 'd1' },
    { type: 'document', tenant: 'alpha', key: 'alpha-d-2', id: 'd2' },
    { type: 'deleted', tenant: 'alpha', id: 'd2' },
    { type: 'key', tenant: 'alpha', id: 'k1', key: 'secret' },
    { type: 'revoked', tenant: 'alpha', id: 'k1' },
    { type: 'records', tenant: 'alpha', batch: 0 },
    ...[ask(1, 'alpha-r-1'), end(1), ask(2, 'alpha-w-1-a'), end(2)],
    { type: 'seen', tenant: 'alpha', step: 'alpha-w-1-a' },
    { type: 'gone', life: 1, how: 'random' },
    { type: 'begun', life: 2, how: 'the end' },
    ...[tell('e2', 'genai.request.completed', 'r1'), tell('e3', 'genai.workflow.finished', 'w1')],
    tell('e5', 'genai.alert.opened', 'a1'),
  ]
  const event = (sequence: number, type: string, subject: string): ShownEvent => ({
    ...{ id: `e${sequence}`, source: 'genai.service', type, time: at, version: 1, correlation_id: 'c', tenant_id: 'alpha' },
    ...{ subject, sequence, detail: {} },
  })
  const request: ShownRequest = {
    ...{ request_id: 'r1', tenant_id: 'alpha', model_id: 'm', status: 'completed', error: null, attempts: 1 },
    result: { text: 'Answer 1.', stop_reason: 'end_turn', model_id: 'm' },
    usage: { ...used, latency_ms: 1 },
    timeline: [{ at, type: 'started' }],
    ...{ correlation_id: 'c', estimated_completion_at: at },
  }
  const empty: TenantState = {
    ...{ requests: [], workflows: [], documents: [], windows: [], alerts: [], events: [], keys: {}, foreign: [] },
    usage: {
      requests: { ...used, input_tokens: 0, output_tokens: 0, usd: 0 },
      others: { ...used, input_tokens: 0, output_tokens: 0, usd: 0 },
    },
    budget: { limit_usd: 1, taken_usd: 0 },
    audit: { valid: true, entries: 1, pending: 0 },
  }
  const alpha: TenantState = {
    ...empty,
    requests: [request],
    workflows: [
      { workflow_id: 'w1', status: 'completed', steps: { a: { status: 'completed', attempts: 1, result: 'Answer 2.' } } },
    ],
    documents: [{ document_id: 'd1', source: 'alpha-d-1.txt', status: 'processed', whole: true }],
    windows: [...expectedCounts('alpha', 1)].map(([place, count]) => {
      const [key = '', second] = place.split(' ')
      return { key, start: new Date(begin + Number(second) * 1_000).toISOString(), count }
    }),
    alerts: [{ alert_id: 'a1', key: 'alpha-k-0', alert_type: 'anomaly_detected', incident_id: 'i1' }],
    events: [
      event(1, 'genai.request.received', 'r1'),
      event(2, 'genai.request.completed', 'r1'),
      event(3, 'genai.workflow.finished', 'w1'),
      event(4, 'genai.document.processed', 'd1'),
      event(5, 'genai.alert.opened', 'a1'),
    ],
    keys: { k1: 401 },
    usage: { requests: used, others: used },
    budget: { limit_usd: 1, taken_usd: 2 * used.usd },
  }
  const state: FinalState = { tenants: { alpha, beta: empty, gamma: empty }, begin, check: ['ok'], jobs: [], drained: true }
  return { entries, state }
}

const found = (outcome: ServerOutcome): readonly string[] => [...findServerFaults(outcome).values()].flat()

type Doctor = (
  outcome: ServerOutcome,
  alpha: TenantState,
) => { readonly entries?: readonly Entry[]; readonly alpha?: Partial<TenantState>; readonly state?: Partial<FinalState> }

const more = ({ entries }: ServerOutcome, ...added: readonly Entry[]): { readonly entries: readonly Entry[] } => ({
  entries: [...entries, ...added],
})
const first = <Item>(items: readonly Item[], changed: Partial<Item>): readonly Item[] =>
  items.map((item, index) => (index === 0 ? { ...item, ...changed } : item))
const renumbered = (events: readonly ShownEvent[]): readonly ShownEvent[] =>
  events.map((event, index) => ({ ...event, sequence: index + 1 }))

const doctored: readonly (readonly [what: string, doctor: Doctor, fault: RegExp])[] = [
  [
    'a request that is lost',
    (_, { events }) => ({ alpha: { requests: [], events: renumbered(events.slice(2)) } }),
    /r1 was accepted and is lost/,
  ],
  [
    'a request that never ends',
    (_, { requests }) => ({ alpha: { requests: first(requests, { status: 'processing' }) } }),
    /r1 is processing/,
  ],
  [
    'two closing events',
    (_, { events }) => ({
      alpha: { events: renumbered([...events.slice(0, 2), { ...(events[1] as ShownEvent), id: 'e9' }, ...events.slice(2)]) },
    }),
    /r1 has 2 closing events/,
  ],
  [
    'a gap in the log',
    (_, { events }) => ({ alpha: { events: events.filter(({ sequence }) => sequence !== 4) } }),
    /has the sequence 5 in place 4/,
  ],
  [
    "another request's answer",
    (_, { requests }) => ({
      alpha: { requests: first(requests, { result: { text: 'Answer 2.', stop_reason: 'end_turn', model_id: 'm' } }) },
    }),
    /r1 has an answer that the model never gave it/,
  ],
  [
    'a failure without a cause',
    (_, { requests, events }) => ({
      alpha: {
        requests: first(requests, { status: 'failed' }),
        events: first(events.slice(1), { type: 'genai.request.failed' }),
      },
    }),
    /r1 failed without a cause/,
  ],
  [
    'a cancellation that nobody asked for',
    (_, { requests }) => ({ alpha: { requests: first(requests, { status: 'cancelled' }) } }),
    /r1 is cancelled, which nobody asked for/,
  ],
  [
    'a refusal that was none',
    (outcome) => more(outcome, { type: 'refused', tenant: 'alpha', key: 'alpha-r-1' }),
    /r1 was refused and is there/,
  ],
  ['a workflow that is lost', () => ({ alpha: { workflows: [] } }), /w1 was accepted and is lost/],
  [
    'a workflow that never ends',
    (_, { workflows }) => ({ alpha: { workflows: first(workflows, { status: 'running' }) } }),
    /w1 is running/,
  ],
  [
    'a workflow without its event',
    (_, { events }) => ({ alpha: { events: renumbered(events.filter(({ subject }) => subject !== 'w1')) } }),
    /w1 has 0 closing events/,
  ],
  [
    'a finished step that is done again',
    (outcome) => more(outcome, { type: 'asked', call: 9, life: 2, mark: 'alpha-w-1-a', bytes: 90, most: 40 }),
    /alpha-w-1-a was completed, and the model was asked for it again/,
  ],
  [
    'a step that nobody did',
    ({ entries }) => ({ entries: entries.filter((entry) => !(entry.type === 'asked' && entry.call === 2)) }),
    /step a of w1 ended, and the model was never asked/,
  ],
  ['a document that is lost', () => ({ alpha: { documents: [] } }), /document d1 was accepted and is there 0 times/],
  [
    'a document that comes back',
    (_, { documents }) => ({
      alpha: { documents: [...documents, { document_id: 'd2', source: 'alpha-d-2.txt', status: 'processed', whole: true }] },
    }),
    /document d2 was deleted and is there/,
  ],
  [
    'a torn document',
    (_, { documents }) => ({ alpha: { documents: first(documents, { whole: false }) } }),
    /document d1 has a text that nobody sent/,
  ],
  [
    'a document that is never read',
    (_, { documents }) => ({ alpha: { documents: first(documents, { status: 'processing' }) } }),
    /document d1 is processing/,
  ],
  [
    'a document that is given up without having killed anything',
    (_, { documents }) => ({ alpha: { documents: first(documents, { status: 'failed', error: { code: 'document_gave_up' } }) } }),
    /document d1 is failed/,
  ],
  ['a revoked key that works', () => ({ alpha: { keys: { k1: 200 } } }), /virtual key k1 is answered 200 instead of 401/],
  [
    'a window that counts a record twice',
    (_, { windows }) => ({ alpha: { windows: first(windows, { count: 21 }) } }),
    /counts 21 records of 20/,
  ],
  ['a window that is missing', (_, { windows }) => ({ alpha: { windows: windows.slice(1) } }), /is there 0 times/],
  [
    'an alert twice',
    (_, { alerts }) => ({ alpha: { alerts: [...alerts, ...first(alerts, { alert_id: 'a2' })] } }),
    /2 alerts for anomaly_detected of alpha-k-0 in i1/,
  ],
  [
    'an alert that was opened twice',
    (_, { events }) => ({ alpha: { events: [...events, { ...(events[4] as ShownEvent), id: 'e6', sequence: 6 }] } }),
    /of alert a1 was told: opened, opened/,
  ],
  [
    'a receiver that is told twice by one process',
    (outcome) => more(outcome, { type: 'told', life: 2, tenant: 'alpha', id: 'e5', kind: 'genai.alert.opened', subject: 'a1' }),
    /event e5 was told 2 times by process 2/,
  ],
  [
    'a receiver that is never told',
    ({ entries }) => ({ entries: entries.filter((entry) => !(entry.type === 'told' && entry.id === 'e5')) }),
    /event e5 .* was never told/,
  ],
  [
    'an event from nowhere',
    (outcome) => more(outcome, { type: 'told', life: 2, tenant: 'alpha', id: 'e7', kind: 'x', subject: 'y' }),
    /event e7 was told and is not in the log/,
  ],
  [
    'a call that is counted twice',
    (_, { budget }) => ({
      alpha: {
        usage: { requests: { input_tokens: 6, output_tokens: 10, usd: 2 * used.usd }, others: used },
        budget: { ...budget, taken_usd: 3 * used.usd },
      },
    }),
    /tokens of output of requests: 10 are counted, and the model counts 5 to 5/,
  ],
  [
    'a call that nobody counted',
    (_, { budget }) => ({
      alpha: {
        usage: { requests: used, others: { input_tokens: 0, output_tokens: 0, usd: 0 } },
        budget: { ...budget, taken_usd: used.usd },
      },
    }),
    /tokens of output of all else: 0 are counted/,
  ],
  [
    'a reservation that stays',
    (_, { budget }) => ({ alpha: { budget: { ...budget, taken_usd: 0.5 } } }),
    /0.5 USD of the budget are taken/,
  ],
  [
    'more spent than there is',
    (_, { budget }) => ({ alpha: { budget: { ...budget, limit_usd: 1e-6 } } }),
    /are spent of 0.000001/,
  ],
  [
    'a call for nobody',
    (outcome) => more(outcome, { type: 'asked', call: 9, life: 2, mark: 'nobody-other-1', bytes: 9, most: 1 }),
    /1 calls of the model belong to nobody/,
  ],
  [
    'a broken audit trail',
    () => ({ alpha: { audit: { valid: false, entries: 1, pending: 0 } } }),
    /alpha: the audit trail does not verify/,
  ],
  [
    'words of another tenant',
    () => ({ alpha: { foreign: ['words of beta among its requests'] } }),
    /alpha was shown words of beta/,
  ],
  ['a damaged file', () => ({ state: { check: ['row 1 missing'] } }), /the file is damaged: row 1 missing/],
  ['a job that is left', () => ({ state: { jobs: ['{"queue":"x"}'] } }), /a job is left/],
  ['what never came to rest', () => ({ state: { drained: false } }), /it did not come to rest in time/],
  [
    'an answer that should never be seen',
    (outcome) => more(outcome, { type: 'odd', words: 'GET / answered 500' }),
    /GET \/ answered 500/,
  ],
]

describe('what the bench of a real server compares', () => {
  it('finds nothing where all went well [R12, R19]', () => {
    expect(found(sound())).toEqual([])
    expect(Object.keys(sound().state.tenants)).toEqual([...tenants])
  })

  it('bears a document that is given up, since three processes died while it was read', () => {
    const { entries, state } = sound()
    const deaths = [2, 3].map((life): Entry => ({ type: 'gone', life, how: 'random' }))
    const { alpha } = state.tenants
    const given = {
      documents: first(alpha.documents, { status: 'failed', error: { code: 'document_gave_up' }, whole: false }),
      events: alpha.events.map((event) => (event.subject === 'd1' ? { ...event, type: 'genai.document.failed' } : event)),
    }
    const tenantStates = { ...state.tenants, alpha: { ...alpha, ...given } }
    expect(found({ entries: [...entries, ...deaths], state: { ...state, tenants: tenantStates } })).toEqual([])
  })

  it('bears an alert that is opened once more after it was told as over', () => {
    const { entries, state } = sound()
    const { alpha } = state.tenants
    const [again] = alpha.events.slice(4)
    const events = ['recovered', 'opened'].map((what, at) => ({
      ...(again as ShownEvent),
      ...{ id: `e${6 + at}`, sequence: 6 + at, type: `genai.alert.${what}` },
    }))
    const told: Entry = { type: 'told', life: 2, tenant: 'alpha', id: 'e7', kind: 'genai.alert.opened', subject: 'a1' }
    const tenantStates = { ...state.tenants, alpha: { ...alpha, events: [...alpha.events, ...events] } }
    expect(found({ entries: [...entries, told], state: { ...state, tenants: tenantStates } })).toEqual([])
  })

  it('bears a request that fails in the end, and whose one answer died with a process; no answer of the last process', () => {
    const { entries, state } = sound()
    const { alpha } = state.tenants
    const given = {
      requests: first(alpha.requests, { status: 'failed', result: null, usage: null }),
      events: alpha.events.map((event) => (event.sequence === 2 ? { ...event, type: 'genai.request.failed' } : event)),
      usage: { requests: { input_tokens: 0, output_tokens: 0, usd: 0 }, others: used },
      budget: { ...alpha.budget, taken_usd: used.usd },
    }
    const ended = { ...state, tenants: { ...state.tenants, alpha: { ...alpha, ...given } } }
    const ask = (life: number, end: CallEnd): Entry[] => [
      { type: 'asked', call: 9, life, mark: 'alpha-r-1', bytes: 90, most: 40 },
      { type: 'ended', call: 9, end, input: 3, output: 5 },
    ]
    expect(found({ entries: [...entries, ...ask(2, 'reset')], state: ended })).toEqual([])
    expect(found({ entries: [...entries, ...ask(2, 'answered')], state: ended }).join()).toMatch(/requests: 0 are counted/)
  })

  it.each(doctored)('finds %s', (_, doctor, fault) => {
    const outcome = sound()
    const { entries = outcome.entries, alpha = {}, state = {} } = doctor(outcome, outcome.state.tenants.alpha)
    const changed = {
      ...outcome.state,
      ...state,
      tenants: { ...outcome.state.tenants, alpha: { ...outcome.state.tenants.alpha, ...alpha } },
    }
    expect(found({ entries, state: changed }).some((words) => fault.test(words))).toBe(true)
  })
})

describe('what is done to a server', () => {
  it('tears a page behind the last one of the log, and nothing that was committed', () => {
    const folder = temporaryFolder()
    const [path, copy] = [join(folder, 'live.db'), join(folder, 'copy.db')]
    const live = new DatabaseSync(path)
    live.exec('PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)')
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix)
    live.close()
    const before = statSync(`${copy}-wal`).size
    expect(tearLog(`${copy}-wal`)).toBe(true)
    expect(statSync(`${copy}-wal`).size).toBeGreaterThan(before)
    const torn = new DatabaseSync(copy)
    expect(torn.prepare('SELECT count(*) AS rows FROM t').get()).toMatchObject({ rows: 2 })
    expect(torn.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' })
    torn.close()
    expect(tearLog(join(folder, 'none-wal'))).toBe(false)
  })

  it('sets its clock off in every thread, from one moment on', () => {
    const program = join(temporaryFolder(), 'program.mjs')
    writeFileSync(
      program,
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
       const show = (times) => console.log(JSON.stringify([Date.now(), ...times]))
       if (isMainThread) new Worker(new URL(import.meta.url)).on('message', show)
       else parentPort.postMessage([Date.now(), new Date().getTime(), new Date(5).getTime()])`,
    )
    const timesWith = (clock: string): readonly number[] =>
      JSON.parse(
        execFileSync(process.execPath, [program], {
          encoding: 'utf8',
          env: {
            ...process.env,
            FAULTS_CLOCK: clock,
            NODE_OPTIONS: `--import=${new URL('../../faults/server/clock.ts', import.meta.url).href}`,
          },
        }),
      )
    const hour = 3_600_000
    const [least, most] = [Date.now() + hour, Date.now() + 2 * hour]
    const shifted = timesWith(`0,${hour}`)
    expect(shifted[3]).toBe(5)
    for (const time of shifted.slice(0, 3)) {
      expect(time).toBeGreaterThanOrEqual(least)
      expect(time).toBeLessThan(most)
    }
    for (const time of timesWith(`${most},${hour}`).slice(0, 3)) expect(time).toBeLessThan(least)
  })
})
