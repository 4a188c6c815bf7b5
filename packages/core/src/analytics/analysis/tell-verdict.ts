import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import { check, count, type RecordWrite, update } from '../../scope/state.ts'
import { recordAlertsOpened } from '../../telemetry.ts'
import { openedIn } from '../alerts/events.ts'
import { changeAlerts } from '../alerts/raise-alerts.ts'
import { gravestOf } from '../incidents/renew-insights.ts'
import type { Insight } from '../insight.ts'
import { type InsightRecord, insightsOf, openInsight, storeInsight } from '../insights.ts'
import { getTriage, streamTriage, triageFigures } from '../stream-triage.ts'
import { type ModelCallRecord, modelCalls, type Verdict, verdictOf } from './model-calls.ts'
import { isSuspectInsight } from './prompt.ts'
import { underStatistics } from './under-statistics.ts'

/** The gravest insight of an incident, as it is kept. */
interface KeptInsight {
  readonly record: InsightRecord
  readonly insight: Insight
}

export async function gravestKept(scope: Uses<'state'>, incident: string): Promise<KeptInsight | undefined> {
  const records = await insightsOf(scope, incident)
  const opened = await Promise.all([...records.values()].map(openInsight))
  const insight = gravestOf(opened)
  const record = insight && records.get(insight.insight_id)
  return record && { record, insight }
}

/**
 * Tells incidents what came of the question about them, one with each commit, those that know left aside: each once, whatever breaks.
 * Alerts follow where the incident is still open.
 */
export async function tellVerdict(
  scope: Uses<'state'>,
  call: ModelCallRecord,
  incidents: readonly string[],
  retention: number,
): Promise<void> {
  let record = call
  const verdict = await verdictOf(record)
  if (!verdict) return
  for (let index = record.fields.told; index < incidents.length; index++) {
    const incident = incidents[index] ?? ''
    await retryConflicts(async () => {
      const told = { ...record.fields, told: index + 1 }
      const writes: RecordWrite[] = [update(modelCalls, record, told)]
      const kept = await gravestKept(scope, incident)
      const insight = kept && withVerdict(kept.insight, verdict, index, record.fields.model)
      if (kept && insight) writes.push(storeInsight(insight, kept.record, { now: scope.clock.now(), retention }))
      const triage = await getTriage(scope, call.fields.stream)
      const isOpen = triage?.fields.open.some(({ id }) => id === incident) ?? false
      const alerts = insight && triage && isOpen ? await changeAlerts(scope, { raise: [insight] }) : undefined
      // An alert of an incident that ends meanwhile would stay open for ever.
      if (triage && alerts) writes.push(check(streamTriage, triage), ...alerts.writes)
      writes.push(count(triageFigures, { partition: call.fields.stream }, { [outcomeOf(verdict)]: 1 }))
      const emit = alerts?.emit ?? []
      const [stored] = await scope.state.commit({ writes, emit })
      recordAlertsOpened(openedIn(emit))
      record = stored as ModelCallRecord
    })
  }
}

function outcomeOf(verdict: Verdict): 'analysed' | 'skipped' | 'failed' {
  return 'analyses' in verdict ? 'analysed' : verdict.outcome
}

/** An insight with a model's analysis beside that of the statistics, or with the reason why there is none. */
function withVerdict(insight: Insight, verdict: Verdict, index: number, model: string | undefined): Insight {
  const { evidence } = insight
  if (!('analyses' in verdict)) return { ...insight, evidence: { ...evidence, note: verdict.note } }
  const analysis = verdict.analyses[index]
  if (!analysis) return insight
  const { note, ...rest } = evidence
  const suspect = isSuspectInsight(insight)
  return {
    ...insight,
    analysis: underStatistics(analysis, evidence.statistics, { suspect }),
    evidence: {
      ...rest,
      by: 'model',
      ...(model === undefined ? {} : { model_id: model }),
      ...(suspect
        ? { note: 'The record holds text that looks like orders: risk and priority are those of the statistics.' }
        : {}),
    },
  }
}
