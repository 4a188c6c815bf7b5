import { definePattern, type Pattern } from '../define/pattern.ts'
import { keptAnswers } from '../gateway/kept-answers.ts'
import { auditCollections } from './audit/collections.ts'
import { rates, spending, usage } from './meter/records.ts'
import { routes } from './routes.ts'

/** Secure, isolated services for many tenants (R91): who they are, what they may, what they used, and how they come and go. */
export const multiTenant: Pattern = definePattern({
  name: 'multi-tenant',
  title: 'Secure Multi-Tenant',
  summary:
    'Tenants with their own keys, models, limits, budgets, filters and region, isolated by construction, with an audit trail.',
  collections: [usage, spending, rates, keptAnswers, ...auditCollections],
  events: [],
  jobs: [],
  routes,
})
