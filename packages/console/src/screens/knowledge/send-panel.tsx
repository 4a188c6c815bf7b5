import { ClipboardPaste, FilePlus2, UploadCloud } from 'lucide-react'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Panel } from '../../kit/page.tsx'
import { tell } from '../../kit/toasts.tsx'
import { chosenFiles, droppedFiles } from './dropped-files.ts'
import css from './knowledge.module.css'
import { PasteDialog } from './paste-dialog.tsx'
import { noOptions, SendOptionsForm } from './send-options.tsx'
import { type NamedFile, useSender } from './sending.ts'
import { SendingList } from './sending-list.tsx'

const example = { documents: [{ source: 'pumps.md', content: 'The pump PX-4711 is serviced every 400 hours.' }] }

/** Where documents come in: files dropped or chosen, and texts. */
export function SendPanel(): ReactNode {
  const sender = useSender()
  const picker = useRef<HTMLInputElement>(null)
  const [options, setOptions] = useState(noOptions)
  const [isOver, setOver] = useState(false)
  const [isPasting, setPasting] = useState(false)
  /** @returns whether they are sent. */
  const take = (files: readonly NamedFile[]): boolean => {
    if (files.length === 0) return false
    if (options.fault === undefined) sender.sendFiles(files, options.value)
    else tell(`Nothing is sent before the metadata is mended: ${options.fault}`)
    return options.fault === undefined
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
    <Panel title="Add documents" actions={<CopyCall call={{ method: 'POST', path: '/api/documents', body: example }} />}>
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
      <PasteDialog open={isPasting} onClose={() => setPasting(false)} onSend={(file) => take([file])} />
    </Panel>
  )
}
