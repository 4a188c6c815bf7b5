import type { ReactNode } from 'react'
import { formatShare } from '../../kit/format.ts'
import type { ConfidenceParts } from './answer.ts'
import parted from './confidence-panel.module.css'
import css from './knowledge.module.css'

/** What the parts of a confidence rest on, in words. */
const features: Readonly<Record<string, string>> = {
  lexical: 'Weight of the question’s words that the best passage has',
  passage: 'Share of the question that one passage has',
  window: 'Share of the question around the best sentence',
  missing: 'Weight of the most telling word that is missing',
  pairs: 'Neighbouring words that stand together',
  names: 'Names of the question that are there',
  numbers: 'Numbers of the question that are there',
  denial: 'The question denies what the text doesn’t',
  opposite: 'The text has the opposite of a word',
  agreement: 'Found by words and by vectors alike',
  fit: 'The kind of thing asked for stands close by',
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
    <section className={css.stack} aria-label="Confidence">
      <div className={parted.parts}>
        <Part name="About the question" share={related} />
        <Part name="Holds the answer" share={answered} />
        {supported !== null && <Part name="Claims supported" share={supported} />}
        <Part name="Confidence" share={confidence} isTotal />
      </div>
      <details className={css.options}>
        <summary>
          Why <small>{outcomeOf(parts, abstained)}</small>
        </summary>
        <div className={css.stack}>
          <p className={css.muted}>
            Below {formatShare(least)} no answer is given; below {formatShare(floor)} about the question no model is asked.
          </p>
          <table className={parted.features} aria-label="What speaks for and against an answer">
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
    </section>
  )
}

function outcomeOf({ related, floor, supported, least }: ConfidenceParts, abstained: boolean): string {
  if (!abstained) return 'The confidence is the product of its parts.'
  if (related < floor) return 'What was found is not about the question: no model was asked.'
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
    <div className={isTotal ? `${parted.part} ${parted.total}` : parted.part}>
      <span>{name}</span>
      <strong>{formatShare(share)}</strong>
      <span className={parted.partTrack} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
    </div>
  )
}
