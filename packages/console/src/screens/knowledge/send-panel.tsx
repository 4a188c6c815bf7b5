import { ClipboardPaste, FilePlus2, UploadCloud } from 'lucide-react'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import type { Call } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Panel } from '../../kit/page.tsx'
import { tell } from '../../kit/toasts.tsx'
import { chosenFiles, droppedFiles } from './dropped-files.ts'
import css from './knowledge.module.css'
import { PasteDialog } from './paste-dialog.tsx'
import { noOptions, SendOptionsForm, type TypedOptions } from './send-options.tsx'
import { type NamedFile, useSender } from './sending.ts'
import { SendingList } from './sending-list.tsx'

/** Under a name that nobody's document has: a known one would get a new version. */
const example = { source: 'a-name-of-your-own.md', content: 'What it says.' }

/** Where documents come in: files dropped or chosen, and texts. */
export function SendPanel(): ReactNode {
  const sender = useSender()
  const picker = useRef<HTMLInputElement>(null)
  const [options, setOptions] = useState(noOptions)
  const [isOver, setOver] = useState(false)
  const [isPasting, setPasting] = useState(false)
  const take = (files: readonly NamedFile[]): void => {
    if (options.fault === undefined) sender.sendFiles(files, options.value)
    else sender.refuse(files, `It was not sent, because of the metadata: ${options.fault}`)
  }
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setOver(true)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    void droppedFiles(event.dataTransfer).then(take, (error: Error) => tell(`Nothing is sent: ${error.message}`))
  }
  return (
    <Panel title="Add documents" actions={<CopyCall call={callOf(options)} />}>
      <div className={css.stack}>
        <section
          className={isOver ? `${css.drop} ${css.over}` : css.drop}
          aria-label="Drop files here"
          onDragEnter={over}
          onDragOver={over}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <UploadCloud size={26} aria-hidden="true" />
          <div>
            <strong>Drop files or folders here</strong>
            <p>PDF, Word, HTML, Markdown, CSV, JSON, text, PNG and JPEG, up to 256 MiB each. A known name is a new version.</p>
          </div>
          <div className={css.dropActions}>
            <Button onClick={() => picker.current?.click()}>
              <FilePlus2 size={16} aria-hidden="true" /> Choose files
            </Button>
            <Button onClick={() => setPasting(true)}>
              <ClipboardPaste size={16} aria-hidden="true" /> Paste text
            </Button>
          </div>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files to send"
            onChange={({ currentTarget }) => {
              take(chosenFiles(currentTarget.files))
              // The same file again is a change, too.
              currentTarget.value = ''
            }}
          />
        </section>
        <SendOptionsForm options={options} onChange={setOptions} />
        <SendingList sendings={sender.sendings} onClear={sender.clear} />
      </div>
      <PasteDialog open={isPasting} fault={options.fault} onClose={() => setPasting(false)} onSend={(file) => take([file])} />
    </Panel>
  )
}

/** What sends a text as what is typed here would. */
function callOf({ value: { metadata, acl } }: TypedOptions): Call {
  const said = { ...(Object.keys(metadata).length > 0 ? { metadata } : {}), ...(acl ? { acl } : {}) }
  return { method: 'POST', path: '/api/documents', body: { documents: [{ ...example, ...said }] } }
}
