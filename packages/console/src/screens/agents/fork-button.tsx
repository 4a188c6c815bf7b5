import { useQueryClient } from '@tanstack/react-query'
import { GitFork } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { useAction, useOnce } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Dialog, DialogBack } from '../../kit/dialog.tsx'
import { Check, Choice, TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { Unsaved } from '../../kit/unsaved.tsx'
import { actionCall } from './act.ts'
import { lookAgain, type PlannedStep } from './workflow.ts'

const ways = [
  { value: 'anew', name: 'Do the step anew' },
  { value: 'prompt', name: 'Do it with another prompt' },
  { value: 'result', name: 'Take a result of mine instead' },
]

/** Begins a workflow that goes another way from this step on; what doesn't depend on it is kept. */
export function ForkButton({ workflowId, planned }: { readonly workflowId: string; readonly planned: PlannedStep }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        <GitFork size={14} aria-hidden="true" /> Fork from here
      </Button>
      {open && <ForkDialog workflowId={workflowId} planned={planned} onClose={() => setOpen(false)} />}
    </>
  )
}

function ForkDialog(props: {
  readonly workflowId: string
  readonly planned: PlannedStep
  readonly onClose: () => void
}): ReactNode {
  const { workflowId, planned, onClose } = props
  const [way, setWay] = useState('prompt')
  const [text, setText] = useState(planned.prompt)
  const work = useTypedWork(text, way === 'prompt' ? planned.prompt : '')
  const [approval, setApproval] = useState(false)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const call = actionCall(workflowId, 'fork', {
    step: planned.id,
    ...(way === 'anew' ? {} : { [way]: text }),
    ...(approval ? { approval: 'plan' } : {}),
  })
  const once = useOnce(call)
  const fork = useAction({
    mutationFn: () => send<{ readonly workflow_id: string }>(once),
    onSuccess: async ({ workflow_id }) => {
      work.letGo()
      void lookAgain(queries)
      await navigate(`/agents/workflows/${encodeURIComponent(workflow_id)}`)
    },
  })
  return (
    <Dialog title={`Fork from ${planned.id}`} open onClose={onClose}>
      <p>A new workflow begins with what this one has done, but for this step and what depends on it. This one stays as it is.</p>
      <Choice
        label="In the fork"
        options={ways}
        value={way}
        onChange={({ target }) => {
          setWay(target.value)
          setText(target.value === 'prompt' ? planned.prompt : '')
        }}
      />
      {way !== 'anew' && (
        <TextField
          label={way === 'prompt' ? 'Prompt' : 'Result'}
          rows={6}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      )}
      <Check label="Somebody has to approve the plan" checked={approval} onChange={({ target }) => setApproval(target.checked)} />
      {fork.error !== null && <ProblemNotice error={fork.error} />}
      <Row>
        <Button
          look="primary"
          busy={fork.isPending}
          disabled={way !== 'anew' && text.trim() === ''}
          onClick={() => fork.mutate()}
        >
          Fork
        </Button>
        <DialogBack />
        <CopyCall call={call} />
        <Unsaved work={work} />
      </Row>
    </Dialog>
  )
}
