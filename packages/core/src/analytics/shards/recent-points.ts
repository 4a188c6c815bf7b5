/** How many points are shown around an anomaly. */
export const pointCount = 32

type Point = readonly [time: number, value: number]

/** The last points of a field: a ring, in one array of numbers. */
export class RecentPoints {
  readonly #ring: number[] = []
  #next = 0

  add(time: number, value: number): void {
    this.#ring[this.#next] = time
    this.#ring[this.#next + 1] = value
    this.#next = (this.#next + 2) % (2 * pointCount)
  }

  /** The newest value. */
  get last(): number | undefined {
    return this.#ring[(this.#next === 0 ? this.#ring.length : this.#next) - 1]
  }

  /** Oldest first. */
  list(): readonly Point[] {
    const points: Point[] = []
    const ring = this.#ring
    const start = ring.length < 2 * pointCount ? 0 : this.#next
    for (let at = 0; at < ring.length; at += 2) {
      const place = (start + at) % ring.length
      points.push([ring[place] ?? 0, ring[place + 1] ?? 0])
    }
    return points
  }

  /** Times and values in turn, oldest first. @param most points: the oldest are left out. */
  pack(most: number): readonly number[] {
    const ring = this.#ring
    const flat = ring.length < 2 * pointCount ? ring : [...ring.slice(this.#next), ...ring.slice(0, this.#next)]
    return most >= pointCount ? flat : flat.slice(Math.max(0, flat.length - 2 * most))
  }

  static unpack(packed: readonly number[]): RecentPoints {
    const points = new RecentPoints()
    for (let at = 0; at + 1 < packed.length; at += 2) points.add(packed[at] ?? 0, packed[at + 1] ?? 0)
    return points
  }
}
