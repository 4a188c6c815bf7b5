import { type KeyContext, KeyState, lastOf } from './key-state.ts'
import { pageHash } from './shard-of.ts'

/** A page whose keys take more characters is split. */
export const pageCharacters: number = 96 * 1024
/** What a key takes before it was packed once: a guess. */
const newKeyCharacters = 2_000
/** What lives takes beside what its text takes, bytes, about; and what every key takes. Measured with one numeric and one other field. */
const liveOverhead = 3_000
const keyOverhead = 200

/** One key in a page: as text until it is needed. */
interface Slot {
  readonly key: string
  readonly hash: number
  state: KeyState | undefined
  text: string
  /** The text isn't what the state is. */
  isChanged: boolean
  /** Since the page was packed last, it was needed. */
  isUsed: boolean
  /** From this watermark on it has something to do; exact unless it is among the page's touched. */
  due: number
  /** Characters of its text, as of the last time it was packed. */
  size: number
  isTouched: boolean
}

/** The keys whose hash begins with some bits, and what is known of each. They are saved together, as one text. */
export class KeyPage {
  readonly bits: number
  /** The first `bits` bits of its keys' hashes. */
  readonly prefix: number
  /** State of all entries through this sequence is in it. */
  through = ''
  /** No key has anything to do before this watermark. */
  due: number = Number.POSITIVE_INFINITY
  /** Of its keys' texts, about. */
  size = 0
  /** Memory it takes, about. */
  weight = 0
  /** What a budget knows of its weight. */
  accounted = 0
  /** When it was used last, as the budget counts. */
  used = 0
  isChanged = false
  /** There is a row of it. */
  isSaved = false
  #slots: Map<string, Slot> | undefined
  #touched: Slot[] = []

  constructor(bits: number, prefix: number) {
    this.bits = bits
    this.prefix = prefix
  }

  get isLoaded(): boolean {
    return this.#slots !== undefined
  }

  get keys(): number {
    return this.#slots?.size ?? 0
  }

  /** @param text as {@link pack} made it; '' for no keys. */
  load(text: string, through: string): void {
    this.#slots = new Map()
    this.through = through
    this.size = 0
    this.weight = 0
    this.due = Number.POSITIVE_INFINITY
    for (const line of text === '' ? [] : text.split('\n')) {
      const first = line.indexOf('\t')
      const second = line.indexOf('\t', first + 1)
      const key = JSON.parse(line.slice(first + 1, second)) as string
      const due = first === 0 ? Number.POSITIVE_INFINITY : Number(line.slice(0, first))
      this.#put(newSlot(key, line.slice(second + 1), due))
    }
  }

  /** Lets go of its memory. Not while it is changed. */
  unload(): void {
    this.#slots = undefined
    this.#touched = []
    this.weight = 0
  }

  /** The state of a key, which will change: by an entry of this sequence. */
  touch(key: string, context: KeyContext, oldest: number): KeyState {
    let slot = this.#slots?.get(key)
    if (!slot) {
      slot = newSlot(key, '', Number.POSITIVE_INFINITY)
      this.#put(slot)
    }
    let state = slot.state ?? this.#revive(slot, context)
    // It would have been forgotten, had the page been saved meanwhile.
    if (!slot.isTouched && slot.due === Number.POSITIVE_INFINITY && state.last < oldest) {
      state = new KeyState(key, context)
      slot.state = state
    }
    this.#change(slot)
    return state
  }

  #change(slot: Slot): void {
    slot.isChanged = true
    slot.isUsed = true
    slot.text = ''
    this.isChanged = true
    if (slot.isTouched) return
    slot.isTouched = true
    this.#touched.push(slot)
  }

  /** After an entry: brings up to date when its keys have something to do. */
  settle(): void {
    for (const slot of this.#touched) {
      slot.isTouched = false
      slot.due = slot.state?.due() ?? Number.POSITIVE_INFINITY
      if (slot.due < this.due) this.due = slot.due
    }
    if (this.#touched.length > 0) this.#touched = []
  }

  /** The keys that have something to do, in the order of their hashes: the same in whatever pages they lie. */
  takeDue(watermark: number, context: KeyContext): readonly KeyState[] {
    const due: Slot[] = []
    let next = Number.POSITIVE_INFINITY
    for (const slot of this.#slots?.values() ?? []) {
      if (slot.due <= watermark) due.push(slot)
      else if (slot.due < next) next = slot.due
    }
    this.due = next
    due.sort((left, right) => left.hash - right.hash || (left.key < right.key ? -1 : 1))
    return due.map((slot) => {
      const state = slot.state ?? this.#revive(slot, context)
      this.#change(slot)
      return state
    })
  }

  /**
   * All keys as text, a line each. What wasn't used since the last time is let lie as text.
   * @param oldest keys without a record since this event time, and with nothing to do, are forgotten.
   */
  pack(oldest: number): string {
    const lines: string[] = []
    for (const slot of this.#slots?.values() ?? []) {
      if (slot.isChanged && slot.state) {
        slot.text = slot.state.pack()
        slot.isChanged = false
      }
      if (slot.due === Number.POSITIVE_INFINITY && lastOf(slot.text) < oldest) {
        this.#slots?.delete(slot.key)
        continue
      }
      lines.push(`${slot.due === Number.POSITIVE_INFINITY ? '' : slot.due}\t${JSON.stringify(slot.key)}\t${slot.text}`)
      slot.size = slot.text.length
      if (!slot.isUsed) slot.state = undefined
      slot.isUsed = false
    }
    this.#weigh()
    return lines.join('\n')
  }

  /** Two pages with a half of the keys each, by the next bit of their hashes. */
  split(): readonly [KeyPage, KeyPage] {
    const halves: readonly [KeyPage, KeyPage] = [
      new KeyPage(this.bits + 1, this.prefix * 2),
      new KeyPage(this.bits + 1, this.prefix * 2 + 1),
    ]
    for (const half of halves) {
      half.load('', this.through)
      half.isChanged = true
      half.used = this.used
    }
    for (const slot of this.#slots?.values() ?? []) {
      const half = halves[(slot.hash >>> (31 - this.bits)) & 1] ?? halves[0]
      half.#put(slot)
      if (slot.isTouched) half.#touched.push(slot)
    }
    return halves
  }

  #put(slot: Slot): void {
    this.#slots?.set(slot.key, slot)
    this.size += slot.size
    this.weight += weightOf(slot)
    if (slot.due < this.due) this.due = slot.due
  }

  #revive(slot: Slot, context: KeyContext): KeyState {
    const state = slot.text === '' ? new KeyState(slot.key, context) : KeyState.unpack(slot.key, slot.text, context)
    this.weight -= weightOf(slot)
    slot.state = state
    // The text is made anew when it is saved.
    slot.text = ''
    slot.isChanged = true
    this.weight += weightOf(slot)
    return state
  }

  #weigh(): void {
    this.size = 0
    this.weight = 0
    for (const slot of this.#slots?.values() ?? []) {
      this.size += slot.size
      this.weight += weightOf(slot)
    }
  }
}

function newSlot(key: string, text: string, due: number): Slot {
  const size = text === '' ? newKeyCharacters : text.length
  return { key, hash: pageHash(key), state: undefined, text, isChanged: false, isUsed: false, due, size, isTouched: false }
}

function weightOf(slot: Slot): number {
  return keyOverhead + slot.text.length + (slot.state ? slot.size + liveOverhead : 0)
}
