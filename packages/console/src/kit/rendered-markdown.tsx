import type { ReactNode } from 'react'
import ReactMarkdown from 'react-markdown'
import gfm from 'remark-gfm'

/** Images would be fetched from wherever a text says; their words are enough. */
const components = {
  img: ({ alt }: { readonly alt?: string | undefined }): ReactNode => <em>{alt ?? 'image'}</em>,
  a: ({ href, children }: { readonly href?: string | undefined; readonly children?: ReactNode }): ReactNode => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
}

export default function RenderedMarkdown({ text }: { readonly text: string }): ReactNode {
  return (
    <ReactMarkdown remarkPlugins={[gfm]} components={components}>
      {text}
    </ReactMarkdown>
  )
}
