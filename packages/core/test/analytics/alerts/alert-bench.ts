import type { AlertChange } from '../../../src/analytics/alerts/alert-book.ts'
import { listAlerts } from '../../../src/analytics/alerts/manage-alerts.ts'
import { changeAlerts } from '../../../src/analytics/alerts/raise-alerts.ts'
import type { AlertFields } from '../../../src/analytics/alerts/records.ts'
import type { AlertRule } from '../../../src/analytics/alerts/rules.ts'
import type { Analysis, Evidence, Insight } from '../../../src/analytics/insight.ts'
import { LocalIssuer, type Scope, type StoredEvent, TenantRegistry } from '../../../src/index.ts'
import { Authenticator } from '../../../src/tenancy/authenticate.ts'
import { type HostileOptions, type MemoryPlatform, memoryPlatform, scriptedModels } from '../../../src/testing/index.ts'

export const minute = 60_000
export const at: number = Date.UTC(2026, 0, 1)

export interface InsightParts {
  readonly stream?: string
  readonly key?: string
  readonly incident?: string
  readonly timestamp?: number
  readonly data?: Insight['data_point']
  readonly analysis?: Partial<Analysis>
  readonly evidence?: Partial<Evidence>
  readonly rule?: string
}

/** A harmless insight, but for what is given. */
export function insightOf(parts: InsightParts = {}): Insight {
  const { stream = 'machine', key = 'pump-1', incident = 'incident-1', timestamp = at, data = { temperature: 97 } } = parts
  const analysis: Analysis = {
    patterns: ['level shift'],
    risk_level: 'low',
    recommended_actions: ['Look at the pump.'],
    confidence: 0.8,
    alert_priority: 2,
    ...parts.analysis,
  }
  const finding: Evidence['finding'] = {
    ...{ key, timestamp, accepted: timestamp, field: 'temperature', kind: 'value', value: 97 },
    ...{ score: 0.9, reason: 'High.', recent: [] },
    ...(parts.rule === undefined ? {} : { rule: parts.rule }),
  }
  const evidence: Evidence = {
    ...{ incident_id: incident, by: 'statistics', statistics: analysis, finding, related: [], findings: 1, keys: 1 },
    ...parts.evidence,
  }
  return {
    ...{ insight_id: `${incident}-${key}`, stream, key, timestamp, data_point: data, analysis, evidence },
    processing_time: 0.1,
  }
}

/** One that all three built-in rules fire on. */
export const graveAnalysis: Partial<Analysis> = { risk_level: 'high', alert_priority: 5, patterns: ['Temperature ANOMALY'] }

export function ruleOf(parts: Partial<AlertRule> = {}): AlertRule {
  return {
    rule_id: 'hot',
    alert_type: 'too_hot',
    on: 'record',
    field: 'temperature',
    operator: '>',
    threshold: 90,
    for_seconds: 0,
    cool_down_seconds: 300,
    enabled: true,
    ...parts,
  }
}

/** Tenants alpha and beta on a platform in memory. */
export class AlertBench {
  readonly memory: MemoryPlatform
  readonly #authenticator: Authenticator
  readonly #issuer: LocalIssuer

  private constructor(memory: MemoryPlatform, issuer: LocalIssuer, registry: TenantRegistry) {
    this.memory = memory
    this.#issuer = issuer
    this.#authenticator = new Authenticator({ registry, issuer, clock: memory.clock })
  }

  static async open(hostile?: Partial<HostileOptions>): Promise<AlertBench> {
    const memory = memoryPlatform({ models: scriptedModels(() => 'An answer.') })
    const operator = memory.platform.operate()
    const registry = new TenantRegistry(operator)
    await registry.ensure('alpha', 'Alpha')
    await registry.ensure('beta', 'Beta')
    const bench = new AlertBench(memory, await LocalIssuer.open(operator), registry)
    if (hostile) memory.hostile.set(hostile)
    return bench
  }

  async scope(tenant = 'alpha', user = 'ada'): Promise<Scope> {
    const token = await this.#issuer.sign({ tenant, user, permissions: ['*'], lifetime: 86_400 })
    return this.memory.platform.scope(await this.#authenticator.authenticate(`Bearer ${token}`, 'correlation'))
  }

  /** Raises and recovers in one commit. */
  async change(change: Parameters<typeof changeAlerts>[1], scope?: Scope): Promise<AlertChange> {
    const own = scope ?? (await this.scope())
    const decided = await changeAlerts(own, change)
    if (decided.writes.length > 0 || decided.emit.length > 0) await own.state.commit(decided)
    return decided
  }

  async alerts(query: Partial<Parameters<typeof listAlerts>[1]> = {}, tenant = 'alpha'): Promise<readonly AlertFields[]> {
    const page = await listAlerts(await this.scope(tenant), { limit: 1_000, ...query })
    return page.items.map(({ fields }) => fields)
  }

  async events(tenant = 'alpha'): Promise<readonly StoredEvent[]> {
    return (await this.scope(tenant)).state.events({ after: 0, limit: 1_000 })
  }

  /** Type of event and of alert, in the order in which it was told. */
  async told(): Promise<readonly string[]> {
    return (await this.events()).map(({ type, detail }) => `${type.slice('genai.alert.'.length)} ${detail.alert_type}`)
  }

  pass(milliseconds: number): Promise<void> {
    return this.memory.clock.advance(milliseconds)
  }
}
