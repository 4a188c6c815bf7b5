import { type Block, Headings } from '@plinth/core/reading'
import { createScanner } from 'jsonc-parser'
import { type Outline, pushPacked } from '../outline.ts'
import { damaged } from '../refusals.ts'

/** What the scanner tells apart; its own enumeration is a constant one, which isn't there for modules that are compiled alone. */
const tokens = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, comma: 5, colon: 6, unknown: 16, end: 17 } as const

/** An object or array that isn't over yet. */
interface Open {
  readonly start: number
  readonly close: number
  /** The names that lead to it. */
  readonly path: string
  /** How many blocks there were before it. */
  readonly blocks: number
  /** Where the member begins that is being read; undefined between members. */
  member: number | undefined
  name: string | undefined
}

/** Objects and arrays that are longer are cut between their members; they fit into a chunk whatever their characters. */
const whole = 240
/** Deeper ones are read, but their names no more. */
const deepest = 6

/**
 * Members as they are, as large as fit into a chunk, under the names that lead to them. Comments and trailing commas are let pass.
 * @throws UnreadableDocumentError `document_damaged`.
 */
export function readJson(text: string): Outline {
  const scanner = createScanner(text, true)
  scanner.setPosition(text.startsWith('\ufeff') ? 1 : 0)
  const open: Open[] = []
  const blocks: Block[] = []
  let values = 0
  for (let token = scanner.scan(); token !== tokens.end; token = scanner.scan()) {
    const start = scanner.getTokenOffset()
    const end = start + scanner.getTokenLength()
    const inner = open.at(-1)
    if (token === tokens.unknown || scanner.getTokenError() !== 0) throw damaged('JSON')
    if (token === tokens.comma) {
      if (!inner) throw damaged('JSON')
      inner.member = undefined
    } else if (token === tokens.colon) {
      if (inner?.close !== tokens.closeBrace || inner.name === undefined) throw damaged('JSON')
    } else if (token === tokens.openBrace || token === tokens.openBracket) {
      if (!inner && values++ > 0) throw damaged('JSON')
      if (inner) inner.member ??= start
      open.push({
        start: inner?.member ?? start,
        close: token === tokens.openBrace ? tokens.closeBrace : tokens.closeBracket,
        path: inner ? pathOf(inner, open.length) : '',
        blocks: blocks.length,
        member: undefined,
        name: undefined,
      })
    } else if (token === tokens.closeBrace || token === tokens.closeBracket) {
      const closed = open.pop()
      if (closed?.close !== token) throw damaged('JSON')
      const outer = open.at(-1)
      // What fits is one block, whatever it is made of.
      if (end - closed.start <= whole) {
        blocks.length = closed.blocks
        pushPacked(blocks, { start: closed.start, end, kind: 'lines', context: outer?.path ?? '' }, outer?.blocks)
      }
    } else if (!inner) {
      if (values++ > 0) throw damaged('JSON')
      blocks.push({ start, end, kind: 'prose', context: '' })
    } else if (inner.member === undefined && inner.close === tokens.closeBrace) {
      inner.member = start
      inner.name = scanner.getTokenValue()
    } else {
      inner.member ??= start
      pushPacked(blocks, { start: inner.member, end, kind: 'prose', context: inner.path }, inner.blocks)
    }
  }
  if (open.length > 0 || values === 0) throw damaged('JSON')
  return { text, blocks }
}

function pathOf({ path, name, close }: Open, depth: number): string {
  if (close !== tokens.closeBrace || name === undefined || depth > deepest) return path
  const headings = new Headings(path)
  headings.open(1, name)
  return headings.path
}
