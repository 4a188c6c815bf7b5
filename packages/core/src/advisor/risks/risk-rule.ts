import type { Composition } from '../composition.ts'
import type { CostEstimate } from '../cost/estimate.ts'
import type { Profile } from '../profile.ts'
import type { Quota } from '../quota.ts'
import type { PracticeId } from './practices.ts'

/** From the worst on. */
export const severities = ['high', 'medium', 'low'] as const

export type Severity = (typeof severities)[number]

/** The pages of docs/runbooks, without `.md`. */
export const runbooks = [
  'throttling',
  'dead-letters',
  'cost-spike',
  'lagging-stream',
  'poisoned-document',
  'suspended-tenant',
  'key-compromise',
  'region-outage',
] as const

export type RunbookName = (typeof runbooks)[number]

/** What a risk is judged by. */
export interface RiskFacts {
  readonly profile: Profile
  readonly composition: Composition
  readonly quota: Quota
  readonly cost: CostEstimate
}

/** A risk, and when there is one. Those that break first stand first in their table. */
export interface RiskRule {
  readonly id: string
  readonly severity: Severity
  readonly when: (facts: RiskFacts) => boolean
  /** A sentence, with the figures where there are some. */
  readonly risk: string | ((facts: RiskFacts) => string)
  readonly what_to_do: string
  readonly practices: readonly PracticeId[]
  readonly runbook?: RunbookName
}

/** Names of people, their health, their payments. */
export function holdsPersonalData({ data_classes: classes }: Profile): boolean {
  return classes.some((name) => name === 'pii' || name === 'phi' || name === 'pci')
}

/** Steps of agents that follow each other: one is a plain call. */
export function hasWorkflow({ workflow }: Profile): boolean {
  return workflow.steps > 1 || workflow.tools
}

/** `1,234`, `12.3`: as many digits as say something. */
export function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
