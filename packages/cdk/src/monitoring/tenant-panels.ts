import type { SecureMultiTenant } from '../secure-multi-tenant.ts'
import type { Panel } from './panel.ts'

/** What was let through before the API, and what was not. */
export function tenantPanels(multiTenant: SecureMultiTenant): readonly Panel[] {
  const refused: Panel = { title: 'Refused tokens', unit: 'requests', metrics: [multiTenant.metricRefusedTokens()] }
  const { webAcl } = multiTenant
  if (!webAcl) return [refused]
  return [{ title: 'Web ACL', unit: 'requests', metrics: [webAcl.metricAllowed(), webAcl.metricBlocked()] }, refused]
}
