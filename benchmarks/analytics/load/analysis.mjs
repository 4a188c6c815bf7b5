/** What the scripted model says: of the length that models answer with. @module */

export function analysisText(isGrave) {
  return JSON.stringify(analysis(isGrave))
}

/** For the prompt of triage, which numbers its incidents. */
export function triageText(prompt) {
  const count = new Set([...prompt.matchAll(/ number="(\d+)"/g)].map(([, number]) => number)).size
  const incidents = Array.from({ length: Math.max(1, count) }, (_, index) => ({ incident: index + 1, ...analysis(true) }))
  return JSON.stringify({ incidents })
}

function analysis(isGrave) {
  return {
    patterns: isGrave
      ? ['temperature anomaly: the value rose to fifty times what is usual within one sample and fell back']
      : ['the value is within its usual range for this time of day'],
    risk_level: isGrave ? 'high' : 'low',
    recommended_actions: isGrave
      ? ['Check the sensor and its wiring.', 'Look at the machine on site before it is started again.']
      : ['No action is needed; keep watching.'],
    confidence: 0.86,
    alert_priority: isGrave ? 5 : 1,
  }
}
