import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { formatName } from '../../kit/format.ts'
import { Empty } from '../../kit/states.tsx'
import type { Passage } from './answer.ts'
import css from './knowledge.module.css'
import { SourceLink } from './source-link.tsx'

/** What was retrieved, best first: what the answer rests on stands out, the rest is grey. */
export function PassageList(props: {
  readonly passages: readonly Passage[]
  readonly wasAsked: boolean
  readonly isFiltered: boolean
}): ReactNode {
  const { passages, wasAsked, isFiltered } = props
  const cited = passages.filter(({ use }) => use === 'cited').length
  return (
    <section className={css.stack} aria-label="Retrieved passages">
      <h3>
        Retrieved passages{' '}
        <small className={css.muted}>
          {passages.length} found, {cited} cited
        </small>
      </h3>
      {passages.length === 0 && (
        <Empty title="Nothing was found">
          {isFiltered
            ? 'No document that you may see fits the filter, or none that does is about it. Look at the filter, or ask without it.'
            : 'Add documents that are about it, or ask in other words.'}
        </Empty>
      )}
      <ol className={css.passages}>
        {passages.map((passage) => (
          <li key={`${passage.document_id} ${passage.start}`} data-use={passage.use} className={css.passage}>
            <div className={css.chunkHead}>
              <SourceLink place={passage}>
                {formatName(passage.source)}
                {passage.page !== undefined && `, page ${passage.page}`}
              </SourceLink>
              <Badge tone={passage.use === 'cited' ? 'good' : 'neutral'}>{wordsFor(passage, wasAsked)}</Badge>
              <span title="How well it fits, comparable within this answer">{passage.score.toFixed(3)}</span>
            </div>
            <div className={css.excerpt}>{passage.content}</div>
          </li>
        ))}
      </ol>
    </section>
  )
}

function wordsFor({ use, number }: Passage, wasAsked: boolean): string {
  if (use === 'cited') return `[${number}] cited`
  if (use === 'shown') return `[${number}] shown, unused`
  return wasAsked ? 'no room in the prompt' : 'unused'
}
