/** What a link to a part of a document may name: its headings, as GitHub writes them. */
export function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/\[(.*?)\]\(.*?\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** A link within the checkout. */
export interface Link {
  /** From the checkout's root or from the document's folder. */
  readonly path: string
  readonly anchor?: string
}

/** The links of a document that lead to no other host, outside of its code. */
export function linksOf(text: string): readonly Link[] {
  const prose = text.replaceAll(/^(```+|~~~+)[\s\S]*?^\1$/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]*)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#')
      return { path, ...(anchor !== undefined && { anchor }) }
    })
}
