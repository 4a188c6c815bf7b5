import { dataRisks } from './data-risks.ts'
import { loadRisks } from './load-risks.ts'
import { moneyRisks } from './money-risks.ts'
import { placeRisks } from './place-risks.ts'
import { type Practice, practice } from './practices.ts'
import { type RiskFacts, type RiskRule, type RunbookName, type Severity, severities } from './risk-rule.ts'

/** What may go wrong, and what to do about it. */
export interface Risk {
  readonly id: string
  readonly severity: Severity
  /** A sentence. */
  readonly risk: string
  /** By which feature, command or runbook of Plinth. */
  readonly what_to_do: string
  /** Where the Well-Architected lenses speak of it. */
  readonly lens: readonly Practice[]
  /** The page of docs/runbooks, for when it happens. */
  readonly runbook?: RunbookName
}

/** All risks that can be named, for tests and documents. */
export const riskRules: readonly RiskRule[] = [...loadRisks, ...moneyRisks, ...dataRisks, ...placeRisks]

/** The worst first; of equal ones, what breaks under load before what costs, what costs before what leaks. */
export function risksFor(advice: RiskFacts): readonly Risk[] {
  return riskRules
    .filter((rule) => rule.when(advice))
    .map((rule) => ({
      id: rule.id,
      severity: rule.severity,
      risk: typeof rule.risk === 'string' ? rule.risk : rule.risk(advice),
      what_to_do: rule.what_to_do,
      lens: rule.practices.map(practice),
      ...(rule.runbook !== undefined && { runbook: rule.runbook }),
    }))
    .toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
}
