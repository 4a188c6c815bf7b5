import type { Block, ChunkTable } from './block.ts'
import { skipSpace, trimEnd } from './characters.ts'
import { lastSentence } from './sentences.ts'
import { costWithin, type Unit, unitsOf } from './units.ts'

export interface ChunkOptions {
  /** The most that a chunk comes to by `estimateTextTokens`; at least 16. Default: 256. */
  readonly budget?: number
}

export const defaultChunkBudget = 256
const leastBudget = 16
/** A sentence of up to a quarter of the budget is said again at the start of the next chunk. */
const overlapShare = 4

/**
 * Puts the blocks of a document into chunks: in order, as many neighbours of one context as fit, whole where they fit. Of prose that goes
 * on in the next chunk, the last sentence is said again there. What stands between blocks and isn't white space goes with the block
 * behind it, so every character but white space is in a chunk, whatever the blocks. Chunks begin and end where characters do as people
 * see them, but for a single one that is longer than the budget.
 *
 * Takes time in proportion to the text, and memory in proportion to its chunks.
 */
export function chunkBlocks(text: string, blocks: Iterable<Block>, options: ChunkOptions = {}): ChunkTable {
  const budget = Math.max(leastBudget, Math.floor(options.budget ?? defaultChunkBudget)) * 3
  const packer = new Packer(text, budget)
  for (const block of covering(text, blocks)) {
    for (const unit of unitsOf(text, block, budget)) packer.put(unit, block)
  }
  return packer.finish()
}

/** The blocks one behind the other, trimmed, and so that nothing is left out between them. */
function* covering(text: string, blocks: Iterable<Block>): Generator<Block> {
  let covered = 0
  let context = ''
  for (const block of blocks) {
    const end = trimEnd(text, covered, Math.min(block.end, text.length))
    const start = skipSpace(text, covered, end)
    if (start >= end) continue
    yield { ...block, start, end }
    covered = end
    context = block.context
  }
  const start = skipSpace(text, covered, text.length)
  const end = trimEnd(text, start, text.length)
  if (start < end) yield { start, end, kind: 'prose', context }
}

class Packer {
  readonly #text: string
  readonly #budget: number
  readonly #contexts = new Map<string, number>()
  #spans = new Uint32Array(3 * 1024)
  #length = 0
  #start = 0
  #end = 0
  /** Of the open chunk; undefined when there is none. */
  #context: string | undefined
  #left = 0
  /** What was put last into the open chunk, if the next one may repeat its end. */
  #last: Unit | undefined

  constructor(text: string, budget: number) {
    this.#text = text
    this.#budget = budget
  }

  put(unit: Unit, block: Block): void {
    if (this.#context !== block.context || !this.#fits(unit)) this.#open(unit, block)
    this.#end = unit.end
    this.#last = block.kind === 'prose' ? unit : undefined
  }

  finish(): ChunkTable {
    this.#close()
    return { spans: this.#spans.slice(0, this.#length), contexts: [...this.#contexts.keys()] }
  }

  /** Takes what it costs, with what stands before it, from what is left. */
  #fits(unit: Unit): boolean {
    const cost = unit.cost + costWithin(this.#text, this.#end, unit.start, this.#left)
    if (cost > this.#left) return false
    this.#left -= cost
    return true
  }

  #open(unit: Unit, block: Block): void {
    const last = this.#context === block.context && block.kind === 'prose' ? this.#last : undefined
    this.#close()
    this.#context = block.context
    this.#start = last === undefined ? unit.start : this.#repeated(last, unit)
    this.#left = this.#budget - unit.cost - costWithin(this.#text, this.#start, unit.start, this.#budget)
  }

  /** Where the chunk of `unit` begins that repeats the last sentence before it, or `unit` where the two don't fit. */
  #repeated(last: Unit, unit: Unit): number {
    const most = Math.floor(this.#budget / overlapShare)
    const from = Math.max(last.start, last.end - most)
    const sentence = lastSentence(this.#text, from, last.end)
    // A unit without an end of a sentence in it is one itself, where all of it was looked at.
    const begin = sentence < last.end ? sentence : from === last.start ? last.start : unit.start
    return costWithin(this.#text, begin, unit.start, this.#budget) + unit.cost <= this.#budget ? begin : unit.start
  }

  #close(): void {
    if (this.#context === undefined) return
    if (this.#length + 3 > this.#spans.length) {
      const larger = new Uint32Array(this.#spans.length * 2)
      larger.set(this.#spans)
      this.#spans = larger
    }
    this.#spans[this.#length] = this.#start
    this.#spans[this.#length + 1] = this.#end
    this.#spans[this.#length + 2] = this.#place(this.#context)
    this.#length += 3
    this.#context = undefined
  }

  #place(context: string): number {
    if (context === '') return 0
    const known = this.#contexts.get(context)
    if (known !== undefined) return known
    this.#contexts.set(context, this.#contexts.size + 1)
    return this.#contexts.size
  }
}
