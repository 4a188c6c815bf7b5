import type { ReactNode } from 'react'
import ReactMarkdown from 'react-markdown'
import gfm from 'remark-gfm'
import { formatName } from './format.ts'

/** Of links those to the web elsewhere stay: one to a path would lead to this server's own, with the reader's session. */
function isElsewhere(href: string | undefined): href is string {
  const url = URL.parse(href ?? '')
  return (url?.protocol === 'https:' || url?.protocol === 'http:') && url.origin !== location.origin
}

/** Images would be fetched from wherever a text says; their words are enough. */
const components = {
  img: ({ alt }: { readonly alt?: string | undefined }): ReactNode => <em>{alt ?? 'image'}</em>,
  a: ({ href, children }: { readonly href?: string | undefined; readonly children?: ReactNode }): ReactNode =>
    isElsewhere(href) ? (
      <a href={href} target="_blank" rel="noreferrer noopener">
        {children}
      </a>
    ) : (
      children
    ),
}

/** Names stand in it too, and what would turn one around is spelt out. */
export default function RenderedMarkdown({ text }: { readonly text: string }): ReactNode {
  return (
    <ReactMarkdown remarkPlugins={[gfm]} components={components}>
      {formatName(text)}
    </ReactMarkdown>
  )
}
