import type { ReactNode } from 'react'
import { formatShare } from '../../kit/format.ts'
import type { ConfidenceParts } from './answer.ts'
import css from './knowledge.module.css'

/** What the parts of a confidence rest on, in words. */
const features: Readonly<Record<string, string>> = {
  lexical: 'best passage, of what the question’s words weigh in the index',
  passage: 'of the question, in one passage',
  window: 'of the question, around the best sentence',
  missing: 'weight of the most telling word that is missing',
  pairs: 'neighbouring words that stand together',
  names: 'names of the question that are there',
  numbers: 'numbers of the question that are there',
  denial: 'the question denies what the text doesn’t',
  opposite: 'the text has the opposite of a word',
  agreement: 'words and vectors find the same',
  fit: 'the kind of thing asked for stands close by',
}

/** The confidence as the product that it is. */
export function ConfidencePanel(props: {
  readonly parts: ConfidenceParts
  readonly confidence: number
  readonly abstained: boolean
}): ReactNode {
  const { parts, confidence, abstained } = props
  const { related, answered, supported, floor, least } = parts
  return (
    <details className={css.options}>
      <summary>
        Confidence <small>{formatShare(confidence)}, by its parts</small>
      </summary>
      <div className={css.stack}>
        <div className={css.parts}>
          <Part name="About the question" share={related} />
          <Part name="Holds the answer" share={answered} />
          {supported !== null && <Part name="Claims supported" share={supported} />}
          <Part name="Confidence" share={confidence} isTotal />
        </div>
        <p className={css.muted}>
          {outcomeOf(parts, abstained)} Below {formatShare(least)} no answer is given; below {formatShare(floor)} about the
          question no model is asked.
        </p>
        <table className={css.features} aria-label="What speaks for and against an answer">
          <tbody>
            {Object.entries(parts.features).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{features[name] ?? name}</th>
                <td>{value.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function outcomeOf({ related, floor, supported, least }: ConfidenceParts, abstained: boolean): string {
  if (!abstained) return 'The parts are multiplied.'
  if (related < floor) return 'What was found is not about the question, so no model was asked.'
  if (supported === null) return 'The model itself said that the documents hold no answer.'
  return `The parts, multiplied, stay below ${formatShare(least)}.`
}

function Part({
  name,
  share,
  isTotal = false,
}: {
  readonly name: string
  readonly share: number
  readonly isTotal?: boolean
}): ReactNode {
  return (
    <div className={isTotal ? `${css.part} ${css.total}` : css.part}>
      <span>{name}</span>
      <strong>{formatShare(share)}</strong>
      <span className={css.partTrack} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
    </div>
  )
}
