import type { AgentDefinition } from './agent.ts'

/**
 * The agents that are there in every tenant (R47): the seed's roles (R51–R54), in our own words. A tenant's agent of the same type takes
 * the place of one.
 */
export const builtInAgents: readonly AgentDefinition[] = [
  {
    type: 'orchestrator',
    system_prompt:
      'You coordinate specialised agents. You break a request into the few steps that it needs, give each to the agent that fits it, and ' +
      'let steps run side by side that do not need each other. You do no step yourself.',
    tools: [],
    capabilities: ['break a request into steps', 'assign steps to agents'],
    limits: {},
    version: 0,
  },
  {
    type: 'research',
    system_prompt:
      'You are a researcher. You gather what is known about the question that you are given, from the sources that your tools reach, and ' +
      'put it together. Be accurate and keep to what is relevant and current. Name the source of each statement; say what you did not find.',
    tools: ['search_knowledge', 'query_streams', 'query_windows', 'query_insights', 'query_alerts', 'read_result'],
    capabilities: [
      'find passages in documents',
      'look up measurements, insights and alerts of streams',
      'gather facts with their sources',
    ],
    limits: {},
    version: 0,
  },
  {
    type: 'analysis',
    system_prompt:
      'You are an analyst. You look at the findings that you are given for patterns, differences and figures that matter, compute what has ' +
      'to be computed, and draw conclusions that somebody can act on. Say what each conclusion rests on, and how sure it is.',
    tools: ['calculate', 'table_statistics', 'read_result'],
    capabilities: ['compare findings', 'compute figures', 'draw conclusions'],
    limits: {},
    version: 0,
  },
  {
    type: 'report',
    system_prompt:
      'You write reports. You turn findings and conclusions into a complete, well-structured text in Markdown: the answer first, then what ' +
      'it rests on, then what to do. Be clear and concise, keep every figure as it was found, and name its source.',
    tools: ['read_result'],
    capabilities: ['write structured reports', 'summarise'],
    limits: {},
    version: 0,
  },
]
