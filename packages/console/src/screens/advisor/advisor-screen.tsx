import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue, useMemo, useRef } from 'react'
import { useSearchParams } from 'react-router'
import { type Call, Problem, send } from '../../api/client.ts'
import { addressed } from '../../kit/addressed.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Page, Row } from '../../kit/page.tsx'
import { Loading, Notice, ProblemNotice } from '../../kit/states.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { withNumbers } from '../../kit/typed.ts'
import type { Advice, Answers } from './advice.ts'
import css from './advisor.module.css'
import { CostPanels } from './cost-panels.tsx'
import { examples } from './examples.ts'
import { NextSteps } from './next-steps.tsx'
import { QuestionForm } from './question-form.tsx'
import { answerFields, answerNumbers } from './questions.ts'
import { RankingPanel } from './ranking-panel.tsx'
import { RisksPanel } from './risks-panel.tsx'
import { RoadmapPanel } from './roadmap-panel.tsx'
import { SensitivityPanel } from './sensitivity-panel.tsx'

/** Questions left, the answer right, anew with each answer. The profile stands in the address. */
export default function AdvisorScreen(): ReactNode {
  const [query, setQuery] = useSearchParams()
  const text = query.get('profile')
  const answers: Answers = useMemo(() => addressed(text), [text])
  const asked = useDeferredValue(answers)
  const call: Call = { method: 'POST', path: '/api/advisor', body: { profile: asked } }
  const advice = useQuery({
    queryKey: ['/api/advisor', asked],
    queryFn: ({ signal }) => send<Advice>(withNumbers(call, answerNumbers), signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const last = useRef<{ readonly advice: Advice; readonly answers: Answers }>(undefined)
  if (advice.data !== undefined) last.current = { advice: advice.data, answers: asked }
  // What the token doesn't open any more isn't shown.
  const isShut = advice.error instanceof Problem && advice.error.status === 403
  const shown = isShut ? undefined : last.current
  const change = (next: Answers): void =>
    setQuery(
      (before) => {
        before.set('profile', JSON.stringify(next))
        return before
      },
      { replace: true },
    )
  return (
    <Page
      title="Advisor"
      about="Which patterns fit, what they cost a month on AWS and why, and what breaks first. Nothing is kept, and no model is asked."
      actions={
        <>
          <CopyCall call={call} />
          <Button size="small" onClick={() => change({})}>
            Clear the answers
          </Button>
        </>
      }
    >
      <Row>
        {examples.map((example) => (
          <Button key={example.name} size="small" onClick={() => change(example.answers)}>
            {example.name}
          </Button>
        ))}
      </Row>
      <div className={css.halves}>
        <QuestionForm answers={answers} assumed={shown?.advice.profile ?? {}} error={advice.error} onChange={change} />
        <div className={css.result} aria-busy={advice.isFetching}>
          {advice.error !== null && (
            <ProblemNotice error={advice.error} fields={answerFields} onRetry={() => void advice.refetch()} />
          )}
          {shown === undefined ? (
            advice.error === null && <Loading what="Computing" />
          ) : (
            <>
              {advice.error !== null && <Notice>Below is the advice as it was before.</Notice>}
              <section className={advice.error === null ? css.panels : css.before} aria-label="Advice">
                <Result {...shown} />
              </section>
            </>
          )}
        </div>
      </div>
    </Page>
  )
}

function Result({ advice, answers }: { readonly advice: Advice; readonly answers: Answers }): ReactNode {
  return (
    <>
      <RankingPanel advice={advice} />
      <Tabs
        name="The advice"
        tabs={[
          { id: 'cost', name: 'Cost', show: () => <CostPanels cost={advice.cost} quota={advice.quota} flags={advice.flags} /> },
          { id: 'sensitivity', name: 'Sensitivity', show: () => <SensitivityPanel cost={advice.cost} /> },
          { id: 'risks', name: `Risks (${advice.risks.length})`, show: () => <RisksPanel risks={advice.risks} /> },
          { id: 'roadmap', name: 'Roadmap', show: () => <RoadmapPanel roadmap={advice.roadmap} /> },
          { id: 'next', name: 'Take it along', show: () => <NextSteps advice={advice} answers={answers} /> },
        ]}
      />
    </>
  )
}
