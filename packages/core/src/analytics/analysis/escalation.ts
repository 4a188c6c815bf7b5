/** Which incidents a model is asked about. @module */
import { PlinthError } from '../../errors.ts'
import { isRulesOnly } from '../../multi-agent/plan/make-plan.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Incident } from '../incidents/incident.ts'
import type { RiskLevel } from '../insight.ts'
import { riskLevels } from './analyse-by-rule.ts'
import { callsAnHour } from './call-budget.ts'

const leastRisk: RiskLevel = 'medium'
/** So many of the lesser ones are asked about as well, so that what statistics don't see comes to light. */
const sample = 0.05

/** Whether there is a model to ask: the embedded one quotes by rules, and would add nothing to what the statistics say. */
export function hasModelToAsk(scope: Uses<'models'>): boolean {
  if (callsAnHour(scope) === 0) return false
  try {
    return !isRulesOnly(scope.models.resolve())
  } catch (error) {
    // Its default model is none that this tenant may use.
    if (PlinthError.is(error)) return false
    throw error
  }
}

/**
 * Whether an incident of this risk is worth a model's time: once for each level that it rises to. What a user's rule found is what the
 * user asked for, and needs no opinion.
 */
export function isWorthAsking({ id, rule, asked }: Pick<Incident, 'id' | 'rule' | 'asked'>, risk: RiskLevel): boolean {
  if (rule !== undefined) return false
  const level = riskLevels.indexOf(risk)
  if (asked !== undefined) return level > riskLevels.indexOf(asked) && level >= riskLevels.indexOf(leastRisk)
  return level >= riskLevels.indexOf(leastRisk) || isSampled(id)
}

/** By the id, which is a hash: the same whoever asks, and for one in twenty. */
export function isSampled(id: string): boolean {
  return Number.parseInt(id.slice(0, 8), 16) / 2 ** 32 < sample
}
