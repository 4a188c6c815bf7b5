import type { ReactNode } from 'react'
import type { Phase } from './advice.ts'
import css from './advisor.module.css'

/** The four phases with their tasks. */
export function RoadmapPanel({ roadmap }: { readonly roadmap: readonly Phase[] }): ReactNode {
  return (
    <ol className={css.cards}>
      {roadmap.map(({ phase, name, weeks, tasks }) => (
        <li key={phase} className={css.card}>
          <h3>
            {phase}. {name} {weeks !== undefined && <span className={css.about}>weeks {weeks}</span>}
          </h3>
          <ul className={css.tasks}>
            {tasks.map(({ goal, task, how }) => (
              <li key={`${task} ${how}`}>
                <span className={css.about}>{goal}</span>
                <span>{task}</span>
                <code>{how}</code>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  )
}
