import type { PatternName } from '../../define/pattern.ts'
import { type CostLine, type CostParts, has } from './cost-line.ts'
import { keysUsd, pollsMonth, webAclUsd } from './formulas.ts'

/** What stands there of a stack, as `plinth synth` makes it; a test of @plinth/cdk compares it with the template. */
export interface StandingParts {
  readonly alarms: number
  /** Those that Lambda asks. */
  readonly queues: number
  readonly dashboards: number
}

export const standingBase: StandingParts = { alarms: 12, queues: 6, dashboards: 1 }
/** Every stack holds tenants apart; the web ACL, with an alarm on it, comes where the pattern is chosen. */
export const standingTenants: StandingParts = { alarms: 1, queues: 0, dashboards: 1 }
/** What a pattern adds to the base. */
export const standingParts: Readonly<Partial<Record<PatternName, StandingParts>>> = {
  rag: { alarms: 3, queues: 2, dashboards: 1 },
  'multi-agent': { alarms: 6, queues: 3, dashboards: 1 },
  analytics: { alarms: 6, queues: 2, dashboards: 1 },
  'multi-tenant': { alarms: 2, queues: 0, dashboards: 1 },
}

const webAclRules = 5

/** What is paid while nobody asks anything, but for streams: of the stack that the roadmap's command makes. */
export function fixedLines(parts: CostParts): readonly CostLine[] {
  const { patterns, profile, usd } = parts
  const tenants = has(parts, 'multi-tenant') ? [] : [standingTenants]
  const standing = [standingBase, ...tenants, ...patterns.flatMap((pattern) => standingParts[pattern] ?? [])]
  const sum = (part: keyof StandingParts): number => standing.reduce((total, each) => total + each[part], 0)
  const own = profile.tenants.isolation === 'silo' && has(parts, 'multi-tenant') ? profile.tenants.count : 0
  const line = (service: string, what: string, amount: number): CostLine => ({ service, what, kind: 'fixed', usd: amount })
  return [
    line(
      'KMS',
      own === 0 ? 'the key of all tenants' : 'the key of all tenants, and one of each',
      keysUsd(usd, { keys: 1 + own, calls: 0 }),
    ),
    line('SQS', 'queues that Lambda asks for jobs', sum('queues') * pollsMonth * usd('queueCall')),
    line('CloudWatch', 'metrics that alarms watch', sum('alarms') * usd('alarmMonth')),
    // One call alone needs none (roadmap/goal-tasks).
    line('CloudWatch', 'dashboards', patterns.length === 0 ? 0 : sum('dashboards') * usd('dashboardMonth')),
    ...(has(parts, 'multi-tenant') ? [line('WAF', 'the web ACL', webAclUsd(usd, { rules: webAclRules, calls: 0 }))] : []),
  ]
}
