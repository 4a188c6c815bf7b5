import { analytics } from './analytics/pattern.ts'
import type { Pattern } from './define/pattern.ts'
import { eventDriven } from './event-driven/pattern.ts'
import { multiAgent } from './multi-agent/pattern.ts'
import { rag } from './rag/pattern.ts'
import { multiTenant } from './tenancy/pattern.ts'

/** The patterns of this Plinth. To add one: its folder, its name in define/pattern.ts, its line here. */
export const patterns: readonly Pattern[] = [eventDriven, rag, multiAgent, analytics, multiTenant]

/** The names of all jobs: a platform whose queues must be made needs one for each. */
export const jobNames: readonly string[] = patterns.flatMap((pattern) => pattern.jobs.map((job) => job.name))
