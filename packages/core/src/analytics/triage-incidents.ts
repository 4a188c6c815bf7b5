import type { JobContext } from '../define/job.ts'
import { BudgetExhaustedError, ConflictError, LimitError, PlinthError } from '../errors.ts'
import { ModelFailure } from '../language-model/failure.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Scope } from '../scope/scope.ts'
import { count, type RecordWrite, update } from '../scope/state.ts'
import { nano } from '../tenancy/meter/records.ts'
import { type Asked, askModel } from './analysis/ask-model.ts'
import { takeCall, triageCalls } from './analysis/call-budget.ts'
import { claimCall, leaveCall, type ModelCallRecord, modelCalls, type Verdict, verdictOf } from './analysis/model-calls.ts'
import type { IncidentEvidence } from './analysis/prompt.ts'
import { gravestKept, tellVerdict } from './analysis/tell-verdict.ts'
import { listInsights } from './insights.ts'
import type { TriageBody } from './job-forms.ts'
import { findStream } from './set-up-stream.ts'
import { triageFigures } from './stream-triage.ts'

/** A model that takes longer than this for an answer is left, milliseconds. */
const answerTimeout = 60_000
/** A process that has a call has it for so long: three answers at most, and what is done with them. */
const claimTime = 4 * 60_000
/** A model that is busy or away is asked again for so long; then the statistics have to do. */
const patience = 15 * 60_000
const firstPause = 2_000
const longestPause = 2 * 60_000
const mostEarlier = 3

/**
 * Asks the tenant's model about some incidents, and keeps its analyses beside those of the statistics. Whatever goes wrong ends in a note on
 * their insights: a budget that is spent, a model that is away, or talks nonsense. Two who do it at a time ask once.
 */
export async function triageIncidents(scope: Scope, body: TriageBody, { lease }: JobContext): Promise<Outcome> {
  const stream = (await findStream(scope, body.stream))?.fields
  if (!stream) return { done: true }
  const call = await claimCall(scope, body, claimTime).catch((error: unknown) => {
    if (error instanceof ConflictError) return { again: scope.clock.now() + firstPause }
    throw error
  })
  if ('again' in call) return { retryAt: call.again }
  const answered = (await verdictOf(call)) ? call : await ask(scope, body, call, lease.signal)
  if ('again' in answered) return { retryAt: answered.again }
  await tellVerdict(scope, answered, body.incidents, stream.retention)
  return { done: true }
}

/** @returns the call with its verdict, or when to try again. */
async function ask(
  scope: Scope,
  { incidents }: TriageBody,
  claimed: ModelCallRecord,
  signal: AbortSignal,
): Promise<ModelCallRecord | { readonly again: number }> {
  const { call, evidence } = await withEvidence(scope, claimed, incidents)
  if (evidence.length < incidents.length) return settle(scope, call, { note: gone, outcome: 'skipped' })
  const timeout = new AbortController()
  const timer = scope.clock.setTimer(3 * answerTimeout, () => timeout.abort(tooSlow()))
  try {
    const asked = await askModel(scope, {
      evidence,
      invocation: call.fields.call_id,
      signal: AbortSignal.any([signal, timeout.signal]),
      takeCall: () => spendCall(scope, call.fields.stream),
    })
    return await settle(scope, call, verdictFrom(asked), asked)
  } catch (error) {
    if (signal.aborted) throw error
    const failure = timeout.signal.aborted ? tooSlow() : error
    const again = retryOf(scope, call, failure)
    if (again === undefined) return settle(scope, call, noteOn(failure))
    await leaveCall(scope, call)
    return { again }
  } finally {
    timer.cancel()
  }
}

const gone = 'Its insights are gone: no model was asked.'

function tooSlow(): ModelFailure {
  return new ModelFailure('transient', 'model_timeout', 'The model did not answer in time.')
}

/** A call with what the model is shown, which stays as it was when the call was first made. */
async function withEvidence(
  scope: Scope,
  call: ModelCallRecord,
  incidents: readonly string[],
): Promise<{ readonly call: ModelCallRecord; readonly evidence: readonly IncidentEvidence[] }> {
  const kept = await call.open('evidence')
  if (kept !== undefined) return { call, evidence: JSON.parse(kept) as readonly IncidentEvidence[] }
  const evidence = await evidenceOf(scope, incidents)
  const sealed = { evidence: JSON.stringify(evidence) }
  return { call: await scope.state.update(modelCalls, call, call.fields, { sealed }), evidence }
}

/** What the model is shown of each incident. */
async function evidenceOf(scope: Scope, incidents: readonly string[]): Promise<readonly IncidentEvidence[]> {
  const evidence: IncidentEvidence[] = []
  for (const incident of incidents) {
    const kept = await gravestKept(scope, incident)
    if (!kept) continue
    const { stream, key } = kept.insight
    const { items } = await listInsights(scope, { stream, key, limit: mostEarlier + 1 })
    const earlier = items.filter((each) => each.evidence.incident_id !== incident).slice(0, mostEarlier)
    evidence.push({ insight: kept.insight, earlier })
  }
  return evidence
}

/** One call of the hour's is taken before it is made. @throws LimitError of {@link triageCalls} when none is left. */
async function spendCall(scope: Scope, stream: string): Promise<void> {
  await scope.state.commit({
    writes: [takeCall(scope), count(triageFigures, { partition: stream }, { model_calls: 1 })],
    durability: 'relaxed',
  })
}

function verdictFrom({ analyses, faults, calls }: Asked): Verdict {
  if (analyses) return { analyses }
  const note = `The model's answer could not be used after ${calls} tries (${faults[0] ?? 'no reason'}): the statistics stand.`
  return { note, outcome: 'failed' }
}

/** Keeps what came of a call. */
async function settle(scope: Scope, call: ModelCallRecord, verdict: Verdict, asked?: Asked): Promise<ModelCallRecord> {
  const fields = { ...call.fields, ...(asked ? { model: asked.model } : {}) }
  const writes: RecordWrite[] = [update(modelCalls, call, fields, { verdict: JSON.stringify(verdict) })]
  if (asked) {
    const { input_tokens, output_tokens, usd } = asked.usage
    const used = { input_tokens, output_tokens, nano_usd: Math.round(usd * nano) }
    writes.push(count(triageFigures, { partition: call.fields.stream }, used))
  }
  const [record] = await scope.state.commit({ writes })
  return record as ModelCallRecord
}

function isOurBudget(error: unknown): boolean {
  return error instanceof LimitError && error.key.startsWith(triageCalls.name)
}

/** When to ask again; undefined: no more. */
function retryOf({ clock }: Scope, { fields }: ModelCallRecord, error: unknown): number | undefined {
  if (!PlinthError.is(error)) throw error
  if (!error.retryable || isOurBudget(error)) return undefined
  const now = clock.now()
  const asked = (error.retryAfter ?? 0) * 1_000
  const pause = Math.max(asked, Math.min(longestPause, firstPause * 2 ** (fields.tries - 1) * (1 + clock.random())))
  return now + pause > fields.begun + patience ? undefined : now + pause
}

function noteOn(error: unknown): Verdict {
  if (isOurBudget(error)) return { note: "This hour's budget of model calls is spent: the statistics stand.", outcome: 'skipped' }
  if (error instanceof BudgetExhaustedError)
    return { note: "This month's budget is spent: no model was asked, and the statistics stand.", outcome: 'skipped' }
  const why = PlinthError.is(error) ? `${error.message.replace(/\.$/, '')} (${error.code})` : 'It failed'
  return { note: `No model could be asked: ${why}. The statistics stand.`, outcome: 'failed' }
}
