import { type FormEvent, type ReactNode, useState } from 'react'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog, DialogBack } from '../../kit/dialog.tsx'
import { Field, TextField } from '../../kit/field.tsx'
import { Row } from '../../kit/page.tsx'
import { Notice } from '../../kit/states.tsx'
import { Unsaved } from '../../kit/unsaved.tsx'
import css from './knowledge.module.css'
import type { NamedFile } from './sending.ts'

/** A text as a document, under a name of its own. It stays while the dialog is shut: something else may have to be mended first. */
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
  const unsaved = <Unsaved work={useTypedWork([name, text], ['', ''])} />
  const send = (event: FormEvent): void => {
    event.preventDefault()
    onSend({ name: name.trim(), file: new File([text], name.trim()) })
    setName('')
    setText('')
    onClose()
  }
  return (
    <>
      <Dialog title="Paste a text" open={open} onClose={onClose} wide keepsTyped>
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
            <DialogBack>Cancel</DialogBack>
            {unsaved}
          </Row>
        </form>
      </Dialog>
      {!open && unsaved}
    </>
  )
}
