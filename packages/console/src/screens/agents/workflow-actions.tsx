import type { ReactNode } from 'react'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { tell } from '../../kit/toasts.tsx'
import { actionCall, useAct } from './act.ts'
import { hasEnded, type Workflow } from './workflow.ts'

/** What can be done with a whole workflow while it goes on. */
export function WorkflowActions({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const act = useAct()
  const mayWrite = useMay('workflows:write')
  if (!mayWrite || hasEnded(workflow)) return null
  const { workflow_id: id, status } = workflow
  return (
    <>
      {status !== 'awaiting_approval' && (
        <Button
          size="small"
          busy={act.isPending}
          title="Wakes it where it waits for its time, such as before a step is tried again"
          onClick={() =>
            act.mutate(actionCall(id, 'resume'), {
              onSuccess: () => tell('It was woken.'),
              onError: (error) => tell(error.message),
            })
          }
        >
          Resume
        </Button>
      )}
      <ConfirmButton
        size="small"
        title="Cancel the workflow?"
        text="What its steps do is broken off. What they gave stays, and it can be forked from there."
        confirm="Cancel the workflow"
        onConfirm={() => act.mutateAsync(actionCall(id, 'cancel', {}))}
      >
        Cancel
      </ConfirmButton>
    </>
  )
}
