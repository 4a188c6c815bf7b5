import type { ReactNode } from 'react'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { tell } from '../../kit/toasts.tsx'
import { actionCall, useAct } from './act.ts'
import { ReasonButton } from './reason-button.tsx'
import { hasEnded, type Workflow } from './workflow.ts'

/** What can be done with a whole workflow while it goes on. */
export function WorkflowActions({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const act = useAct()
  const mayWrite = useMay('workflows:write')
  if (!mayWrite || hasEnded(workflow)) return null
  const { workflow_id: id, steps } = workflow
  const waits = Object.values(steps).some(({ again_at }) => again_at !== undefined)
  return (
    <>
      {waits && (
        <Button
          size="small"
          busy={act.isPending}
          title="A step waits for its time before it is tried again"
          onClick={() =>
            act.mutate(actionCall(id, 'resume'), {
              onSuccess: () => tell('It was woken.'),
              onError: (error) => tell(error.message),
            })
          }
        >
          Try now
        </Button>
      )}
      <ReasonButton
        size="small"
        title="Cancel the workflow?"
        text="What its steps do is broken off. What they gave stays, and it can be forked from there."
        hint="Stands in the workflow, with your name."
        confirm="Cancel the workflow"
        callFor={(reason) => actionCall(id, 'cancel', { reason })}
      >
        Cancel
      </ReasonButton>
    </>
  )
}
