import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { Panel } from '../../kit/page.tsx'
import type { Advice } from './advice.ts'
import css from './advisor.module.css'

/** The five patterns by score, with reasons, and what to build of them. */
export function RankingPanel({ advice }: { readonly advice: Advice }): ReactNode {
  const { ranking, composition, changes } = advice
  const { primary, secondary, reasons } = composition
  const chosen = new Set([primary, ...secondary])
  const others = changes.filter(({ pattern, field }) => field !== null && pattern !== primary)
  return (
    <Panel title={primary === 'none' ? 'One synchronous call is enough' : `Build ${[primary, ...secondary].join(' + ')}`}>
      <ol className={css.ranking} aria-label="Ranking">
        {ranking.map(({ pattern, score, reasons, matrix }) => (
          <li key={pattern}>
            <details>
              <summary className={css.rank}>
                <span className={css.rankName}>
                  {pattern} {chosen.has(pattern) && <Badge tone="good">{pattern === primary ? 'first' : 'with it'}</Badge>}
                </span>
                <span className={css.bar} aria-hidden="true">
                  <span style={{ width: `${score}%` }} />
                </span>
                <span className={css.score}>{score}</span>
              </summary>
              <div className={css.reasons}>
                <ul>
                  {(reasons.length > 0 ? reasons : ['Nothing in the answers asks for it.']).map((reason) => (
                    <li key={reason}>{reason}</li>
                  ))}
                </ul>
                <p>
                  {matrix.use_case}: best for {matrix.best_for}. Complexity {matrix.complexity}, scalability {matrix.scalability},
                  cost {matrix.cost}.
                </p>
              </div>
            </details>
          </li>
        ))}
      </ol>
      <ul className={css.why} aria-label="Why">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
        {others.slice(0, 3).map(({ pattern, field, from, to }) => (
          <li key={`${pattern} ${field}`}>
            <em>
              {pattern === 'none' ? 'One call' : pattern} would come first, were {field} {String(to)} instead of {String(from)}.
            </em>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
