import type { ReactNode } from 'react'
import type { Call } from '../api/client.ts'
import { Button } from './button.tsx'
import { CopyCall } from './copy.tsx'
import { Row } from './page.tsx'

/** Where a form in a dialog ends: what sends it, what leaves it, and the call that it makes. */
export function FormEnd(props: {
  /** On the button that sends it. */
  readonly does: string
  readonly busy: boolean
  readonly disabled?: boolean
  readonly onClose: () => void
  readonly call: Call
  /** What else it can do. */
  readonly children?: ReactNode
}): ReactNode {
  const { does, busy, disabled = false, onClose, call, children } = props
  return (
    <Row>
      <Button type="submit" look="primary" busy={busy} disabled={disabled}>
        {does}
      </Button>
      {children}
      <Button look="quiet" onClick={onClose}>
        Cancel
      </Button>
      <CopyCall call={call} />
    </Row>
  )
}
