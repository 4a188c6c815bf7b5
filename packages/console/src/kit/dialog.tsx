import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog as Base } from '@base-ui/react/dialog'
import { type ComponentProps, type ReactNode, useCallback, useRef, useState } from 'react'
import { useAction } from '../api/action.ts'
import type { TypedWork } from '../api/typed-work.ts'
import { Button } from './button.tsx'
import { Field } from './field.tsx'
import css from './kit.module.css'
import overlay from './overlay.module.css'
import { ProblemNotice } from './states.tsx'
import { AskToDiscard, HeldByDialog } from './unsaved.tsx'

/**
 * A dialog over the page: the rest can't be reached while it is open, Escape closes it, and the focus goes back. It asks first where a form in
 * it holds something unsaved.
 */
export function Dialog(props: {
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly wide?: boolean
  /** What is typed in it is there again when it is opened again. */
  readonly keepsTyped?: boolean
  /** It shows what is shown once: only its own button closes it, no Escape and no click beside it. */
  readonly stays?: boolean
  readonly children: ReactNode
}): ReactNode {
  const { title, open, onClose, wide = false, keepsTyped = false, stays = false, children } = props
  const [asks, setAsks] = useState(false)
  const forms = useRef(new Set<TypedWork>())
  const hold = useCallback((form: TypedWork) => {
    forms.current.add(form)
    return () => void forms.current.delete(form)
  }, [])
  const isLost = (): boolean => !keepsTyped && [...forms.current].some(({ isUnsaved }) => isUnsaved())
  const close = (): void => (isLost() ? setAsks(true) : onClose())
  return (
    <Base.Root open={open} onOpenChange={(next, { event }) => !next && !stays && !isSecondPress(event) && close()}>
      <Base.Portal>
        <Base.Backdrop className={overlay.backdrop} />
        <Popup className={wide ? `${overlay.dialog} ${overlay.wide}` : overlay.dialog}>
          <Base.Title render={<h2 />}>{title}</Base.Title>
          <HeldByDialog value={hold}>{children}</HeldByDialog>
          <AskToDiscard
            open={asks}
            onStay={() => setAsks(false)}
            onDiscard={() => {
              setAsks(false)
              for (const { letGo } of forms.current) letGo()
              onClose()
            }}
          />
        </Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** What opens a dialog may be pressed twice at once: that presses no button that came to stand under the pointer. */
function Popup(props: ComponentProps<typeof Base.Popup>): ReactNode {
  const isPressed = useRef(false)
  return (
    <Base.Popup
      {...props}
      onClickCapture={(event) => {
        if (isSecondPress(event.nativeEvent) && !isPressed.current) {
          event.preventDefault()
          event.stopPropagation()
        }
        isPressed.current = true
      }}
    />
  )
}

function isSecondPress(event: Event): boolean {
  return event instanceof MouseEvent && event.detail > 1
}

/** Closes the dialog that it stands in. */
export function DialogBack({ children = 'Back' }: { readonly children?: ReactNode }): ReactNode {
  return <Base.Close render={<Button look="quiet" />}>{children}</Base.Close>
}

/** A button for what can't be taken back: asks first, and shows what the server has against it. */
export function ConfirmButton(props: {
  readonly children: ReactNode
  readonly title: string
  /** What will happen. */
  readonly text: ReactNode
  /** On the button that does it. */
  readonly confirm: string
  readonly onConfirm: () => Promise<unknown>
  /** A name to be typed first, for what is nearly everything. */
  readonly typed?: string
  readonly disabled?: boolean
  readonly look?: 'plain' | 'danger' | 'quiet'
  readonly size?: 'usual' | 'small'
}): ReactNode {
  const { children, title, text, confirm, onConfirm, typed, disabled = false, look = 'danger', size = 'usual' } = props
  const [open, setOpen] = useState(false)
  const [given, setGiven] = useState('')
  // Where a key that is pressed without looking changes nothing.
  const back = useRef<HTMLButtonElement>(null)
  const acting = useAction({ mutationFn: onConfirm, onSuccess: () => setOpen(false) })
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next)
        setGiven('')
      }}
    >
      <AlertDialog.Trigger render={<Button {...{ look, size, disabled }} />}>{children}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={overlay.backdrop} />
        <Popup className={overlay.dialog} {...(typed === undefined && { initialFocus: back })}>
          <AlertDialog.Title render={<h2 />}>{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />}>{text}</AlertDialog.Description>
          {typed !== undefined && (
            <Field
              label={`Type ${typed} to go on`}
              autoComplete="off"
              spellCheck={false}
              value={given}
              onChange={({ target }) => setGiven(target.value)}
            />
          )}
          {acting.error !== null && <ProblemNotice error={acting.error} />}
          <div className={css.row}>
            <Button
              look={look === 'danger' ? 'danger' : 'primary'}
              busy={acting.isPending}
              disabled={typed !== undefined && given.trim() !== typed}
              onClick={() => acting.mutate()}
            >
              {confirm}
            </Button>
            <AlertDialog.Close ref={back} render={<Button look="quiet" />}>
              Back
            </AlertDialog.Close>
          </div>
        </Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
