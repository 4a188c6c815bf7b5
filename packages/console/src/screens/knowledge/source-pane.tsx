import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { useSearchParams } from 'react-router'
import { useMay } from '../../api/session.ts'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { formatName } from '../../kit/format.ts'
import { Loaded, NoPermission } from '../../kit/states.tsx'
import { documentPath, useDocument } from './document.ts'
import css from './source-pane.module.css'
import { SourceText } from './source-text.tsx'
import { putSource, stretchIn } from './stretch.ts'

/** The document that the address names, beside the answer, at the passage that it names. Escape closes it. */
export function SourcePane(): ReactNode {
  const [query, setQuery] = useSearchParams()
  const id = query.get('source') ?? ''
  const marked = stretchIn(query)
  const mayRead = useMay('documents:read')
  const document = useDocument(mayRead ? id : undefined)
  const pane = useRef<HTMLElement>(null)
  const opener = useRef<Element>(null)
  const place = `${id} ${marked?.start} ${marked?.end}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: each place that is opened is gone to
  useEffect(() => {
    opener.current = window.document.activeElement
    pane.current?.focus({ preventScroll: true })
  }, [place])
  const close = (): void => {
    setQuery(
      (before) => {
        putSource(before, undefined)
        return before
      },
      { replace: true },
    )
    if (opener.current instanceof HTMLElement) opener.current.focus()
  }
  return (
    <aside
      ref={pane}
      tabIndex={-1}
      className={css.pane}
      aria-label="Source"
      onKeyDown={({ key }) => {
        if (key === 'Escape') close()
      }}
    >
      <div className={css.paneHead}>
        <h2>{formatName(document.data?.source ?? 'Source')}</h2>
        {document.data && (
          <ButtonLink size="small" to={documentPath(id, marked)}>
            Open
          </ButtonLink>
        )}
        <Button look="quiet" size="small" aria-label="Close the source" onClick={close}>
          <X size={16} aria-hidden="true" />
        </Button>
      </div>
      <div className={css.paneBody}>
        {mayRead ? (
          <Loaded query={document} what="Loading the source">
            {(found) => <SourceText document={found} place={marked} />}
          </Loaded>
        ) : (
          <NoPermission permission="documents:read" />
        )}
      </div>
    </aside>
  )
}
