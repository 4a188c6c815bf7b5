import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Call } from '../../api/client.ts'
import { useMay, useSession } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall, Json } from '../../kit/copy.tsx'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { actionCall, useAct } from './act.ts'
import css from './agents.module.css'
import { PlanEditor } from './plan-editor.tsx'
import { ReasonButton } from './reason-button.tsx'
import type { Plan, PlannedStep, StepRun, Workflow } from './workflow.ts'

/** What waits for somebody's word: the plan, steps before they start, or calls of tools that change something. */
export function ApprovalPanel({ workflow }: { readonly workflow: Workflow }): ReactNode {
  // Here rather than beside its button, which goes as soon as somebody else approves: what was typed stays.
  const [edited, setEdited] = useState<Plan>()
  const waiting = Object.values(workflow.steps).filter(({ status }) => status === 'awaiting_approval')
  return (
    <>
      {workflow.waits_for === 'plan' ? (
        <PlanApproval workflow={workflow} onEdit={setEdited} />
      ) : (
        waiting.map((run) => <StepApproval key={run.step_id} workflow={workflow} run={run} />)
      )}
      {edited && <PlanEditor workflow={workflow} plan={edited} onClose={() => setEdited(undefined)} />}
    </>
  )
}

function PlanApproval(props: { readonly workflow: Workflow; readonly onEdit: (plan: Plan) => void }): ReactNode {
  const { workflow, onEdit } = props
  const { workflow_id: id, plan, user_id: user } = workflow
  const act = useAct()
  const mayWrite = useMay('workflows:write')
  const isOwn = useSession().user_id === user
  const revision = plan?.revision ?? 1
  const approve = actionCall(id, 'approve', { revision })
  // The API takes a plan that was made anew as it is.
  const editable = isOwn && revision === 1 ? plan : null
  return (
    <Panel title="The plan waits for approval" actions={<CopyCall call={approve} />}>
      <Stack>
        <p>
          Nothing runs, and nothing is spent, before somebody agrees to{' '}
          {plan?.steps.length === 1 ? 'this step' : `these ${plan?.steps.length ?? 0} steps`}.
        </p>
        {mayWrite ? (
          <Row>
            <Button look="primary" busy={act.isPending} onClick={() => act.mutate(approve)}>
              Approve the plan
            </Button>
            {editable && <Button onClick={() => onEdit(editable)}>Edit the plan</Button>}
            <RejectButton what="the plan" callFor={(reason) => actionCall(id, 'reject', { revision, reason })} />
          </Row>
        ) : (
          <p className={css.note}>Approving takes the permission workflows:write.</p>
        )}
        {mayWrite && !isOwn && <p className={css.note}>Only {user}, who asked for it, can change the plan.</p>}
        {act.error !== null && <ProblemNotice error={act.error} />}
      </Stack>
    </Panel>
  )
}

function StepApproval({ workflow, run }: { readonly workflow: Workflow; readonly run: StepRun }): ReactNode {
  const { workflow_id: id, plan } = workflow
  const { step_id: step, pending_calls: calls = [] } = run
  const planned = plan?.steps.find((one) => one.id === step)
  const act = useAct()
  const mayWrite = useMay('workflows:write')
  const about = { step, ...(calls.length > 0 ? { calls: calls.map(({ call_id }) => call_id) } : {}) }
  const approve = actionCall(id, 'approve', about)
  const title = calls.length > 0 ? `${step} wants to change something` : `${step} waits for approval`
  return (
    <Panel title={title} actions={<CopyCall call={approve} />}>
      <Stack>
        {calls.length > 0 ? (
          calls.map((call) => (
            <div key={call.call_id}>
              <p>
                It calls <code>{call.tool}</code> with:
              </p>
              <Json value={call.input} what={`the arguments of ${call.tool}`} />
            </div>
          ))
        ) : (
          <What planned={planned} />
        )}
        {mayWrite ? (
          <Row>
            <Button look="primary" busy={act.isPending} onClick={() => act.mutate(approve)}>
              {calls.length > 0 ? 'Approve the call' : `Approve ${step}`}
            </Button>
            <RejectButton what={step} callFor={(reason) => actionCall(id, 'reject', { ...about, reason })} />
            <OpenStep step={step} />
          </Row>
        ) : (
          <p className={css.note}>Approving takes the permission workflows:write.</p>
        )}
        {act.error !== null && <ProblemNotice error={act.error} />}
      </Stack>
    </Panel>
  )
}

function RejectButton(props: { readonly what: string; readonly callFor: (reason: string | undefined) => Call }): ReactNode {
  return (
    <ReasonButton
      title={`Reject ${props.what}`}
      hint="Stands in the workflow; an agent whose call is rejected is told it."
      confirm="Reject"
      callFor={props.callFor}
    >
      Reject
    </ReasonButton>
  )
}

function What({ planned }: { readonly planned: PlannedStep | undefined }): ReactNode {
  if (!planned) return null
  return (
    <p>
      It would have the agent <strong>{planned.agent_type}</strong> do: {planned.prompt}
    </p>
  )
}

function OpenStep({ step }: { readonly step: string }): ReactNode {
  const [, setQuery] = useSearchParams()
  return (
    <Button
      look="quiet"
      onClick={() =>
        setQuery((before) => {
          before.set('step', step)
          return before
        })
      }
    >
      What it was given
    </Button>
  )
}
