interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** What is to happen, the earliest first; of two at one time, the one that was added first. A binary heap. */
export class EventQueue {
  readonly #events: Event[] = []
  #orders = 0

  get nextAt(): number | undefined {
    return this.#events[0]?.at
  }

  add(at: number, run: () => void): void {
    const event = { at, order: this.#orders++, run }
    let place = this.#events.length
    for (let above = (place - 1) >> 1; place > 0; above = (place - 1) >> 1) {
      const parent = this.#events[above]
      if (!parent || !before(event, parent)) break
      this.#events[place] = parent
      place = above
    }
    this.#events[place] = event
  }

  take(): Event | undefined {
    const first = this.#events[0]
    const last = this.#events.pop()
    if (!first || !last || this.#events.length === 0) return first
    let place = 0
    for (;;) {
      const left = this.#events[2 * place + 1]
      const right = this.#events[2 * place + 2]
      const child = right && left && before(right, left) ? right : left
      if (!child || !before(child, last)) break
      this.#events[place] = child
      place = 2 * place + (child === left ? 1 : 2)
    }
    this.#events[place] = last
    return first
  }
}

function before(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
