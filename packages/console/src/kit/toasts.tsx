import { Toast } from '@base-ui/react/toast'
import type { ReactNode } from 'react'
import overlay from './overlay.module.css'

const manager = Toast.createToastManager()

/** Says something in passing, in a corner of the page and to screen readers. The same again stands there once, for longer. */
export function tell(text: string): void {
  // Its title is what names it to screen readers.
  manager.add({ id: text, title: text, timeout: 4_000 })
}

/** Where they appear; once in the page. */
export function Toasts(): ReactNode {
  return (
    <Toast.Provider toastManager={manager}>
      <Toast.Portal>
        <Toast.Viewport className={overlay.toasts}>
          <Shown />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function Shown(): ReactNode {
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={overlay.toast} data-toast="">
      <Toast.Title render={<p />} />
    </Toast.Root>
  ))
}
