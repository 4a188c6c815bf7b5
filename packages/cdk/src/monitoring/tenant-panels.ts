import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { period } from '../alarms.ts'
import type { SecureMultiTenant } from '../secure-multi-tenant.ts'
import type { Panel } from './panel.ts'

/** What was let through before the API, and what was not. */
export function tenantPanels(multiTenant: SecureMultiTenant): readonly Panel[] {
  const refused: Panel = { title: 'Refused tokens', unit: 'requests', metrics: [multiTenant.metricRefusedTokens()] }
  if (!multiTenant.webAcl) return [refused]
  const blocked = multiTenant.metricBlockedRequests()
  return [{ title: 'Web ACL', unit: 'requests', metrics: [allowedBeside(blocked), blocked] }, refused]
}

/** What passed the web ACL whose refusals these are: of the same dimensions, says WAF. */
function allowedBeside(blocked: IMetric): Metric {
  const { namespace = '', dimensions = [] } = blocked.toMetricConfig().metricStat ?? {}
  const dimensionsMap = Object.fromEntries(dimensions.map(({ name, value }) => [name, value]))
  return new Metric({ namespace, metricName: 'AllowedRequests', dimensionsMap, period, statistic: Stats.SUM })
}
