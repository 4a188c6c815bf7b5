/** So many keys are remembered with what belongs to them. */
const most = 10_000

/** Lets work of one key run one after the other, each with what the one before left; work of different keys runs side by side. */
export class Turns<State> {
  readonly #make: () => State
  readonly #lines = new Map<string, { readonly state: State; last: Promise<unknown>; waiting: number }>()

  /** @param make what a key begins with. */
  constructor(make: () => State) {
    this.#make = make
  }

  async take<Result>(key: string, work: (state: State) => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(key) ?? { state: this.#make(), last: Promise.resolve(), waiting: 0 }
    // The key that was used longest ago stands first.
    this.#lines.delete(key)
    this.#lines.set(key, line)
    line.waiting++
    const turn = line.last.then(() => work(line.state)).finally(() => line.waiting--)
    line.last = turn.catch(() => {})
    this.#forget()
    return turn
  }

  #forget(): void {
    if (this.#lines.size <= most) return
    for (const [key, { waiting }] of this.#lines) {
      if (waiting > 0) continue
      this.#lines.delete(key)
      return
    }
  }
}
