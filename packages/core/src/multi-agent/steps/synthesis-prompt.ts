import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { boundaryFor } from '../../language-model/boundary.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import type { Step } from '../plan/plan.ts'
import type { StepCall } from '../run/run-engine.ts'
import type { RunState } from '../run/run-state.ts'
import { type EarlierRun, earlierContext, textsOf } from '../session.ts'
import { type ContextRoom, gatherDependencyContext } from './dependency-context.ts'
import { dataRule } from './step-prompt.ts'

/** synthesize_results of the seed (R58): one answer of the request, the plan and what its steps gave. */
export function synthesisPrompt(input: {
  readonly agent: AgentDefinition
  readonly request: string
  /** What came of the session's requests before. */
  readonly earlier?: readonly EarlierRun[] | undefined
  readonly state: RunState
  readonly step: Step
  readonly results: StepCall['results']
  readonly room: ContextRoom
  readonly retryReason?: string | undefined
}): LanguageModelV4Prompt {
  const { agent, request, earlier = [], state, results } = input
  const boundary = boundaryFor([request, ...textsOf(earlier), ...results.map(({ result }) => result.text)])
  const missing = [...state.steps.values()].flatMap(({ step, status }) =>
    status === 'failed' || status === 'skipped' ? [`- ${step.id} (${status}): ${step.prompt.slice(0, 300)}`] : [],
  )
  const criteria = state.plan?.success_criteria ?? []
  const parts = [
    ...(earlier.length > 0 ? [earlierContext(earlier, boundary)] : []),
    `Context from previous steps:\n${gatherDependencyContext(results, boundary, input.room)}`,
    ...(missing.length > 0 ? [`These steps gave nothing; say what is missing because of it:\n${missing.join('\n')}`] : []),
    ...(criteria.length > 0 ? [`The answer is good when:\n${criteria.map((each) => `- ${each}`).join('\n')}`] : []),
    `Task: Put the results together into one answer to this request:\n<request-${boundary}>\n${request}\n</request-${boundary}>`,
  ]
  return [
    {
      role: 'system',
      content: `${agent.system_prompt}\n\n${dataRule(boundary)}.`,
    },
    { role: 'user', content: [{ type: 'text', text: `User Request: ${parts.join('\n\n')}` }] },
  ]
}
