import { fromBase64, toBase64 } from '../../base64.ts'
import { wordsInRow } from './cells.ts'

/** What is looked at: the value itself, the mean and the spread of the last few, the mean of many. */
export const views = 4
/** Numbers that a view keeps. */
export const viewNumbers = 20
/** Numbers before those of the views. */
export const ownNumbers = 96
/** Rows of cells that a view works with: of this hour of the day, of this hour of the week, and what came in this hour. */
export const liveRows = 3
export const hoursInDay = 24
/** Words of one hour of one weekday: a row of cells for each view. */
export const wordsInHour: number = views * wordsInRow
export const daysInWeek = 7
const liveWords = views * liveRows * wordsInRow

/** Numbers, in which zeros in a row are told by their count as text; and rows of cells in base64, if there are any. */
export type PackedMemory = readonly [numbers: readonly (number | string)[], rows?: string]

/**
 * All that a detector knows. What every value touches lies in one piece (2 KB); the hours of the week that have gone by are
 * added as they come, a weekday at a time (1.5 KB), twice: the younger generation, and the one before. 23 KB at most.
 */
export class Memory {
  readonly numbers: Float64Array
  readonly live: Uint32Array
  /** By weekday: first the younger generation's, then the older one's. */
  readonly days: (Uint32Array | undefined)[]

  constructor() {
    const numbers = ownNumbers + views * viewNumbers
    const buffer = new ArrayBuffer(numbers * 8 + liveWords * 4)
    this.numbers = new Float64Array(buffer, 0, numbers)
    this.live = new Uint32Array(buffer, numbers * 8)
    this.days = []
  }

  /** Where the hour's row lies of the view, in its day. */
  static rowOf(hour: number, view: number): number {
    return hour * wordsInHour + view * wordsInRow
  }

  /** The younger generation's cells of a weekday, 0 to 6. */
  dayToWrite(weekday: number): Uint32Array {
    const known = this.days[weekday]
    if (known) return known
    while (this.days.length < 2 * daysInWeek) this.days.push(undefined)
    const day = new Uint32Array(hoursInDay * wordsInHour)
    this.days[weekday] = day
    return day
  }

  /** The younger generation becomes the older one, which is forgotten. */
  forget(): void {
    for (let weekday = 0; weekday < this.days.length - daysInWeek; weekday++) {
      this.days[daysInWeek + weekday] = this.days[weekday]
      this.days[weekday] = undefined
    }
  }

  pack(): PackedMemory {
    const numbers = packNumbers(this.numbers)
    const words: number[] = []
    let present = 0
    for (const [at, day] of this.days.entries()) if (day) present |= 1 << at
    words.push(present)
    words.push(...this.live)
    for (const day of this.days) if (day) words.push(...day)
    return words.some((word) => word !== 0) ? [numbers, packWords(words)] : [numbers]
  }

  static unpack([numbers, rows]: PackedMemory): Memory {
    const memory = new Memory()
    memory.numbers.set(unpackNumbers(numbers))
    if (rows === undefined) return memory
    const words = unpackWords(rows)
    const present = words[0] ?? 0
    memory.live.set(words.subarray(1, 1 + liveWords))
    let at = 1 + liveWords
    const length = hoursInDay * wordsInHour
    for (let day = 0; day < 2 * daysInWeek; day++) {
      if (present !== 0) memory.days.push((present >>> day) & 1 ? words.slice(at, at + length) : undefined)
      if ((present >>> day) & 1) at += length
    }
    return memory
  }
}

function packNumbers(numbers: Float64Array): readonly (number | string)[] {
  const packed: (number | string)[] = []
  let zeros = 0
  for (const number of numbers) {
    if (number === 0) zeros++
    else {
      if (zeros > 0) packed.push(String(zeros))
      zeros = 0
      packed.push(number)
    }
  }
  return packed
}

function unpackNumbers(packed: readonly (number | string)[]): readonly number[] {
  return packed.flatMap((part) => (typeof part === 'string' ? new Array<number>(Number(part)).fill(0) : [part]))
}

/** A bit for each word that isn't zero, then those words. */
function packWords(words: readonly number[]): string {
  const marks = new Uint32Array(1 + Math.ceil(words.length / 32))
  marks[0] = words.length
  const kept: number[] = []
  for (const [at, word] of words.entries()) {
    if (word === 0) continue
    const mark = 1 + (at >>> 5)
    marks[mark] = (marks[mark] as number) | (1 << (at & 31))
    kept.push(word)
  }
  return toBase64(new Uint8Array(Uint32Array.from([...marks, ...kept]).buffer))
}

function unpackWords(text: string): Uint32Array {
  const packed = new Uint32Array(fromBase64(text).buffer)
  const length = packed[0] ?? 0
  const words = new Uint32Array(length)
  let next = 1 + Math.ceil(length / 32)
  for (let at = 0; at < length; at++) {
    if (((packed[1 + (at >>> 5)] as number) >>> (at & 31)) & 1) words[at] = packed[next++] ?? 0
  }
  return words
}
