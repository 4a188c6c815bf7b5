import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Cost } from '../../kit/cost.tsx'
import { formatCount, formatCounted, formatDuration, formatName, formatShare } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty, Notice, ProblemNotice } from '../../kit/states.tsx'
import type { Answer, Asked } from './answer.ts'
import { ClaimedText } from './claimed-text.tsx'
import { ConfidencePanel } from './confidence-panel.tsx'
import css from './knowledge.module.css'
import { PassageList } from './passage-list.tsx'
import { PromptView } from './prompt-view.tsx'
import { describeSettings } from './settings.ts'

/** One answer: as it comes, and then with its evidence and how it came about. */
export function AnswerView(props: {
  readonly name: string
  readonly asked: Asked | undefined
  /** Asks the same again. */
  readonly onRetry: (asked: Asked) => void
}): ReactNode {
  const { name, asked, onRetry } = props
  if (!asked)
    return (
      <Panel title={name}>
        <Empty title="Nothing was asked yet">
          The answer appears here. Each of its claims leads to the sentence in a document that says so.
        </Empty>
      </Panel>
    )
  const { question, settings, answer, problem, isBusy, call } = asked
  return (
    <Panel title={name} actions={<CopyCall call={call} />}>
      <div className={css.stack} aria-busy={isBusy}>
        <p className={css.question}>
          {question}
          <small>{describeSettings(settings)}</small>
        </p>
        {problem !== undefined && <ProblemNotice error={problem} onRetry={() => onRetry(asked)} />}
        {answer ? <Answered answer={answer} asked={asked} /> : <Unfinished asked={asked} />}
      </div>
    </Panel>
  )
}

/** What the model has written so far: only the whole is compared with the sources, and it may be withdrawn then. */
function Unfinished({ asked: { written, isBusy, problem } }: { readonly asked: Asked }): ReactNode {
  if (written === '' && isBusy)
    return (
      <p className={css.muted} role="status">
        Looking through the documents …
      </p>
    )
  if (written === '') return problem === undefined && <p className={css.muted}>Stopped.</p>
  return (
    <>
      <div className={css.unfinished}>
        <Badge tone={isBusy ? 'info' : 'warn'}>{isBusy ? 'Draft' : 'Incomplete'}</Badge>
        <span>
          {isBusy
            ? 'It is compared with the documents when it is whole.'
            : `${problem === undefined ? 'Stopped' : 'It broke off'} before it was compared with the documents.`}
        </span>
      </div>
      <div className={`${css.answer} ${css.muted}`} role="status">
        {written}
        {isBusy && <span className={css.cursor} aria-hidden="true" />}
      </div>
    </>
  )
}

function Answered({ answer, asked }: { readonly answer: Answer; readonly asked: Asked }): ReactNode {
  const { written, settings } = asked
  const { response, abstained, confidence, usage, explanation, filtered } = answer
  const isWithheld = abstained && written.trim() !== '' && written !== response
  return (
    <>
      {abstained ? (
        <div className={css.abstained}>
          <Badge tone="warn">Abstained</Badge>
          <p>{response}</p>
        </div>
      ) : (
        <ClaimedText answer={answer} />
      )}
      {isWithheld && (
        <details className={css.options}>
          <summary>What the model wrote, and isn’t given as an answer</summary>
          <div className={css.text}>{written}</div>
        </details>
      )}
      <p className={css.facts}>
        {!explanation && <span>{formatShare(confidence)} confidence</span>}
        {explanation && <span>{explanation.served_by ?? 'No model was asked'}</span>}
        <span>
          {formatCounted(usage.input_tokens, 'token')} in, {formatCount(usage.output_tokens)} out
        </span>
        <span>
          <Cost usd={usage.usd} modelId={settings.model_id} />
        </span>
        <span>{formatDuration(usage.latency_ms)}</span>
      </p>
      {filtered.length > 0 && (
        <Notice tone="warn">
          The tenant’s filters found something in {filtered.length === 1 ? 'a passage' : `${filtered.length} passages`}:{' '}
          {filtered.map(({ source, kind, action }) => `${formatName(source)} (${kind}, ${action})`).join('; ')}
        </Notice>
      )}
      {explanation && (
        <>
          <ConfidencePanel parts={explanation.confidence} confidence={confidence} abstained={abstained} />
          <PassageList
            passages={explanation.passages}
            wasAsked={explanation.prompt !== null}
            isFiltered={(settings.filter ?? '').trim() !== ''}
          />
          <PromptView explanation={explanation} />
        </>
      )}
    </>
  )
}
