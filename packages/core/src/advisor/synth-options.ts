import type { PatternName } from '../define/pattern.ts'

/** What `plinth synth` leaves out where a pattern isn't chosen; requests and tenants are the base of every stack. */
const leftOut: readonly (readonly [PatternName, string])[] = [
  ['rag', '--no-rag'],
  ['multi-agent', '--no-agents'],
  ['analytics', '--no-streams'],
  ['multi-tenant', '--no-waf'],
]

/** The options of `plinth synth` for a composition: what stands there of that stack is what the cost counts (cost/fixed-lines). */
export function synthOptions(patterns: readonly PatternName[]): readonly string[] {
  const without = leftOut.filter(([pattern]) => !patterns.includes(pattern)).map(([, option]) => option)
  return [...without, ...(patterns.length === 0 ? ['--no-dashboards'] : [])]
}
