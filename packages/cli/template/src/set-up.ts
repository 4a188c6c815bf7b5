/** What this service adds to the patterns, for one tenant. Every call may be made again. @module */
import type { Api } from './api.ts'

/** The same calls set up a tenant of the stack on AWS. */
export async function setUp(api: Api): Promise<void> {
  // for event-driven
  // A subscriber: what failed waits in a queue, to be looked at (POST /api/subscribers/{id}/receive).
  const { items } = await api<{ readonly items: readonly object[] }>('GET', '/api/subscribers')
  const failures = { pattern: { type: ['genai.request.failed'] }, target: { type: 'queue' } }
  if (items.length === 0) await api('POST', '/api/subscribers', failures)
  // end

  // for rag
  // Documents: each takes the place of the one that has its name.
  const content = 'The desk is open from eight in the morning until six in the evening. On Sundays it is closed.'
  await api('POST', '/api/documents', { documents: [{ source: 'opening-hours.md', content }] })
  // end

  // for multi-agent
  // An agent, as a planner knows it and a plan names it. PUT /api/agents/editor makes a new version; tools come from PLINTH_MCP_SERVERS.
  await api('POST', '/api/agents', {
    type: 'editor',
    system_prompt: 'You shorten texts. Keep every figure, add nothing.',
    capabilities: ['shortening texts'],
  })
  // end

  // for analytics
  // Alert rules, beside the three that are built in.
  const tooHot = { rule_id: 'too-hot', alert_type: 'too_hot', on: 'record', field: 'temperature', operator: '>', threshold: 90 }
  await api('PUT', '/api/alert-rules', { rules: [tooHot] })
  // end

  // for multi-tenant
  // Limits of the first tenant. Others are onboarded by POST /api/tenants or `npx plinth tenants onboard`.
  await api('PATCH', '/api/tenants/demo', { limits: { requests_per_minute: 6_000 } })
  // end
}
