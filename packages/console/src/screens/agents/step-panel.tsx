import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { get } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Badge, StatusBadge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall, Json } from '../../kit/copy.tsx'
import { Cost } from '../../kit/cost.tsx'
import { Pairs } from '../../kit/figures.tsx'
import { formatCount, formatName, formatTime } from '../../kit/format.ts'
import { Markdown } from '../../kit/markdown.tsx'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { Loaded, Notice, ProblemNotice } from '../../kit/states.tsx'
import { actionCall, useAct } from './act.ts'
import css from './agents.module.css'
import { DecisionList } from './decisions.tsx'
import { ForkButton } from './fork-button.tsx'
import { dependantsOf } from './levels.ts'
import { StepInput, StepTries, type StepWhole } from './step-parts.tsx'
import { nameOfStep, tookOf } from './step-words.tsx'
import { type PlannedStep, runOf, type StepRun, stepKey, stepPath, synthesis, type Workflow } from './workflow.ts'

/** One step: what it was told and given, what it used, what came of each try, and what can be done with it. */
export function StepPanel(props: {
  readonly workflow: Workflow
  readonly planned: PlannedStep
  readonly onChoose: (id: string) => void
  readonly onClose: () => void
}): ReactNode {
  const { workflow, planned, onChoose, onClose } = props
  const { id } = planned
  const run = runOf(workflow, id)
  const path = stepPath(workflow.workflow_id, id)
  const query = useQuery({
    queryKey: stepKey(workflow.workflow_id, id),
    queryFn: ({ signal }) => get<StepWhole>(path, signal),
    // A plan that was given is shown before the workflow begins with it, which is when there are steps to ask for.
    enabled: workflow.status !== 'planning',
    refetchInterval: run?.status === 'running' ? 2_000 : false,
  })
  return (
    <Panel
      title={`Step ${nameOfStep(id)}`}
      actions={
        <>
          <CopyCall call={{ method: 'GET', path }} />
          <Button look="quiet" size="small" aria-label="Close the step" onClick={onClose}>
            <X size={16} aria-hidden="true" />
          </Button>
        </>
      }
    >
      <Stack>
        <Row>
          <StatusBadge status={run?.status ?? 'pending'} />
          {run?.given_by === undefined && <Badge>{planned.agent_type}</Badge>}
          {run?.given_by !== undefined && <Badge tone="info">written by {run.given_by}</Badge>}
          {run?.truncated && <Badge tone="warn">cut off by its token limit</Badge>}
        </Row>
        {run?.error && (
          <Notice tone="bad">
            {run.error.message} <code>{run.error.code}</code>
          </Notice>
        )}
        {run?.again_at !== undefined && <Notice>It is tried again at {formatTime(run.again_at)}.</Notice>}
        <StepActions workflow={workflow} planned={planned} run={run} />
        <DecisionList of={workflow.decisions.filter(({ step_id }) => step_id === id)} />
        <section className={css.part}>
          <h3>Task</h3>
          <p className={css.text}>{planned.prompt}</p>
          <Links name="Needs" ids={planned.dependencies} onChoose={onChoose} />
          <Links name="Needed by" ids={dependantsOf(workflow.plan?.steps ?? [], id)} onChoose={onChoose} />
        </section>
        <StepCriteria planned={planned} run={run} />
        {run?.result != null && <Output run={run} />}
        <Used run={run} />
        {workflow.status !== 'planning' && (
          <Loaded query={query}>
            {(whole) => (
              <>
                <StepTries tries={whole.tries} />
                {run?.given_by === undefined && <StepInput whole={whole} planned={planned} onChoose={onChoose} />}
              </>
            )}
          </Loaded>
        )}
      </Stack>
    </Panel>
  )
}

function StepActions(props: {
  readonly workflow: Workflow
  readonly planned: PlannedStep
  readonly run: StepRun | undefined
}): ReactNode {
  const { workflow, planned, run } = props
  const act = useAct()
  const mayWrite = useMay('workflows:write')
  if (!mayWrite || planned.id === synthesis) return null
  const isLeft = run?.status === 'failed' || run?.status === 'skipped' || run?.status === 'cancelled'
  const retry = actionCall(workflow.workflow_id, `steps/${encodeURIComponent(planned.id)}/retry`)
  return (
    <>
      <Row>
        {workflow.status === 'failed' && isLeft && (
          <Button size="small" look="primary" busy={act.isPending} onClick={() => act.mutate(retry)}>
            Retry
          </Button>
        )}
        {workflow.status !== 'planning' && <ForkButton workflowId={workflow.workflow_id} planned={planned} />}
      </Row>
      {act.error !== null && <ProblemNotice error={act.error} />}
    </>
  )
}

function Links(props: {
  readonly name: string
  readonly ids: readonly string[]
  readonly onChoose: (id: string) => void
}): ReactNode {
  const { name, ids, onChoose } = props
  if (ids.length === 0) return null
  return (
    <div className={css.links}>
      <span className={css.note}>{name}</span>
      {ids.map((id) => (
        <Button key={id} size="small" onClick={() => onChoose(id)}>
          {nameOfStep(id)}
        </Button>
      ))}
    </div>
  )
}

function StepCriteria({ planned, run }: { readonly planned: PlannedStep; readonly run: StepRun | undefined }): ReactNode {
  const { success_criteria: criteria = [], expected_output: expected } = planned
  if (criteria.length === 0 && expected == null) return null
  return (
    <section className={css.part}>
      <h3>
        Expected {run?.criteria === 'met' && <Badge tone="good">criteria met</Badge>}
        {run?.criteria === 'not_judged' && <Badge>not judged</Badge>}
      </h3>
      {typeof expected === 'string' && <p className={css.text}>{expected}</p>}
      {typeof expected === 'object' && expected !== null && <Json value={expected} what="the schema of the output" />}
      {criteria.length > 0 && (
        <ul className={css.bullets}>
          {criteria.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Output({ run }: { readonly run: StepRun }): ReactNode {
  return (
    <section className={css.part}>
      <h3>{run.given_by === undefined ? 'Output' : `Output, as ${run.given_by} wrote it`}</h3>
      <div className={css.output} tabIndex={0} role="group" aria-label="Output">
        {run.output === undefined ? <Markdown text={run.result ?? ''} /> : <Json value={run.output} what="the output" />}
      </div>
      {run.sources.length > 0 && <p className={css.note}>Rests on {run.sources.map(formatName).join(', ')}</p>}
    </section>
  )
}

function Used({ run }: { readonly run: StepRun | undefined }): ReactNode {
  if (!run || run.started_at === null) return null
  const { input_tokens: input, output_tokens: output, usd } = run.usage
  return (
    <section className={css.part}>
      <h3>Used</h3>
      <Pairs
        of={[
          ['Started', formatTime(run.started_at)],
          ['Took', tookOf(run)],
          ['Attempts', run.attempts],
          ['Tokens', `${formatCount(input)} in, ${formatCount(output)} out`],
          ['Tool calls', run.tool_calls],
          ['Cost', <Cost key="cost" usd={usd} />],
        ]}
      />
    </section>
  )
}
