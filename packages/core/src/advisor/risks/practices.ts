/**
 * The best practices of the Well-Architected Generative AI Lens and Agentic AI Lens that risks refer to, by the ids that these lenses give
 * them, as of 2026-11-27. Titles are the lenses' own where they were at hand, else in our words.
 * @module
 */

const lenses = ['generative-ai', 'agentic-ai'] as const

export interface Practice {
  readonly lens: (typeof lenses)[number]
  /** The lens's own id, such as `GENREL01-BP01`. */
  readonly practice: string
  readonly url: string
}

/** What each is about. */
export const practiceTitles = {
  'GENOPS01-BP01': 'Periodically evaluate functional performance',
  'GENOPS02-BP01': 'Monitor all application layers',
  'GENOPS02-BP03': 'Implement rate limiting and throttling to mitigate the risk of system overload',
  'GENSEC01-BP01': 'Grant least privilege access to foundation model endpoints',
  'GENSEC01-BP03': 'Implement least privilege access permissions for foundation models accessing data stores',
  'GENSEC02-BP01': 'Implement guardrails to mitigate harmful or incorrect model responses',
  'GENSEC04-BP02': 'Sanitize and validate user inputs to foundation models',
  'GENSEC05-BP01': 'Implement least privilege access and permissions boundaries for agentic workflows',
  'GENREL01-BP01': 'Scale and balance foundation model throughput as a function of utilization',
  'GENREL03-BP01': 'Use logic to manage prompt flows and gracefully recover from failure',
  'GENREL03-BP02': 'Implement timeout mechanisms on agentic workflows',
  'GENREL04-BP02': 'Implement a model catalog',
  'GENREL05-BP01': 'Load-balance inference requests across all regions of availability',
  'GENREL05-BP02': 'Replicate embedding data across all regions of availability',
  'GENPERF01-BP01': 'Define a ground truth data set of prompts and responses',
  'GENPERF01-BP02': 'Collect performance metrics from generative AI workloads',
  'GENPERF04-BP01': 'Test vector store features for latency and relevant performance',
  'GENCOST01-BP01': 'Right-size model selection to optimize inference costs',
  'GENCOST02-BP02': 'Optimize resource consumption to minimize hosting costs',
  'GENCOST03-BP02': 'Control model response length',
  'GENCOST05-BP01': 'Create stopping conditions to control long-running workflows',
  'AGENTSEC02-BP01': 'Implement tool authorization',
  'AGENTSEC04-BP02': 'Human-in-the-loop for critical decisions',
  'AGENTREL06-BP04': 'Idempotent task execution',
  'AGENTREL07-BP02': 'Enable automatic recovery from agent execution failures',
  'AGENTPERF02-BP03': 'Optimize agent execution paths for reduced latency',
  'AGENTPERF07-BP01': 'Silo, pool or hybrid tenancy',
  'AGENTCOST01-BP01': 'Iteration caps, confidence thresholds and token budgets of a session',
  'AGENTCOST07-BP01': 'Budgets of a cycle, a task and a day as checks before a call',
} as const

export type PracticeId = keyof typeof practiceTitles

/** Where a best practice stands. */
export function practice(id: PracticeId): Practice {
  const lens = id.startsWith('AGENT') ? 'agentic-ai' : 'generative-ai'
  return {
    lens,
    practice: id,
    url: `https://docs.aws.amazon.com/wellarchitected/latest/${lens}-lens/${id.toLowerCase()}.html`,
  }
}
