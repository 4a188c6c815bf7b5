import { type DefaultTreeAdapterMap, type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5'
import { type Outline, OutlineWriter } from '../outline.ts'
import { damaged } from '../refusals.ts'
import { HtmlTable } from './html-table.ts'

type Node = DefaultTreeAdapterTypes.ChildNode
type Element = DefaultTreeAdapterTypes.Element

const unread = new Set(
  'script style template noscript svg math iframe object embed canvas audio video select datalist head textarea button'.split(
    ' ',
  ),
)
const blocks = new Set(
  (
    'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 ' +
    'h5 h6 header hr html legend li main nav ol p pre section summary table tbody tfoot thead ul'
  ).split(' '),
)
/** Browsers stop at 512 (Chromium); what is nested deeper was made to hurt. */
const deepest = 2_000

/**
 * What a reader of the page sees, block by block: not scripts, styles and what is hidden; tables a row a line.
 * @throws UnreadableDocumentError `document_damaged` where elements are nested without end.
 */
export function readHtml(html: string): Outline {
  const document = parse<DefaultTreeAdapterMap>(html, { treeAdapter: { ...defaultTreeAdapter, ...depthGuard() } })
  const page = new Page(titleOf(document.childNodes))
  page.read(document.childNodes)
  return page.finish()
}

// The parser looks through all open elements again and again, so that depth costs it the square.
function depthGuard(): Pick<typeof defaultTreeAdapter, 'onItemPush' | 'onItemPop'> {
  let depth = 0
  return {
    onItemPush: () => {
      if (++depth > deepest) throw damaged('HTML')
    },
    onItemPop: () => {
      depth--
    },
  }
}

function titleOf(nodes: readonly Node[]): string | undefined {
  const html = nodes.find((node) => node.nodeName === 'html') as Element | undefined
  const head = html?.childNodes.find((node) => node.nodeName === 'head') as Element | undefined
  const title = head?.childNodes.find((node) => node.nodeName === 'title') as Element | undefined
  return title?.childNodes.map((node) => ('value' in node ? node.value : '')).join('')
}

class Page {
  readonly #writer: OutlineWriter
  #inline: string[] = []
  #preformatted = 0
  /** The outermost table; those within its cells are words of the cell. */
  #table: HtmlTable | undefined
  #tables = 0

  constructor(title: string | undefined) {
    this.#writer = new OutlineWriter(title)
  }

  finish(): Outline {
    this.#flush()
    return this.#writer.finish()
  }

  /** In order, without recursion: elements are as deep as their author liked. */
  read(nodes: readonly Node[]): void {
    const waiting: (Node | { readonly leave: Element })[] = [...nodes].reverse()
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      if ('leave' in node) this.#leave(node.leave)
      else if (node.nodeName === '#text') this.#words((node as DefaultTreeAdapterTypes.TextNode).value)
      else if ('tagName' in node && !isUnread(node)) {
        this.#enter(node)
        waiting.push({ leave: node })
        for (let at = node.childNodes.length - 1; at >= 0; at--) {
          const child = node.childNodes[at]
          if (child) waiting.push(child)
        }
      }
    }
  }

  #words(words: string): void {
    this.#inline.push(this.#preformatted > 0 ? words : words.replaceAll(/[\t\n\f\r ]+/g, ' '))
  }

  #enter({ tagName, attrs }: Element): void {
    if (tagName === 'br') this.#inline.push('\n')
    else if (tagName === 'img') this.#inline.push(` ${attrs.find(({ name }) => name === 'alt')?.value ?? ''} `)
    if (tagName === 'table' && this.#tables++ === 0) {
      this.#flush()
      this.#table = new HtmlTable()
    } else if (this.#table) {
      if (isCell(tagName)) this.#cell()
      else if (blocks.has(tagName)) this.#inline.push(' ')
      if (this.#tables === 1) this.#table.enter(tagName)
    } else if (blocks.has(tagName)) this.#flush()
    if (tagName === 'pre') this.#preformatted++
  }

  #leave({ tagName }: Element): void {
    const level = /^h([1-6])$/.exec(tagName)?.[1]
    if (tagName === 'table' && --this.#tables === 0 && this.#table) {
      this.#cell()
      const { caption, rows, headed } = this.#table.finish()
      this.#table = undefined
      this.#writer.add(caption, 'prose')
      this.#writer.table(rows, headed)
    } else if (this.#table) {
      if (isCell(tagName)) this.#cell()
      else if (blocks.has(tagName)) this.#inline.push(' ')
    } else if (level !== undefined) this.#writer.heading(Number(level), this.#take())
    else if (blocks.has(tagName)) this.#flush()
    if (tagName === 'pre') this.#preformatted--
  }

  /** What was read since the last cell began goes into it; in a table within a table it is one with the words around. */
  #cell(): void {
    if (this.#tables > 1) return void this.#inline.push(' ')
    this.#table?.words(this.#take().replaceAll(/\s+/g, ' '))
  }

  #flush(): void {
    this.#writer.add(this.#take(), this.#preformatted > 0 ? 'lines' : 'prose')
  }

  #take(): string {
    const words = this.#inline.join('')
    this.#inline = []
    // Not by `\s+$`, nor ` *\n`: on long runs of white space those take the square of the time.
    if (this.#preformatted > 0) return words.replace(/^\n+/, '').trimEnd()
    return words
      .replaceAll(/ {2,}/g, ' ')
      .replaceAll(/ ?\n ?/g, '\n')
      .trim()
  }
}

function isCell(tagName: string): boolean {
  return tagName === 'td' || tagName === 'th'
}

function isUnread({ tagName, attrs }: Element): boolean {
  if (unread.has(tagName)) return true
  return attrs.some(({ name, value }) => {
    if (name === 'hidden') return value !== 'until-found'
    if (name === 'aria-hidden') return value === 'true'
    return name === 'style' && /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(value)
  })
}
