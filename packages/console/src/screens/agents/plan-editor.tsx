import { type ReactNode, useState } from 'react'
import { Problem } from '../../api/client.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Dialog, DialogBack } from '../../kit/dialog.tsx'
import { TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { Unsaved } from '../../kit/unsaved.tsx'
import { actionCall, useAct } from './act.ts'
import css from './agents.module.css'
import { wordsOf } from './decisions.tsx'
import { type EditedPlan, isEditable, StepFields } from './plan-steps-form.tsx'
import { readJson } from './read-json.ts'
import type { Plan, Workflow } from './workflow.ts'

/** Changes a plan that waits, step by step or as JSON, and agrees to it as it is then. */
export function PlanEditor(props: {
  readonly workflow: Workflow
  /** As it was when it was opened. */
  readonly plan: Plan
  readonly onClose: () => void
}): ReactNode {
  const { workflow, plan, onClose } = props
  const { goal, success_criteria, steps } = plan
  const first = JSON.stringify({ goal, success_criteria, steps }, null, 2)
  const [text, setText] = useState(first)
  const work = useTypedWork(text, first)
  const [asJson, setAsJson] = useState(false)
  const { value, fault } = readJson(text)
  const call = actionCall(workflow.workflow_id, 'approve', { plan: value ?? {} })
  const act = useAct(call)
  const isLate = workflow.waits_for !== 'plan' && !act.isPending && !act.isSuccess
  const last = workflow.decisions.findLast(({ step_id: step }) => step === undefined)
  const problem = act.error instanceof Problem && act.error.field !== undefined ? act.error : undefined
  return (
    <Dialog wide title="Edit the plan" open onClose={onClose}>
      {isLate && (
        <Notice tone="warn">
          The plan doesn’t wait any more. {last && wordsOf(last)} What you typed stays here until you close it, and can be copied
          as JSON.
        </Notice>
      )}
      <Row>
        <Button size="small" look={asJson ? 'plain' : 'primary'} aria-pressed={!asJson} onClick={() => setAsJson(false)}>
          Step by step
        </Button>
        <Button size="small" look={asJson ? 'primary' : 'plain'} aria-pressed={asJson} onClick={() => setAsJson(true)}>
          As JSON
        </Button>
      </Row>
      {!asJson && isEditable(value) && (
        <StepFields plan={value} onChange={(next: EditedPlan) => setText(JSON.stringify(next, null, 2))} />
      )}
      {!asJson && !isEditable(value) && <p className={css.bad}>The JSON is no plan with steps; mend it there.</p>}
      {asJson && (
        <TextField
          label="Plan, as JSON"
          hint="Of each step id, agent_type and prompt are required; a step starts when the last of its dependencies has ended."
          rows={20}
          spellCheck={false}
          className={css.code}
          value={text}
          fault={fault ?? (problem && `${problem.field}: ${problem.message}`)}
          onChange={({ target }) => setText(target.value)}
        />
      )}
      {act.error !== null && !(asJson && problem) && <ProblemNotice error={act.error} />}
      <Row>
        <Button
          look="primary"
          busy={act.isPending}
          disabled={value === undefined || isLate}
          onClick={() => act.mutate(call, { onSuccess: onClose })}
        >
          Approve the edited plan
        </Button>
        <DialogBack />
        <CopyCall call={call} />
        <Unsaved work={work} />
      </Row>
    </Dialog>
  )
}
