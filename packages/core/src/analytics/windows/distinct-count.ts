import { fromBase64, toBase64 } from '../../base64.ts'
import { hashText } from '../../search/text-hash.ts'

/** So many different values are told apart exactly. */
const mostExact = 64
/** The hash of 53 bits says in 10 which register, in 43 how rare. */
const registers = 1_024
const rareBits = 43
const lowBits = 21
const lowValues = 2 ** lowBits

/** The hashes of the values, or the registers. */
export type PackedDistinct = readonly number[] | string

const halves = new Uint32Array(2)

/**
 * How many different texts came: exact up to 64 (two of one hash of 53 bits count as one), then HyperLogLog with 1,024 registers, whose
 * standard error is 1.04 / √1024 = 3.25 %. Flajolet and others, "HyperLogLog", 2007; estimated as in Ertl, "New cardinality estimation
 * algorithms for HyperLogLog sketches", 2017, algorithm 6, which needs no corrections by table.
 */
export class DistinctCount {
  #hashes: number[] | undefined = []
  #registers: Uint8Array | undefined

  static unpack(packed: PackedDistinct): DistinctCount {
    const distinct = new DistinctCount()
    if (typeof packed === 'string') {
      distinct.#registers = fromBase64(packed)
      distinct.#hashes = undefined
    } else distinct.#hashes = [...packed]
    return distinct
  }

  add(text: string): void {
    hashText(text, halves)
    this.#addHash((halves[0] ?? 0) * lowValues + ((halves[1] ?? 0) >>> (32 - lowBits)))
  }

  merge(other: DistinctCount): void {
    for (const hash of other.#hashes ?? []) this.#addHash(hash)
    if (!other.#registers) return
    const own = this.#grow()
    for (const [register, rank] of other.#registers.entries()) own[register] = Math.max(own[register] ?? 0, rank)
  }

  estimate(): number {
    return this.#hashes ? this.#hashes.length : Math.round(estimateOf(this.#registers ?? new Uint8Array(registers)))
  }

  pack(): PackedDistinct {
    return this.#registers ? toBase64(this.#registers) : [...(this.#hashes ?? [])]
  }

  #addHash(hash: number): void {
    if (!this.#hashes) register(this.#grow(), hash)
    else if (!this.#hashes.includes(hash) && this.#hashes.push(hash) > mostExact) this.#grow()
  }

  #grow(): Uint8Array {
    this.#registers ??= new Uint8Array(registers)
    for (const hash of this.#hashes ?? []) register(this.#registers, hash)
    this.#hashes = undefined
    return this.#registers
  }
}

function register(into: Uint8Array, hash: number): void {
  const high = Math.floor(hash / lowValues)
  const at = high >>> (lowBits + 1)
  const rank = rankOf(high & (2 * lowValues - 1), hash % lowValues)
  if (rank > (into[at] ?? 0)) into[at] = rank
}

/** The place of the first bit that is set, of 22 and then 21; one more than there are where none is. */
function rankOf(high: number, low: number): number {
  const highBits = rareBits - lowBits
  return high > 0 ? Math.clz32(high) - (32 - highBits) + 1 : highBits + Math.clz32(low) - (32 - lowBits) + 1
}

function estimateOf(ranks: Uint8Array): number {
  const counts = new Array<number>(rareBits + 2).fill(0)
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1
  let sum = registers * tau(1 - (counts[rareBits + 1] ?? 0) / registers)
  for (let rank = rareBits; rank >= 1; rank--) sum = (sum + (counts[rank] ?? 0)) / 2
  sum += registers * sigma((counts[0] ?? 0) / registers)
  return registers ** 2 / (2 * Math.LN2 * sum)
}

/** Of the share of registers that are empty. */
function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let [power, factor, sum, last] = [share, 1, share, Number.NaN]
  while (sum !== last) {
    power *= power
    last = sum
    sum += power * factor
    factor *= 2
  }
  return sum
}

/** Of the share of registers that are not full. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [root, factor, sum, last] = [share, 1, 1 - share, Number.NaN]
  while (sum !== last) {
    root = Math.sqrt(root)
    last = sum
    factor /= 2
    sum -= (1 - root) ** 2 * factor
  }
  return sum / 3
}
