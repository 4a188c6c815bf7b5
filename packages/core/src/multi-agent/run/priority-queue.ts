/** A binary heap: what comes first by `before` is taken first, in O(log n). */
export class PriorityQueue<Item> {
  readonly #items: Item[] = []
  readonly #before: (one: Item, other: Item) => boolean

  constructor(before: (one: Item, other: Item) => boolean) {
    this.#before = before
  }

  get first(): Item | undefined {
    return this.#items[0]
  }

  add(item: Item): void {
    const items = this.#items
    let place = items.push(item) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = items[above] as Item
      if (!this.#before(item, parent)) break
      items[place] = parent
      place = above
    }
    items[place] = item
  }

  take(): Item | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (items.length === 0 || last === undefined) return first
    let place = 0
    for (;;) {
      let below = place * 2 + 1
      if (below >= items.length) break
      if (below + 1 < items.length && this.#before(items[below + 1] as Item, items[below] as Item)) below++
      const child = items[below] as Item
      if (!this.#before(child, last)) break
      items[place] = child
      place = below
    }
    items[place] = last
    return first
  }
}
