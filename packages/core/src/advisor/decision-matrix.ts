import type { PatternName } from '../define/pattern.ts'

export interface MatrixRow {
  readonly pattern: PatternName
  readonly use_case: string
  readonly complexity: 'Medium' | 'High'
  readonly scalability: 'Medium' | 'High' | 'Very High'
  readonly cost: 'Low' | 'Medium' | 'High'
  readonly best_for: string
}

/** The decision matrix of the seed (R115), row by row. */
export const decisionMatrix: readonly MatrixRow[] = [
  {
    ...{ pattern: 'event-driven', use_case: 'Async processing', complexity: 'Medium', scalability: 'High', cost: 'Low' },
    best_for: 'High-volume, variable workloads',
  },
  {
    ...{ pattern: 'rag', use_case: 'Knowledge enhancement', complexity: 'Medium', scalability: 'Medium', cost: 'Medium' },
    best_for: 'Domain-specific Q&A systems',
  },
  {
    ...{ pattern: 'multi-agent', use_case: 'Complex workflows', complexity: 'High', scalability: 'High', cost: 'Medium' },
    best_for: 'Enterprise automation',
  },
  {
    ...{ pattern: 'analytics', use_case: 'Streaming insights', complexity: 'High', scalability: 'Very High', cost: 'High' },
    best_for: 'Monitoring and alerting',
  },
  {
    ...{ pattern: 'multi-tenant', use_case: 'SaaS platforms', complexity: 'High', scalability: 'High', cost: 'Medium' },
    best_for: 'B2B GenAI services',
  },
]
