import type { Analysis } from '../insight.ts'
import { riskLevels } from './analyse-by-rule.ts'

const highestPriority = 5

/**
 * A model's analysis as far as it counts (X55). What the statistics say stands: risk and priority are never below theirs, whatever a
 * model was talked into, and at most one level above; where the model read texts that look like orders (`suspect`), they are theirs.
 * Whether an anomaly is spoken of isn't the model's to say, as an alert hangs on the word.
 */
export function underStatistics(
  model: Analysis,
  statistics: Analysis,
  { suspect = false }: { readonly suspect?: boolean } = {},
): Analysis {
  const raised = suspect ? 0 : 1
  const least = riskLevels.indexOf(statistics.risk_level)
  const risk = clamp(riskLevels.indexOf(model.risk_level), least, Math.min(riskLevels.length - 1, least + raised))
  const { alert_priority: priority } = statistics
  return {
    ...model,
    patterns: patternsOf(model.patterns, statistics.patterns),
    risk_level: riskLevels[risk] ?? statistics.risk_level,
    alert_priority: clamp(model.alert_priority, priority, Math.min(highestPriority, priority + raised)),
  }
}

function patternsOf(model: readonly string[], statistics: readonly string[]): readonly string[] {
  const told = statistics.filter(namesAnomaly)
  if (told.length === 0) return model.filter((each) => !namesAnomaly(each))
  return model.some(namesAnomaly) ? model : [...model, ...told.slice(0, 1)]
}

/** The word that the rule `anomaly_detected` looks for (R79). */
function namesAnomaly(pattern: string): boolean {
  return /anomaly/i.test(pattern)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
