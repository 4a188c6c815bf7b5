import type { ReactNode } from 'react'
import { StatusBadge } from '../../kit/badge.tsx'
import { Empty } from '../../kit/states.tsx'
import type { Risk } from './advice.ts'
import css from './advisor.module.css'

/** What will break first, and what to do about it. */
export function RisksPanel({ risks }: { readonly risks: readonly Risk[] }): ReactNode {
  if (risks.length === 0) return <Empty title="None of the risks that are known fits these answers." />
  return (
    <ul className={css.cards}>
      {risks.map(({ id, severity, risk, what_to_do, lens, runbook }) => (
        <li key={id} className={css.card}>
          <div className={css.cardHead}>
            <StatusBadge status={severity} /> <strong>{risk}</strong>
          </div>
          <p>{what_to_do}</p>
          <p className={css.sources}>
            {lens.map(({ lens: name, practice, url }) => (
              <a key={`${name} ${practice}`} href={url} target="_blank" rel="noreferrer noopener">
                {practice}
              </a>
            ))}
            {runbook !== undefined && <code>docs/runbooks/{runbook}.md</code>}
          </p>
        </li>
      ))}
    </ul>
  )
}
