import { Columns2, Square } from 'lucide-react'
import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import { useSearchParams } from 'react-router'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { TextField } from '../../kit/field.tsx'
import { Panel, Row } from '../../kit/page.tsx'
import { useAnswer } from './answer.ts'
import { AnswerView } from './answer-view.tsx'
import { IndexFacts } from './index-facts.tsx'
import css from './knowledge.module.css'
import { askCall, faultsOf, readSettings, type SettingFaults, type Settings } from './settings.ts'
import { SettingsForm } from './settings-form.tsx'
import { SourcePane } from './source-pane.tsx'
import { putSource } from './stretch.ts'

type Side = 'left' | 'right'

/** Ask the documents: the answer with its evidence, how it came about, and the same by other settings beside it. */
export function Playground(): ReactNode {
  const [query, setQuery] = useSearchParams()
  const [question, setQuestion] = useState(query.get('q') ?? '')
  const linked = query.get('q')
  useEffect(() => {
    if (linked !== null) setQuestion(linked)
  }, [linked])
  const left = useAnswer('left')
  const right = useAnswer('right')
  const isCompared = query.has('right')
  const settings = { left: readSettings(query.get('left')), right: readSettings(query.get('right')) }
  const change = (by: (before: URLSearchParams) => void, replace = true): void =>
    setQuery(
      (before) => {
        by(before)
        return before
      },
      { replace },
    )
  const set = (side: Side, value: Settings): void => change((before) => before.set(side, JSON.stringify(value)))
  const isBusy = left.asked?.isBusy === true || right.asked?.isBusy === true
  const faults = { left: faultsOf(settings.left), right: isCompared ? faultsOf(settings.right) : {} }
  const isReady = question.trim() !== '' && isSound(faults.left) && isSound(faults.right)
  const ask = (): void => {
    if (!isReady || isBusy) return
    change((before) => {
      before.set('q', question.trim())
      putSource(before, undefined)
    }, false)
    left.ask(question.trim(), settings.left)
    if (isCompared) right.ask(question.trim(), settings.right)
  }
  const stop = (): void => {
    left.stop()
    right.stop()
  }
  const askByKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    ask()
  }
  const sides = isCompared ? (['left', 'right'] as const) : (['left'] as const)
  const isOpen = query.has('source')
  return (
    <div className={isOpen ? `${css.playground} ${css.withSource}` : css.playground}>
      <div className={css.stack}>
        <Panel
          title="Ask your documents"
          actions={isSound(faults.left) && <CopyCall call={askCall(question.trim() || 'A question', settings.left)} />}
        >
          <IndexFacts />
          <form
            noValidate
            className={css.stack}
            onSubmit={(event: FormEvent) => {
              event.preventDefault()
              ask()
            }}
          >
            <TextField
              label="Question"
              className={css.questionField}
              rows={2}
              value={question}
              placeholder="How often is the pump PX-4711 serviced?"
              hint="Enter asks, Shift and Enter begin a new line."
              onChange={({ target }) => setQuestion(target.value)}
              onKeyDown={askByKey}
            />
            <div className={sides.length === 2 ? css.sides : css.stack}>
              {sides.map((side) => (
                <SettingsForm
                  key={side}
                  name={sides.length === 1 ? 'Settings' : side === 'left' ? 'Settings A' : 'Settings B'}
                  settings={settings[side]}
                  faults={faults[side]}
                  isOpen={sides.length === 2}
                  onChange={(value) => set(side, value)}
                />
              ))}
            </div>
            <Row>
              <Button type="submit" look="primary" disabled={!isReady} busy={isBusy}>
                Ask
              </Button>
              {isBusy && (
                <Button onClick={stop}>
                  <Square size={13} aria-hidden="true" /> Stop
                </Button>
              )}
              <Button
                aria-pressed={isCompared}
                onClick={() =>
                  change((before) => {
                    if (isCompared) before.delete('right')
                    else before.set('right', JSON.stringify(settings.left))
                  })
                }
              >
                <Columns2 size={15} aria-hidden="true" /> {isCompared ? 'Compare no more' : 'Compare two settings'}
              </Button>
            </Row>
          </form>
        </Panel>
        <div className={sides.length === 2 ? css.sides : css.stack}>
          <AnswerView
            name={isCompared ? 'Answer A' : 'Answer'}
            asked={left.asked}
            onRetry={(before) => left.ask(before.question, before.settings)}
          />
          {isCompared && (
            <AnswerView name="Answer B" asked={right.asked} onRetry={(before) => right.ask(before.question, before.settings)} />
          )}
        </div>
      </div>
      {isOpen && <SourcePane />}
    </div>
  )
}

function isSound(faults: SettingFaults): boolean {
  return Object.keys(faults).length === 0
}
