import { type FormEvent, type ReactNode, useState } from 'react'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Field, TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { Notice } from '../../kit/states.tsx'
import css from './knowledge.module.css'
import type { NamedFile } from './sending.ts'

/** A text as a document, under a name of its own. */
export function PasteDialog(props: {
  readonly open: boolean
  /** Why nothing can be sent now. */
  readonly fault: string | undefined
  readonly onClose: () => void
  readonly onSend: (file: NamedFile) => void
}): ReactNode {
  const { open, fault, onClose, onSend } = props
  const [name, setName] = useState('')
  const [text, setText] = useState('')
  const send = (event: FormEvent): void => {
    event.preventDefault()
    onSend({ name: name.trim(), file: new File([text], name.trim()) })
    setName('')
    setText('')
    onClose()
  }
  return (
    <Dialog title="Paste a text" open={open} onClose={onClose} wide>
      <form className={css.stack} onSubmit={send}>
        <Field
          label="Name"
          required
          maxLength={1_024}
          placeholder="pumps.md"
          hint="Its ending says what it is: .md, .csv, .json, .html; else plain text."
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <TextField label="Text" required rows={12} value={text} onChange={({ target }) => setText(target.value)} />
        {fault !== undefined && <Notice tone="warn">The metadata must be mended first: {fault}</Notice>}
        <Row>
          <Button type="submit" look="primary" disabled={fault !== undefined || name.trim() === '' || text.trim() === ''}>
            Add the text
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </Row>
      </form>
    </Dialog>
  )
}
