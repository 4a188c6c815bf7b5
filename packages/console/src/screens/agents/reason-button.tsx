import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/client.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog, DialogBack } from '../../kit/dialog.tsx'
import { TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { Unsaved } from '../../kit/unsaved.tsx'
import { useAct } from './act.ts'

/** A button for what somebody should say why they do it. */
export function ReasonButton(props: {
  readonly children: ReactNode
  readonly title: string
  /** What will happen. */
  readonly text?: ReactNode
  readonly hint: string
  /** On the button that does it. */
  readonly confirm: string
  readonly callFor: (reason: string | undefined) => Call
  readonly size?: 'usual' | 'small'
}): ReactNode {
  const { children, title, text, hint, confirm, callFor, size = 'usual' } = props
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const work = useTypedWork(reason, '')
  const act = useAct()
  const close = (): void => {
    setOpen(false)
    setReason('')
  }
  return (
    <>
      <Button look="danger" size={size} onClick={() => setOpen(true)}>
        {children}
      </Button>
      <Dialog title={title} open={open} onClose={close}>
        {text !== undefined && <p>{text}</p>}
        <TextField label="Why" hint={hint} maxLength={2_000} value={reason} onChange={({ target }) => setReason(target.value)} />
        {act.error !== null && <ProblemNotice error={act.error} />}
        <Row>
          <Button
            look="danger"
            busy={act.isPending}
            onClick={() => act.mutate(callFor(reason.trim() === '' ? undefined : reason), { onSuccess: close })}
          >
            {confirm}
          </Button>
          <DialogBack />
          <Unsaved work={work} />
        </Row>
      </Dialog>
    </>
  )
}
