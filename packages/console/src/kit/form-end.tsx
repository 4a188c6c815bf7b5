import type { ReactNode } from 'react'
import type { Call } from '../api/client.ts'
import type { TypedWork } from '../api/typed-work.ts'
import { Button } from './button.tsx'
import { CopyCall } from './copy.tsx'
import { DialogBack } from './dialog.tsx'
import { Row } from './page.tsx'
import { Unsaved } from './unsaved.tsx'

/** Where a form in a dialog ends: what sends it, what leaves it, and the call that it makes. Nothing that was typed is left without a question. */
export function FormEnd(props: {
  /** On the button that sends it. */
  readonly does: string
  readonly busy: boolean
  readonly disabled?: boolean
  readonly work: TypedWork
  readonly call: Call
  /** What else it can do. */
  readonly children?: ReactNode
}): ReactNode {
  const { does, busy, disabled = false, work, call, children } = props
  return (
    <Row>
      <Button type="submit" look="primary" busy={busy} disabled={disabled}>
        {does}
      </Button>
      {children}
      <DialogBack>Cancel</DialogBack>
      <CopyCall call={call} />
      <Unsaved work={work} />
    </Row>
  )
}
