import { phases } from './goals.ts'
import type { RoadmapFacts, RoadmapPhase, RoadmapTask } from './roadmap.ts'

/** The seed's twelve weeks, filled with what the chosen patterns and the profile ask for. */
export function roadmapFor(advice: RoadmapFacts): readonly RoadmapPhase[] {
  return phases.map(({ goals, ...phase }) => ({
    ...phase,
    tasks: goals.flatMap(({ goal, tasks }) => tasks(advice).map((task) => ({ goal, ...task }))),
  }))
}

/** The same as Markdown, with a box to tick for each task. */
export function roadmapMarkdown(roadmap: readonly RoadmapPhase[]): string {
  return roadmap
    .map(({ phase, name, weeks, tasks }) => `## Phase ${phase}: ${name} (weeks ${weeks})\n\n${goalsMarkdown(tasks)}`)
    .join('\n')
}

function goalsMarkdown(tasks: readonly RoadmapTask[]): string {
  const goals = [...new Set(tasks.map(({ goal }) => goal))]
  const line = ({ task, how }: RoadmapTask): string =>
    `- [ ] ${task} ${how.startsWith('docs/') ? `[${how}](${how})` : `\`${how}\``}\n`
  return goals
    .map(
      (goal) =>
        `### ${goal}\n\n${tasks
          .filter((task) => task.goal === goal)
          .map(line)
          .join('')}`,
    )
    .join('\n')
}
