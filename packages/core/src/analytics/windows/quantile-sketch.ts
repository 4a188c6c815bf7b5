/** Bins hold values within this of their middle, relative. */
const accuracy = 0.01
const gamma = (1 + accuracy) / (1 - accuracy)
const logGamma = Math.log(gamma)
/** Above the bin of any number's magnitude: the logarithms of doubles are from -745 to 710. */
const offset = 40_000
/** Of one sketch. A normal stream fills a few hundred. */
const mostBins = 2_048

/** Bins in order, each as its distance from the one before and its count. */
export type PackedSketch = readonly number[]

/**
 * Quantiles of any number of values, within 1 % (relative) of a value: DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable
 * quantile sketch with relative-error guarantees", VLDB 2019), with bins in a map. Where more than 2,048 bins are filled, those nearest to
 * zero become zero: they are less than a millionth of the largest then.
 *
 * Why not `@datadog/sketches-js` 2.1.1, by the paper's authors: its `merge` leaves out negative values, which panes are merged with; what it
 * writes out needs `protobufjs`, which it doesn't declare, and loses minimum and maximum; and its dense bins take 2.2 KB for the first
 * value of a window, and 553 KB for two values that are far apart.
 */
export class QuantileSketch {
  readonly #bins = new Map<number, number>()

  static unpack(packed: PackedSketch): QuantileSketch {
    const sketch = new QuantileSketch()
    let bin = 0
    for (let at = 0; at + 1 < packed.length; at += 2) {
      bin += packed[at] ?? 0
      sketch.#addTo(bin, packed[at + 1] ?? 0)
    }
    return sketch
  }

  /** @param value finite. */
  add(value: number): void {
    this.#addTo(binOf(value), 1)
    if (this.#bins.size > mostBins) this.#collapse()
  }

  merge(other: QuantileSketch): void {
    for (const [bin, count] of other.#bins) this.#addTo(bin, count)
    if (this.#bins.size > mostBins) this.#collapse()
  }

  /** Estimates of the values at these ranks (0 is the smallest), in the order given. */
  valuesAt(ranks: readonly number[]): readonly number[] {
    const bins = this.#sorted()
    return ranks.map((rank) => {
      let below = 0
      for (const [bin, count] of bins) {
        below += count
        if (below > rank) return middleOf(bin)
      }
      return middleOf(bins.at(-1)?.[0] ?? 0)
    })
  }

  pack(): PackedSketch {
    const packed: number[] = []
    let last = 0
    for (const [bin, count] of this.#sorted()) {
      packed.push(bin - last, count)
      last = bin
    }
    return packed
  }

  #addTo(bin: number, count: number): void {
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count)
  }

  #sorted(): readonly (readonly [bin: number, count: number])[] {
    return [...this.#bins].sort(([one], [other]) => one - other)
  }

  #collapse(): void {
    const byMagnitude = [...this.#bins].sort(([one], [other]) => Math.abs(one) - Math.abs(other))
    let zeros = 0
    for (const [bin, count] of byMagnitude.slice(0, mostBins / 4)) {
      this.#bins.delete(bin)
      zeros += count
    }
    this.#bins.set(0, zeros)
  }
}

/** Bins are in the order of the values in them; 0 has its own. */
function binOf(value: number): number {
  if (value === 0) return 0
  const magnitude = offset + Math.ceil(Math.log(Math.abs(value)) / logGamma)
  return value < 0 ? -magnitude : magnitude
}

/** The middle of a bin, where the relative error is the same to both of its ends. */
function middleOf(bin: number): number {
  if (bin === 0) return 0
  return Math.sign(bin) * Math.exp((Math.abs(bin) - offset) * logGamma) * (2 / (1 + gamma))
}
