/** A fenced block of code in a document. */
export interface Block {
  /** `README.md:41`, the line of its first line of code. */
  readonly place: string
  readonly document: string
  /** `ts`, `sh`, …, in lower case. */
  readonly language: string
  /** Marked as one to run: ` ```sh run `. */
  readonly run: boolean
  /** The program that it shows, from the checkout's root: ` ```ts run examples/rag/main.ts `. */
  readonly program?: string
  readonly code: string
}

/** The fenced blocks of a document, in order. @throws Error for a block without an end. */
export function blocksOf(document: string, text: string): readonly Block[] {
  const blocks: Block[] = []
  let open:
    | {
        readonly fence: string
        readonly indent: string
        readonly words: readonly string[]
        readonly line: number
        readonly code: string[]
      }
    | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence = '', words = ''] = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? []
    if (!open) {
      if (fence !== '') open = { fence, indent, words: words.trim().split(/\s+/), line: index + 2, code: [] }
    } else if (fence.startsWith(open.fence) && words === '') {
      const [language = '', ...marks] = open.words
      const program = marks.find((mark) => mark.includes('/'))
      blocks.push({
        place: `${document}:${open.line}`,
        document,
        language: language.toLowerCase(),
        run: marks.includes('run'),
        ...(program !== undefined && { program }),
        code: `${open.code.join('\n')}\n`,
      })
      open = undefined
    } else {
      open.code.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart())
    }
  }
  if (open) throw new Error(`${document}:${open.line} has no end.`)
  return blocks
}

/** Whether a block is TypeScript. */
export function isTypeScript(block: Block): boolean {
  return block.language === 'ts' || block.language === 'typescript'
}

/** Whether a block is for a shell. */
export function isShell(block: Block): boolean {
  return ['sh', 'bash', 'shell'].includes(block.language)
}
