import type { Match, Scanner } from './matches.ts'
import { Spelling, spelled } from './spelling.ts'

/** How far apart the first and the last letter of a phrase may be, in characters, so that what is held back stays bounded. */
const reach = 640

/** The most characters of a phrase as it is compared. Few letters stand for more; phrases of those are found by their first words. */
const longest = 400

interface Node {
  readonly next: Map<string, Node>
  last: boolean
}

/** A phrase that may be going on at the end of what was read. */
interface Walk {
  readonly start: number
  node: Node
  /** The end of the longest phrase that was whole so far. */
  end: number | undefined
}

/**
 * Finds the words and phrases of a list, however they are cased or composed, with anything invisible between their letters, and with
 * any white space between their words. A phrase begins and ends where a word does, except in scripts that put no blanks
 * between words. Of phrases that begin at one place the longest counts.
 */
export class DenyListScanner implements Scanner {
  readonly #root: Node
  readonly #spelling = new Spelling((character, start, end) => this.#step(character, start, end))
  #walks: Walk[] = []
  #found: Match[] = []
  #before = ''
  #beforeEnd = 0

  constructor(phrases: readonly string[]) {
    this.#root = tree(phrases)
  }

  get settledTo(): number {
    return this.#walks[0]?.start ?? this.#spelling.position
  }

  push(delta: string): void {
    this.#spelling.push(delta)
  }

  end(): void {
    this.#spelling.end()
    this.#step('', this.#spelling.position, this.#spelling.position)
  }

  take(): readonly Match[] {
    const found = this.#found
    this.#found = []
    return found.sort((one, other) => one.start - other.start)
  }

  #step(character: string, start: number, end: number): void {
    const edge = isEdge(this.#before, character)
    if (this.#walks.length > 0) this.#walks = this.#walks.filter((walk) => this.#goOn(walk, character, edge, end))
    const node = edge ? this.#root.next.get(character) : undefined
    if (node !== undefined) this.#walks.push({ start, node, end: undefined })
    this.#before = character
    this.#beforeEnd = end
  }

  /** Whether a phrase may still be going on. */
  #goOn(walk: Walk, character: string, edge: boolean, end: number): boolean {
    if (walk.node.last && edge) walk.end = this.#beforeEnd
    const node = walk.node.next.get(character)
    if (node !== undefined && end - walk.start <= reach) {
      walk.node = node
      return true
    }
    if (walk.end !== undefined) this.#found.push({ kind: 'deny_list', start: walk.start, end: walk.end })
    return false
  }
}

const trees = new WeakMap<readonly string[], Node>()

/** The tree of a list's phrases, kept as long as the list. */
function tree(phrases: readonly string[]): Node {
  const known = trees.get(phrases)
  if (known !== undefined) return known
  const root: Node = { next: new Map(), last: false }
  for (const phrase of phrases) {
    const all = spelled(phrase.trim())
    const characters = all.length <= longest ? all : all.slice(0, Math.max(all.lastIndexOf(' ', longest), 1))
    let node = root
    for (const character of characters) {
      const next = node.next.get(character) ?? { next: new Map(), last: false }
      node.next.set(character, next)
      node = next
    }
    if (node !== root) node.last = true
  }
  trees.set(phrases, root)
  return root
}

const word = /^[\p{L}\p{N}\p{M}_]/u
/** Scripts without blanks between words: every place may be the edge of one. */
const spaceless =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

function isEdge(before: string, after: string): boolean {
  if (!isWord(before) || !isWord(after)) return true
  return (before > '\x7f' && spaceless.test(before)) || (after > '\x7f' && spaceless.test(after))
}

function isWord(character: string): boolean {
  if (character > '\x7f') return word.test(character)
  return /^\w/.test(character)
}
