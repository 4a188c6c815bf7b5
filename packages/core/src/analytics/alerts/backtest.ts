import { everyItem } from '../../every-item.ts'
import type { JsonObject } from '../../json.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Insight } from '../insight.ts'
import { listInsights } from '../insights.ts'
import { getStream } from '../set-up-stream.ts'
import { streams, streamsPartition } from '../streams.ts'
import { listWindows } from '../windows/list-windows.ts'
import type { WindowResult } from '../windows/window.ts'
import { type Firing, foldFirings, type WouldBeAlert } from './fold-firings.ts'
import { judgeInsight } from './judge-insight.ts'
import { activeRules } from './keep-rules.ts'
import { RecordRules, type RuleState } from './record-rules.ts'
import type { AlertRule } from './rules.ts'
import { findInWindows, type Runs } from './window-rules.ts'

export interface BacktestRequest {
  /** Absent: those that are built in and those of the user's that are enabled. */
  readonly rules?: readonly AlertRule[] | undefined
  /** Absent: all. */
  readonly stream?: string | undefined
  /** By the time of the records, milliseconds UTC. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface BacktestResult {
  /** The newest first; at most {@link backtestLimits}`.alerts`. */
  readonly alerts: readonly WouldBeAlert[]
  readonly counts: readonly {
    readonly rule_id: string
    readonly alert_type: string
    readonly fired: number
    readonly alerts: number
  }[]
  readonly read: { readonly insights: number; readonly windows: number }
  /** There was more to read: what is told is of the newest. */
  readonly cut: boolean
  /** What it can't tell. */
  readonly notes: readonly string[]
}

export const backtestLimits: { readonly insights: number; readonly windows: number; readonly alerts: number } = {
  insights: 2_000,
  windows: 10_000,
  alerts: 100,
}
const pageSize = 500
const recordNote =
  'Records are not kept: rules on records were judged by the records of insights alone, and fire on others, too; with for_seconds they need each one.'

/**
 * What rules would have raised, over what is stored: rules on insights by the insights, rules on windows by the windows. Records aren't
 * kept, so rules on records are judged by the data points of insights: they may have fired on others, too. Changes nothing.
 * @throws NotFoundError for the stream.
 */
export async function backtest(scope: Uses<'state'>, request: BacktestRequest): Promise<BacktestResult> {
  const rules = (request.rules ?? (await activeRules(scope))).filter((rule) => rule.enabled)
  const names = await streamNames(scope, request.stream)
  const firings: Firing[] = []
  const read = { insights: 0, windows: 0 }
  let cut = false
  for (const stream of names) {
    const insights = await readBack(
      everyItem((page) => listInsights(scope, { stream, limit: pageSize, ...page })),
      request,
      { most: backtestLimits.insights - read.insights, timeOf: ({ timestamp }: Insight) => timestamp },
    )
    read.insights += insights.read
    cut ||= insights.cut
    firings.push(...inInsights(rules, stream, insights.items))
    if (!rules.some((rule) => rule.on === 'window' && (rule.stream ?? stream) === stream)) continue
    const windows = await readBack(
      everyItem(async (page) => {
        const { items, next_cursor } = await listWindows(scope, { stream, ...within(request), limit: pageSize, ...page })
        return next_cursor === null ? { items } : { items, after: next_cursor }
      }),
      request,
      { most: backtestLimits.windows - read.windows, timeOf: ({ end }: WindowResult) => end },
    )
    read.windows += windows.read
    cut ||= windows.cut
    firings.push(...inWindows(rules, stream, windows.items, scope.clock.now()))
  }
  const alerts = foldFirings(firings)
  return {
    alerts: alerts.toSorted((one, other) => other.timestamp - one.timestamp).slice(0, backtestLimits.alerts),
    counts: rules.map(({ rule_id, alert_type }) => ({
      rule_id,
      alert_type,
      fired: firings.filter((firing) => firing.rule.rule_id === rule_id).length,
      alerts: alerts.filter((alert) => alert.rule_ids.includes(rule_id)).length,
    })),
    read,
    cut,
    notes: rules.some((rule) => rule.on === 'record') ? [recordNote] : [],
  }
}

async function streamNames(scope: Uses<'state'>, stream: string | undefined): Promise<readonly string[]> {
  if (stream !== undefined) return [(await getStream(scope, stream)).fields.name]
  const names: string[] = []
  for await (const { fields } of scope.state.read(streams, streamsPartition)) names.push(fields.name)
  return names
}

/** The newest of a list, of which so many are read at most, within the times asked for, the oldest first. */
async function readBack<Item>(
  newestFirst: AsyncIterable<Item>,
  { from = 0, to = Number.POSITIVE_INFINITY }: BacktestRequest,
  { most, timeOf }: { readonly most: number; readonly timeOf: (item: Item) => number },
): Promise<{ readonly items: readonly Item[]; readonly read: number; readonly cut: boolean }> {
  const items: Item[] = []
  let cut = false
  for await (const item of newestFirst) {
    cut = items.length === most
    if (cut || timeOf(item) < from) break
    items.push(item)
  }
  const wanted = items.filter((item) => timeOf(item) <= to).toSorted((one, other) => timeOf(one) - timeOf(other))
  return { items: wanted, read: items.length, cut }
}

function within({ from, to }: BacktestRequest): { readonly from?: number; readonly to?: number } {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

function inInsights(rules: readonly AlertRule[], stream: string, insights: readonly Insight[]): Firing[] {
  const onInsights = rules.filter((rule) => rule.on === 'insight')
  const ofRecords = rules.filter((rule) => rule.on === 'record' && (rule.stream ?? stream) === stream)
  const byId = new Map(rules.map((rule) => [rule.rule_id, rule]))
  const recordRules = new RecordRules(ofRecords)
  const states = new Map<string, RuleState>()
  return insights.flatMap((insight) => {
    const { key, timestamp, data_point, analysis, evidence } = insight
    const state = states.get(key) ?? {}
    states.set(key, state)
    const about = { stream, key, time: timestamp, data: data_point }
    const verdicts = onInsights.flatMap((rule) => judgeInsight([rule], insight))
    return [
      ...verdicts.map(({ rule_id, severity }) => ({
        ...about,
        rule: byId.get(rule_id) as AlertRule,
        severity,
        incident: evidence.incident_id,
        analysis,
      })),
      // Of a silence there is no record.
      ...(evidence.finding.kind === 'silence' ? [] : recordRules.check(key, data_point, timestamp, state)).map(({ rule: id }) => {
        const rule = byId.get(id) as AlertRule
        return { ...about, rule, severity: rule.severity ?? analysis.risk_level, analysis }
      }),
    ]
  })
}

function inWindows(rules: readonly AlertRule[], stream: string, windows: readonly WindowResult[], now: number): Firing[] {
  const onWindows = rules.filter((rule) => rule.on === 'window' && (rule.stream ?? stream) === stream)
  const byId = new Map(onWindows.map((rule) => [rule.rule_id, rule]))
  const runs: Runs = new Map()
  return findInWindows(onWindows, stream, windows, runs, now).map(({ key, timestamp, data_point, rule: id = '' }) => {
    const rule = byId.get(id) as AlertRule
    return { rule, stream, key, time: timestamp, data: data_point as JsonObject, severity: rule.severity ?? 'unknown' }
  })
}
