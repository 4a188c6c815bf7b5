import { Menu } from '@base-ui/react/menu'
import { Check, Code, Copy } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Call } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { administers, asCurl, asTypeScript, type Step } from '../api/snippets.ts'
import { Button } from './button.tsx'
import { formatName } from './format.ts'
import css from './kit.module.css'
import overlay from './overlay.module.css'
import { tell } from './toasts.tsx'

/** @returns whether the browser let it. */
async function copy(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    tell(`${what} is in the clipboard.`)
    return true
  } catch {
    tell('The browser did not let the page use the clipboard.')
    return false
  }
}

interface Copied {
  readonly text: string
  readonly what: string
  /** Where it is the next thing to do. */
  readonly autoFocus?: boolean
}

/** A button that copies a text, such as an id. */
export function CopyButton({ text, what, ...rest }: Copied): ReactNode {
  const [copied, setCopied] = useState(false)
  return (
    <Button {...rest} look="quiet" size="small" aria-label={`Copy ${what}`} onClick={() => void copy(text, what).then(setCopied)}>
      {copied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
    </Button>
  )
}

type Form = (steps: readonly Step[]) => string

const forms: readonly (readonly [string, Form])[] = [
  ['Copy as curl', asCurl],
  ['Copy as TypeScript', asTypeScript],
]

/** What a part of the page does, as a call of the API, or all of them in their order: for a shell, or for a program. */
export function CopyCall({ call }: { readonly call: Call | (() => readonly Step[]) }): ReactNode {
  const stepsOf = (): readonly Step[] => (typeof call === 'function' ? call() : [call])
  const copyAs = (form: Form): Promise<boolean> => {
    const steps = stepsOf()
    return copy(form(steps), steps.length === 1 ? 'The call' : `What makes the ${steps.length} calls`)
  }
  return (
    <Menu.Root>
      <Menu.Trigger render={<Button look="quiet" size="small" />}>
        <Code size={14} aria-hidden="true" /> API
      </Menu.Trigger>
      <Menu.Portal>
        <Forms onChoose={copyAs} stepsOf={stepsOf} />
      </Menu.Portal>
    </Menu.Root>
  )
}

/** To the right where there is room, and over the screen alone: the navigation is no part of it. */
function Forms({
  onChoose,
  stepsOf,
}: {
  readonly onChoose: (form: Form) => unknown
  readonly stepsOf: () => readonly Step[]
}): ReactNode {
  const screen = document.getElementById('screen')
  return (
    <Menu.Positioner sideOffset={4} align="start" {...(screen && { collisionBoundary: screen })}>
      <Menu.Popup className={overlay.menu}>
        <Menu.Group>
          {forms.map(([name, form]) => (
            <Menu.Item key={name} className={overlay.menuItem} onClick={() => void onChoose(form)}>
              {name}
            </Menu.Item>
          ))}
          <Menu.GroupLabel className={overlay.menuNote}>
            <WordOfToken stepsOf={stepsOf} />
          </Menu.GroupLabel>
        </Menu.Group>
      </Menu.Popup>
    </Menu.Positioner>
  )
}

/** Made only while the menu is open. */
function WordOfToken({ stepsOf }: { readonly stepsOf: () => readonly Step[] }): ReactNode {
  const { tenant_id } = useSession()
  const needsMore = administers(stepsOf())
  return (
    <>
      <code>PLINTH_TOKEN</code> has to be set: to a virtual key, or on the server’s machine to what this prints:{' '}
      <code>
        npx --no-install plinth token --tenant {tenant_id}
        {needsMore && " --permissions '*'"}
      </code>
      {needsMore && (
        <>
          . It needs the permission <code>tenants:admin</code>, which neither has unless it is asked for.
        </>
      )}
    </>
  )
}

/** Code, or a text as it is, with a button that copies it. What turns its direction is spelt out where it is shown: it would read as another one. */
export function CodeBlock(props: Copied): ReactNode {
  const { text, what } = props
  return (
    <pre className={css.code} tabIndex={0} role="group" aria-label={what}>
      <span style={{ float: 'right' }}>
        <CopyButton {...props} />
      </span>
      {formatName(text)}
    </pre>
  )
}

/** Any JSON, indented. */
export function Json({ value, what }: { readonly value: unknown; readonly what: string }): ReactNode {
  return <CodeBlock text={JSON.stringify(value, null, 2) ?? ''} what={what} />
}
