import type { Plan, Step } from './plan.ts'
import { questionsOf } from './questions.ts'

const longestShown = 300

/**
 * A plan by rules, where no language model writes one: the seed's chain (G3), research for each question of the request side by side, then
 * analysis, then the report.
 */
export function rulePlan(request: string): Plan {
  const questions = questionsOf(request)
  const research = questions.map(
    (question, index): Step => ({
      id: `research-${index + 1}`,
      agent_type: 'research',
      prompt: question,
      dependencies: [],
      expected_output: 'What the documents say about it, each statement with its source.',
      on_failure: questions.length > 1 ? 'skip' : 'fail',
    }),
  )
  return {
    goal: request,
    success_criteria: questions.map((question) => `Answered, or said to be unanswered: ${shortened(question)}`),
    steps: [
      ...research,
      {
        id: 'analysis',
        agent_type: 'analysis',
        prompt: request,
        dependencies: research.map(({ id }) => id),
        expected_output: 'What the findings have in common, where they differ, and the figures in them.',
      },
      {
        id: 'report',
        agent_type: 'report',
        prompt: request,
        dependencies: [...research.map(({ id }) => id), 'analysis'],
        expected_output: 'A report in Markdown that answers the request, with its sources.',
      },
    ],
  }
}

function shortened(question: string): string {
  return question.length <= longestShown ? question : `${question.slice(0, longestShown - 1).toWellFormed()}…`
}

/** One step: for what needs no more, and where no better plan was to be had. */
export function singleStepPlan(request: string, agentType: string): Plan {
  const step: Step = { id: 'answer', agent_type: agentType, prompt: request, dependencies: [] }
  return { goal: request, success_criteria: [], steps: [step] }
}
