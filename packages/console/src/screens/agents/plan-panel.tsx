import { type ReactNode, useEffect, useMemo, useRef } from 'react'
import { useSearchParams } from 'react-router'
import { lazyPart } from '../../kit/lazy-part.tsx'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loading, Notice } from '../../kit/states.tsx'
import { type Tab, Tabs } from '../../kit/tabs.tsx'
import css from './agents.module.css'
import { levelsOf } from './levels.ts'
import { StepList } from './step-list.tsx'
import { StepPanel } from './step-panel.tsx'
import { hasEnded, type PlannedStep, type StepRun, synthesis, type Workflow } from './workflow.ts'

const PlanGraph = lazyPart(
  () => import('./plan-graph.tsx'),
  () => <Loading what="Drawing" />,
)

/** The plan, as a graph and as a list that says the same; the step that was chosen beside it. Both stand in the address. */
export function PlanPanel(props: {
  readonly workflow: Workflow
  /** What stands below the plan, beside the step. */
  readonly children: ReactNode
}): ReactNode {
  const { workflow, children } = props
  const [query, setQuery] = useSearchParams()
  const steps = useMemo(() => stepsOf(workflow.plan, workflow.synthesis), [workflow.plan, workflow.synthesis])
  const asked = query.get('step') ?? undefined
  const chosen = steps.find(({ id }) => id === asked)
  const choose = (id: string | undefined): void =>
    setQuery((before) => {
      if (id === undefined) before.delete('step')
      else before.set('step', id)
      return before
    })
  const levels = useMemo(() => levelsOf(steps), [steps])
  const parts = { workflow, levels, chosen: chosen?.id, onChoose: choose }
  const graph: Tab = {
    id: 'graph',
    name: 'Graph',
    show: () => <PlanGraph {...parts} />,
  }
  const list: Tab = { id: 'list', name: `Steps (${steps.length})`, show: () => <StepList {...parts} /> }
  return (
    <div className={chosen ? css.planWithStep : css.plan}>
      <div className={css.column}>
        <Panel title="Plan">
          {workflow.plan && workflow.plan.success_criteria.length > 0 && <Criteria plan={workflow.plan} />}
          {steps.length > 0 && asked !== undefined && !chosen && (
            <Notice tone="warn">
              The plan has no step <code>{asked}</code>.
            </Notice>
          )}
          {steps.length > 0 && <Tabs name="The plan" parameter="view" tabs={isNarrow() ? [list, graph] : [graph, list]} />}
          {steps.length === 0 &&
            (hasEnded(workflow) ? <Empty title="There was no plan" /> : <Loading what="The orchestrator makes a plan" />)}
        </Panel>
        {children}
      </div>
      {chosen && (
        <Chosen key={chosen.id}>
          <StepPanel workflow={workflow} planned={chosen} onChoose={choose} onClose={() => choose(undefined)} />
        </Chosen>
      )}
    </div>
  )
}

/** Where boxes would be too small to be read, the list comes first. */
function isNarrow(): boolean {
  return matchMedia('(max-width: 700px)').matches
}

/** Brought into sight where it stands below the graph. */
function Chosen({ children }: { readonly children: ReactNode }): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (matchMedia('(max-width: 1100px)').matches) box.current?.scrollIntoView({ block: 'start' })
  }, [])
  return (
    <div ref={box} className={css.chosen}>
      {children}
    </div>
  )
}

function Criteria({ plan }: { readonly plan: NonNullable<Workflow['plan']> }): ReactNode {
  return (
    <div className={css.criteria}>
      <h3>It is done when</h3>
      <ul>
        {plan.success_criteria.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </div>
  )
}

/** The plan's steps, with the synthesis at the end where it has begun and is no step of the plan's. */
function stepsOf(plan: Workflow['plan'], own: StepRun | null): readonly PlannedStep[] {
  if (!plan) return []
  if (!own || (own.status === 'pending' && own.attempts === 0 && plan.steps.length === 1)) return plan.steps
  const needed = new Set(plan.steps.flatMap(({ dependencies }) => dependencies))
  const dependencies = plan.steps.flatMap(({ id }) => (needed.has(id) ? [] : [id]))
  const prompt = 'Put the results together into one answer to the request.'
  return [...plan.steps, { id: synthesis, agent_type: own.agent_type, prompt, dependencies }]
}
