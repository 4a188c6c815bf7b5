import { Check, X } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './knowledge.module.css'

export interface Stage {
  readonly name: string
  readonly state: 'done' | 'now' | 'waiting' | 'failed'
}

const said = { done: 'done', now: 'under way', waiting: 'to come', failed: 'failed' }

/** How far something has come, stage by stage. */
export function Stages({ name, stages }: { readonly name: string; readonly stages: readonly Stage[] }): ReactNode {
  return (
    <ol className={css.stages} aria-label={`Stages of ${name}`}>
      {stages.map((stage) => (
        <li key={stage.name.split(/[ ,]/)[0]} data-state={stage.state}>
          <span className={css.stageMark} aria-hidden="true">
            {stage.state === 'done' && <Check size={11} strokeWidth={3} />}
            {stage.state === 'failed' && <X size={11} strokeWidth={3} />}
          </span>
          {stage.name}
          <span className="visually-hidden">: {said[stage.state]}</span>
        </li>
      ))}
    </ol>
  )
}
