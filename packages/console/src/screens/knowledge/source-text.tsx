import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { get, pathOf } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { formatCounted } from '../../kit/format.ts'
import { Loaded, Notice } from '../../kit/states.tsx'
import type { ShownDocument } from './document.ts'
import css from './knowledge.module.css'
import type { Stretch } from './stretch.ts'

/** Characters that are shown around what is looked for, and more of them at a time. */
const around = 4_000

/**
 * The text of a document, or what is around a place of it, with that place marked and brought into sight. However long the text is, what is
 * loaded of it is what somebody reads.
 */
export function SourceText(props: { readonly document: ShownDocument; readonly place?: Stretch | undefined }): ReactNode {
  const { document, place } = props
  const marked = place && isIn(place, document) ? place : undefined
  return (
    <>
      {place && !marked && (
        <Notice tone="warn">
          This document has changed since it was cited: the place was in an earlier version. Below is the text as it is now, with
          nothing marked.
        </Notice>
      )}
      <Text document={document} marked={marked} />
    </>
  )
}

/** Offsets are of one text; in another one they would mark whatever stands there now. */
function isIn({ start, revision }: Stretch, document: ShownDocument): boolean {
  return start < document.characters && (revision === undefined || revision === document.revision)
}

function Text(props: { readonly document: ShownDocument; readonly marked: Stretch | undefined }): ReactNode {
  const { marked } = props
  const { document_id: documentId, characters, revision } = props.document
  const [shown, setShown] = useState<Stretch>(() => windowAround(marked, characters))
  const place = marked ? `${marked.start}-${marked.end}` : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is another look
  useEffect(() => setShown(windowAround(marked, characters)), [documentId, place, characters])
  const query = useQuery({
    queryKey: ['/api/documents', 'text', documentId, revision, shown],
    queryFn: ({ signal }) => get<string | undefined>(pathOf('/api/documents/{}/text', [documentId], { ...shown }), signal),
    placeholderData: (before) => before,
  })
  return (
    <Loaded query={query} what="Loading the text">
      {(text) => (
        <div className={css.textBox} aria-busy={query.isPlaceholderData}>
          {shown.start > 0 && (
            <More
              name="Show what is before"
              left={shown.start}
              onMore={() => setShown(({ start, end }) => ({ start: Math.max(0, start - around), end }))}
            />
          )}
          {!query.isPlaceholderData && <MarkedText text={text ?? ''} offset={shown.start} marked={marked} />}
          {shown.end < characters && (
            <More
              name="Show what follows"
              left={characters - shown.end}
              onMore={() => setShown(({ start, end }) => ({ start, end: Math.min(characters, end + around * 4) }))}
            />
          )}
        </div>
      )}
    </Loaded>
  )
}

function More(props: { readonly name: string; readonly left: number; readonly onMore: () => void }): ReactNode {
  return (
    <div className={css.more}>
      <Button size="small" onClick={props.onMore}>
        {props.name}
      </Button>
      <small>{formatCounted(props.left, 'character')}</small>
    </div>
  )
}

function MarkedText(props: { readonly text: string; readonly offset: number; readonly marked: Stretch | undefined }): ReactNode {
  const { text, offset, marked } = props
  const mark = useRef<HTMLElement>(null)
  const place = marked ? `${marked.start}-${marked.end}` : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another place is marked, not whenever more is shown
  useEffect(() => void mark.current?.scrollIntoView({ block: 'center' }), [place])
  if (!marked) return <div className={css.text}>{text}</div>
  const [start, end] = [marked.start - offset, marked.end - offset]
  return (
    <div className={css.text}>
      {text.slice(0, Math.max(0, start))}
      <mark ref={mark}>{text.slice(Math.max(0, start), end)}</mark>
      {text.slice(end)}
    </div>
  )
}

function windowAround(marked: Stretch | undefined, characters: number): Stretch {
  if (!marked) return { start: 0, end: Math.min(characters, around * 4) }
  return { start: Math.max(0, marked.start - around), end: Math.min(characters, marked.end + around) }
}
