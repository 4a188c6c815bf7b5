import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Place, StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, update } from '../../scope/state.ts'
import type { Analysis } from '../insight.ts'
import type { TriageBody } from '../job-forms.ts'

/** One question to a model about some incidents, from its first try until all of them know the answer. Times are milliseconds UTC. */
interface ModelCallFields {
  readonly call_id: string
  readonly stream: string
  readonly begun: number
  /** One process has it until then. */
  readonly until: number
  readonly tries: number
  /** Incidents of it that know the answer, in the order of the job's. */
  readonly told: number
  readonly model?: string
  readonly expires: number
}

/** What came of it, once it is known: it is told of one incident after the other. */
export type Verdict =
  | { readonly analyses: readonly Analysis[] }
  | { readonly note: string; readonly outcome: 'skipped' | 'failed' }

/** As JSON, each. */
interface ModelCallTexts {
  /** What is asked: the same when it is asked again, as an answer that was paid for is found by it. */
  readonly evidence: string
  readonly verdict: string
}

export type ModelCallRecord = StoredRecord<ModelCallFields, ModelCallTexts>

export const modelCalls: Collection<ModelCallFields, ModelCallTexts> = defineCollection<ModelCallFields, ModelCallTexts>({
  name: 'triage-model-calls',
  schema: 1,
  plain: z.strictObject({
    ...{ call_id: z.string(), stream: z.string(), begun: z.number(), until: z.number(), tries: z.number(), told: z.number() },
    ...{ model: z.string().exactOptional(), expires: z.number() },
  }),
  sealed: ['evidence', 'verdict'],
  lists: {},
  expires: ({ expires }) => expires,
})

/** Long enough for a job that comes again to find it. */
const lifetime = 24 * 60 * 60_000

/** Takes a call for so long. @returns when to come again where somebody else has it. @throws ConflictError. */
export async function claimCall(
  scope: Uses<'state'>,
  { stream, call_id }: TriageBody,
  milliseconds: number,
): Promise<ModelCallRecord | { readonly again: number }> {
  const now = scope.clock.now()
  const place: Place = { partition: stream, sort: call_id }
  const found = await scope.state.get(modelCalls, place)
  const until = now + milliseconds
  if (!found) {
    const fields = { call_id, stream, begun: now, until, tries: 1, told: 0, expires: now + lifetime }
    const [record] = await scope.state.commit({ writes: [insert(modelCalls, place, fields)] })
    return record as ModelCallRecord
  }
  if (found.fields.until > now) return { again: found.fields.until }
  return scope.state.update(modelCalls, found, { ...found.fields, until, tries: found.fields.tries + 1 })
}

/** Lets another try, or another process, have it. */
export async function leaveCall(scope: Uses<'state'>, record: ModelCallRecord): Promise<void> {
  await scope.state.commit({ writes: [update(modelCalls, record, { ...record.fields, until: 0 })] })
}

export async function verdictOf(record: ModelCallRecord): Promise<Verdict | undefined> {
  const text = await record.open('verdict')
  return text === undefined ? undefined : (JSON.parse(text) as Verdict)
}
