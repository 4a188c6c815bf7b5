import { Fragment, type ReactNode } from 'react'
import { formatName } from '../../kit/format.ts'
import type { Answer, Citation } from './answer.ts'
import css from './knowledge.module.css'
import { SourceLink } from './source-link.tsx'

/** An answer whose claims lead to what they rest on; what rests on nothing is told apart. */
export function ClaimedText({ answer }: { readonly answer: Answer }): ReactNode {
  const { response, citations, explanation } = answer
  const unsupported = explanation?.claims.filter(({ cited }) => !cited) ?? []
  return (
    <section className={css.answer} aria-label="The answer">
      {piecesOf(response, citations, unsupported).map(({ text, start, cited, isUnsupported }) =>
        cited.length === 0 ? (
          isUnsupported ? (
            <span key={start} className={css.unsupported} title="No source supports this.">
              {text}
            </span>
          ) : (
            <Fragment key={start}>{text}</Fragment>
          )
        ) : (
          <Fragment key={start}>
            {cited.map((citation, index) =>
              index === 0 ? (
                <SourceLink key={citation.start} place={citation} className={css.claim} title={formatName(citation.source)}>
                  {text}
                </SourceLink>
              ) : (
                <SourceLink
                  key={`${citation.document_id} ${citation.start}`}
                  place={citation}
                  className={css.also}
                  title={formatName(citation.source)}
                >
                  +{index}
                  <span className="visually-hidden"> more evidence, in {formatName(citation.source)}</span>
                </SourceLink>
              ),
            )}
          </Fragment>
        ),
      )}
    </section>
  )
}

interface Piece {
  readonly start: number
  readonly text: string
  readonly cited: readonly Citation[]
  readonly isUnsupported: boolean
}

/** The text, cut where claims begin and end. */
function piecesOf(
  text: string,
  citations: readonly Citation[],
  unsupported: readonly { readonly start: number; readonly end: number }[],
): readonly Piece[] {
  const claims = [...Map.groupBy(citations, ({ claim_start, claim_end }) => `${claim_start} ${claim_end}`).values()].map(
    (cited) => ({ start: cited[0]?.claim_start ?? 0, end: cited[0]?.claim_end ?? 0, cited, isUnsupported: false }),
  )
  const all = [...claims, ...unsupported.map(({ start, end }) => ({ start, end, cited: [], isUnsupported: true }))]
  const pieces: Piece[] = []
  let done = 0
  for (const { start, end, cited, isUnsupported } of all.sort((one, two) => one.start - two.start)) {
    if (start < done || end <= start) continue
    if (start > done) pieces.push({ start: done, text: text.slice(done, start), cited: [], isUnsupported: false })
    pieces.push({ start, text: text.slice(start, end), cited, isUnsupported })
    done = end
  }
  if (done < text.length) pieces.push({ start: done, text: text.slice(done), cited: [], isUnsupported: false })
  return pieces
}
