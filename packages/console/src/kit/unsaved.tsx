import { AlertDialog } from '@base-ui/react/alert-dialog'
import { type ReactNode, useEffect } from 'react'
import { useBlocker } from 'react-router'
import { Button } from './button.tsx'
import css from './kit.module.css'
import overlay from './overlay.module.css'

/** Asks before what was typed is lost. */
export function AskToDiscard(props: {
  readonly open: boolean
  readonly onStay: () => void
  readonly onDiscard: () => void
}): ReactNode {
  const { open, onStay, onDiscard } = props
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onStay()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={overlay.backdrop} />
        <AlertDialog.Popup className={overlay.dialog}>
          <AlertDialog.Title render={<h2 />}>Discard what you changed?</AlertDialog.Title>
          <AlertDialog.Description render={<div />}>It isn’t saved.</AlertDialog.Description>
          <div className={css.row}>
            <Button look="danger" onClick={onDiscard}>
              Discard
            </Button>
            <AlertDialog.Close render={<Button look="quiet" />}>Back</AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

/** Asks before another screen takes the place of one with something unsaved; the browser asks before it closes the page. */
export function Unsaved({ isUnsaved }: { readonly isUnsaved: () => boolean }): ReactNode {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname && isUnsaved(),
  )
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isUnsaved()) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isUnsaved])
  return (
    <AskToDiscard open={blocker.state === 'blocked'} onStay={() => blocker.reset?.()} onDiscard={() => blocker.proceed?.()} />
  )
}
