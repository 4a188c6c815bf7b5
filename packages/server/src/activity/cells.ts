/** Stretches of time of one length, of which the latest are kept. */
export class Cells<Cell> {
  readonly #width: number
  readonly #most: number
  readonly #make: () => Cell
  readonly #kept = new Map<number, Cell>()

  /** @param width milliseconds. @param most that are kept. */
  constructor(width: number, most: number, make: () => Cell) {
    this.#width = width
    this.#most = most
    this.#make = make
  }

  /** The one that a time lies in, made when it is not there yet. */
  at(now: number): Cell {
    const place = Math.floor(now / this.#width)
    const known = this.#kept.get(place)
    if (known !== undefined) return known
    for (const old of this.#kept.keys()) if (old <= place - this.#most) this.#kept.delete(old)
    const made = this.#make()
    this.#kept.set(place, made)
    return made
  }

  /** The latest ones, oldest first, by when they begin; undefined where nothing happened. */
  latest(now: number): readonly (readonly [at: number, cell: Cell | undefined])[] {
    const last = Math.floor(now / this.#width)
    return Array.from({ length: this.#most }, (_, index) => {
      const place = last - this.#most + 1 + index
      return [place * this.#width, this.#kept.get(place)] as const
    })
  }
}
