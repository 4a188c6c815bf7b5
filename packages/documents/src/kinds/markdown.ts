import { type Block, Headings } from '@plinth/core/reading'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table'
import { gfmTable } from 'micromark-extension-gfm-table'
import type { Outline } from '../outline.ts'
import { scanMarkdown } from './markdown-lines.ts'

type Root = ReturnType<typeof fromMarkdown>
type Nodes = Root | Root['children'][number]
type Parents = Extract<Nodes, { children: unknown }>
type Table = Extract<Nodes, { type: 'table' }>

/** Longer documents are read line by line: the grammar takes 100 times the memory of the text. */
const longest = 1_000_000

/** Markdown as it is: its headings, paragraphs, items, tables and code. */
export function readMarkdown(text: string): Outline {
  if (text.length > longest) return { text, blocks: scanMarkdown(text) }
  try {
    return { text, blocks: [...parsed(text)] }
  } catch (error) {
    // Nested deeper than the stack: it is text all the same.
    if (error instanceof RangeError) return { text, blocks: scanMarkdown(text) }
    throw error
  }
}

const frontMatter = /^\ufeff?---[ \t]*\r?\n(?:[^\n]*\n){0,200}?---[ \t]*(?:\r?\n|$)/

function* parsed(text: string): Generator<Block> {
  const matter = frontMatter.exec(text)?.[0] ?? ''
  const title = /^title:[ \t]*["']?(.*?)["']?[ \t]*\r?$/m.exec(matter)?.[1]
  const headings = new Headings(title)
  const base = matter.length
  if (base > 0) yield { start: 0, end: base, kind: 'lines', context: headings.path }
  const tree = fromMarkdown(base === 0 ? text : text.slice(base), {
    extensions: [gfmTable()],
    mdastExtensions: [gfmTableFromMarkdown()],
  })
  yield* blocksOf(tree, headings, base)
}

function* blocksOf(parent: Parents, headings: Headings, base: number): Generator<Block> {
  for (const node of parent.children) {
    const start = base + (node.position?.start.offset ?? 0)
    const end = base + (node.position?.end.offset ?? 0)
    if (node.type === 'table') yield* rowsOf(node, headings, base)
    else if (node.type === 'list' || node.type === 'listItem' || node.type === 'blockquote' || node.type === 'footnoteDefinition')
      yield* blocksOf(node, headings, base)
    else {
      if (node.type === 'heading') headings.open(node.depth, wordsOf(node))
      const kind = node.type === 'code' || node.type === 'html' ? 'lines' : 'prose'
      yield { start, end, kind, context: headings.path }
    }
  }
}

function* rowsOf(table: Table, headings: Headings, base: number): Generator<Block> {
  const [header] = table.children
  const context = headings.withHeader((header?.children ?? []).map(wordsOf).join(' | '))
  for (const { position } of table.children) {
    yield { start: base + (position?.start.offset ?? 0), end: base + (position?.end.offset ?? 0), kind: 'lines', context }
  }
}

function wordsOf(node: Nodes): string {
  if ('value' in node) return node.type === 'html' ? '' : node.value
  if ('alt' in node) return node.alt ?? ''
  return 'children' in node ? node.children.map(wordsOf).join('') : ''
}
