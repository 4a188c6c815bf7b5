/** Telling apart what a prompt is made of: passages to answer from, the question, instructions. @module */

import type { Pacer } from '../pacer.ts'
import type { MessageText } from '../prompt-text.ts'
import { readBounded } from './bounded.ts'

/** A piece of text to answer from, verbatim out of the prompt. */
export interface Passage {
  /** Its name, where the prompt gives one (`Source: …`, `[1] …`, `<document source="…">`). */
  readonly source: string | undefined
  readonly text: string
}

/** A prompt taken apart. */
export interface Sections {
  readonly passages: readonly Passage[]
  /** What a label or tag marks as the question or task; the last one if there are several. */
  readonly question: string
  /** What nothing marks. */
  readonly plain: string
  /** Whether the passages were retrieved for the question, and it is to be answered from them or not at all. */
  readonly isBounded: boolean
}

type Kind = 'passage' | 'question' | 'instructions' | 'plain'

const kinds: ReadonlyMap<string, Kind> = new Map([
  ...labels(
    'passage',
    'context|context documents|context from previous steps|documents|document|passages|passage|text|article|content|background|reference|references|data|input|transcript|email|notes|excerpt|evidence|records|results|previous results|search results|sources',
  ),
  ...labels('question', 'user question|question|query|user query|user request|request|task|user'),
  ...labels(
    'instructions',
    'instructions|instruction|answer|response|output|output format|format|rules|guidelines|constraints|available agents',
  ),
])

// These begin a part on any line; the others may as well be a line of data, unless they follow an empty line or stand alone.
const strong = new Set([
  'question',
  'user question',
  'query',
  'user query',
  'context',
  'context documents',
  'text',
  'passage',
  'article',
])

function labels(kind: Kind, names: string): readonly (readonly [string, Kind])[] {
  return names.split('|').map((name) => [name, kind] as const)
}

/** A part of the text, from `start` to the start of what follows it. */
interface Part {
  readonly kind: Kind
  readonly source: string | undefined
  /** The tag that opened it, and that must close it; undefined for a label. */
  readonly tag: string | undefined
  readonly start: number
  end: number
  isEmpty: boolean
}

/** Takes the messages apart, line by line. Answers of the assistant are left out, a system message counts only where it is labelled. */
export async function readSections(messages: readonly MessageText[], pacer: Pacer): Promise<Sections> {
  const bounded = readBounded(messages)
  if (bounded !== undefined) return { ...(await readText(bounded.rest, pacer)), passages: bounded.passages, isBounded: true }
  const said = messages.filter((message) => message.role === 'user' || message.role === 'tool')
  const system = messages.filter((message) => message.role === 'system')
  const own = await readText(joined(said.length > 0 ? said : system), pacer)
  if (said.length === 0) return own
  return { ...own, passages: [...(await readText(joined(system), pacer)).passages, ...own.passages] }
}

function joined(messages: readonly MessageText[]): string {
  return messages.map((message) => message.text).join('\n\n')
}

// A label or tag is recognised at the beginning of a line only.
const longestMark = 400

async function readText(text: string, pacer: Pacer): Promise<Sections> {
  let open: Part = { kind: 'plain', source: undefined, tag: undefined, start: 0, end: text.length, isEmpty: true }
  const parts = [open]
  const begin = (kind: Kind, source: string | undefined, tag: string | undefined, before: number, start: number): void => {
    open.end = before
    open = { kind, source, tag, start, end: text.length, isEmpty: true }
    parts.push(open)
  }
  let emptyBefore = true
  for (let at = 0, next = 0; at < text.length; at = next) {
    const end = text.indexOf('\n', at)
    next = end === -1 ? text.length : end + 1
    const line = text.slice(at, Math.min(next, at + longestMark))
    const mark = line.trimStart()
    if (pacer.isDue(line.length + 32)) await pacer.pause()
    if (mark === '') {
      emptyBefore = true
      continue
    }
    const from = at + line.length - mark.length
    const tag = mark.startsWith('<') ? readTag(mark) : undefined
    const label = tag === undefined || open.tag !== undefined ? readLabel(mark, open, emptyBefore) : undefined
    if (tag !== undefined && open.tag === undefined) begin(tag.kind, tag.source, tag.name, at, from + tag.length)
    else if (label !== undefined) begin(label.kind, label.source, open.tag, at, from + label.length)
    if (open.tag !== undefined) {
      const close = text.slice(Math.max(at, open.start), next).indexOf(`</${open.tag}>`)
      const place = Math.max(at, open.start) + close
      if (close !== -1) begin('plain', undefined, undefined, place, place + open.tag.length + 3)
    }
    if (text.slice(Math.max(at, open.start), Math.min(next, at + longestMark)).trim() !== '') open.isEmpty = false
    emptyBefore = false
  }
  return collect(text, parts)
}

function collect(text: string, parts: readonly Part[]): Sections {
  const texts = parts
    .map(({ kind, source, start, end }) => ({ kind, source, text: text.slice(start, end).trim() }))
    .filter((part) => part.text !== '')
  const question = texts.findLast((part) => part.kind === 'question')
  return {
    // A question label within a document, as in a list of frequent questions, makes its text no less a passage.
    passages: texts.filter((part) => part.kind === 'passage' || (part.kind === 'question' && part !== question)),
    question: question?.text ?? '',
    plain: texts
      .filter((part) => part.kind === 'plain')
      .map((part) => part.text)
      .join('\n\n'),
    isBounded: false,
  }
}

interface Mark {
  readonly kind: Kind
  readonly source: string | undefined
  /** How many characters of the line it takes. */
  readonly length: number
}

function readLabel(line: string, open: Part, emptyBefore: boolean): Mark | undefined {
  const inPassage = open.kind === 'passage'
  const numbered = inPassage ? /^\[([\w.-]{1,40})\]\s+/.exec(line) : null
  if (numbered !== null) return { kind: 'passage', source: numbered[1], length: numbered[0].length }
  const colon = line.slice(0, 48).indexOf(':')
  if (colon < 1) return undefined
  const name = line
    .slice(0, colon)
    .replace(/^[#*\s]+|[*\s]+$/g, '')
    .toLowerCase()
  const length = colon + 1 + (/^[*\s]*/.exec(line.slice(colon + 1))?.[0].length ?? 0)
  const begins = emptyBefore || open.isEmpty
  if (name === 'content' && inPassage && begins) return { kind: 'passage', source: open.source, length }
  if (name === 'source' && begins)
    return { kind: 'passage', source: line.slice(length, length + 200).trim(), length: line.length }
  const kind = open.tag === undefined ? kinds.get(name) : undefined
  if (kind === undefined || (inPassage && kind === 'passage' && !begins)) return undefined
  const isAlone = !inPassage && line.slice(length).trim() === ''
  return begins || isAlone || strong.has(name) ? { kind, source: undefined, length } : undefined
}

interface Tag extends Mark {
  readonly name: string
}

function readTag(line: string): Tag | undefined {
  const match = /^<([a-z][a-z_-]{0,30})((?:\s[^<>]{0,300})?)>/i.exec(line)
  if (match === null) return undefined
  const [all, name = '', attributes = ''] = match
  const kind = kinds.get(name.toLowerCase().replace(/[_-]/g, ' '))
  if (kind === undefined) return undefined
  return { name, kind, source: /(?:source|name|title|id)="([^"]{1,200})"/.exec(attributes)?.[1], length: all.length }
}
