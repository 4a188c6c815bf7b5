import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct } from './act.ts'

/** Doesn't agree, and says why: an agent whose calls are rejected is told it. */
export function RejectButton(props: {
  readonly what: string
  readonly callFor: (reason: string | undefined) => Call
}): ReactNode {
  const { what, callFor } = props
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const act = useAct()
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        Reject
      </Button>
      <Dialog title={`Reject ${what === 'plan' ? 'the plan' : what}`} open={open} onClose={() => setOpen(false)}>
        <TextField
          label="Why"
          hint="Stands in the workflow; an agent whose call is rejected is told it."
          maxLength={2_000}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
        {act.error !== null && <ProblemNotice error={act.error} />}
        <Row>
          <Button
            look="danger"
            busy={act.isPending}
            onClick={() => act.mutate(callFor(reason.trim() === '' ? undefined : reason), { onSuccess: () => setOpen(false) })}
          >
            Reject
          </Button>
          <Button look="quiet" onClick={() => setOpen(false)}>
            Back
          </Button>
        </Row>
      </Dialog>
    </>
  )
}
