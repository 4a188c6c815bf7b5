import { defineJob, type JobDefinition } from '../define/job.ts'
import { type TriageBody, tickForm, triageForm, triageJobName } from './job-forms.ts'
import { readFindings } from './shards/findings.ts'
import { type TickBody, tickJobName } from './shards/shard-jobs.ts'
import type { TriageSources } from './tick/read-ahead.ts'
import { tickWith } from './tick-stream.ts'
import { triageIncidents } from './triage-incidents.ts'
import { readWindowRows } from './windows/window-rows.ts'

export const triageSources: TriageSources = { findings: readFindings, windows: readWindowRows }

export const tickJob: JobDefinition<TickBody> = defineJob<TickBody>({
  ...tickJobName,
  summary: 'Makes insights and alerts of what the shards of a stream found.',
  body: tickForm,
  concurrency: 8,
  handle: tickWith(triageSources),
})

export const triageJob: JobDefinition<TriageBody> = defineJob<TriageBody>({
  ...triageJobName,
  summary: 'Asks a model about incidents that are worth it.',
  body: triageForm,
  concurrency: 8,
  handle: triageIncidents,
})
