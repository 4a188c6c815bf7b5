import { type ReactNode, useState } from 'react'
import { Problem } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { actionCall, useAct } from './act.ts'
import css from './agents.module.css'
import { readJson } from './read-json.ts'
import type { Plan } from './workflow.ts'

/** Changes a plan that waits, and agrees to it as it is then. */
export function PlanEditor(props: { readonly workflowId: string; readonly plan: Plan; readonly onClose: () => void }): ReactNode {
  const { workflowId, plan, onClose } = props
  const { goal, success_criteria, steps } = plan
  const [text, setText] = useState(() => JSON.stringify({ goal, success_criteria, steps }, null, 2))
  const act = useAct()
  const { value, fault } = readJson(text)
  const call = actionCall(workflowId, 'approve', { plan: value ?? {} })
  const problem = act.error instanceof Problem && act.error.field !== undefined ? act.error : undefined
  return (
    <Dialog wide title="Edit the plan" open onClose={onClose}>
      <TextField
        label="Plan, as JSON"
        hint="Of each step id, agent_type and prompt are required; a step starts when the last of its dependencies has ended."
        rows={20}
        spellCheck={false}
        className={css.code}
        value={text}
        fault={fault ?? (problem && `${problem.field}: ${problem.message}`)}
        onChange={({ target }) => {
          setText(target.value)
          act.reset()
        }}
      />
      {act.error !== null && !problem && <ProblemNotice error={act.error} />}
      <Row>
        <Button
          look="primary"
          busy={act.isPending}
          disabled={value === undefined}
          onClick={() => act.mutate(call, { onSuccess: onClose })}
        >
          Approve the edited plan
        </Button>
        <Button look="quiet" onClick={onClose}>
          Back
        </Button>
        <CopyCall call={call} />
      </Row>
    </Dialog>
  )
}
