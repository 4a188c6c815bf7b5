import { AlertDialog } from '@base-ui/react/alert-dialog'
import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react'
import { type Location, useBlocker } from 'react-router'
import { hold, type TypedWork } from '../api/typed-work.ts'
import { useAskBeforeUnload } from './ask-before-unload.ts'
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
  // Where a key that is pressed without looking loses nothing.
  const keep = useRef<HTMLButtonElement>(null)
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onStay()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={overlay.backdrop} />
        <AlertDialog.Popup className={overlay.dialog} initialFocus={keep}>
          <AlertDialog.Title render={<h2 />}>Throw away what you typed?</AlertDialog.Title>
          <AlertDialog.Description render={<div />}>It isn’t saved.</AlertDialog.Description>
          <div className={css.row}>
            <Button look="danger" onClick={onDiscard}>
              Throw it away
            </Button>
            <AlertDialog.Close ref={keep} render={<Button look="quiet" />}>
              Keep it
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

/** The parameters of the address that what stands here goes by, such as the one that says which tab is open. */
const Parameters = createContext<readonly string[]>([])

/** What stands in it is gone as soon as this parameter of the address is another. */
export function ShownBy({ parameter, children }: { readonly parameter: string; readonly children: ReactNode }): ReactNode {
  const outer = useContext(Parameters)
  return <Parameters value={[...outer, parameter]}>{children}</Parameters>
}

/** What a dialog is told of the forms in it. @returns what ends that. */
export const HeldByDialog = createContext<((work: TypedWork) => () => void) | undefined>(undefined)

/** Within a form: asks before another screen, another tab or a closing dialog takes what is typed there; the browser asks before it loads anew. */
export function Unsaved({ work }: { readonly work: TypedWork }): ReactNode {
  return work.isChanged ? <Asking work={work} /> : null
}

function Asking({ work }: { readonly work: TypedWork }): ReactNode {
  const parameters = useContext(Parameters)
  const holdInDialog = useContext(HeldByDialog)
  const { isUnsaved, letGo } = work
  const blocker = useBlocker(
    ({ currentLocation: from, nextLocation: to }) => isUnsaved() && placeOf(from, parameters) !== placeOf(to, parameters),
  )
  useAskBeforeUnload(isUnsaved)
  useEffect(() => {
    const held = { isChanged: true, isUnsaved, letGo }
    const [release, releaseInDialog] = [hold(held), holdInDialog?.(held)]
    return () => {
      release()
      releaseInDialog?.()
    }
  }, [isUnsaved, letGo, holdInDialog])
  return (
    <AskToDiscard open={blocker.state === 'blocked'} onStay={() => blocker.reset?.()} onDiscard={() => blocker.proceed?.()} />
  )
}

/** What of an address has to stay for a form to stay. */
function placeOf({ pathname, search }: Location, parameters: readonly string[]): string {
  const query = new URLSearchParams(search)
  return JSON.stringify([pathname, ...parameters.map((name) => query.get(name))])
}
