/** What happens once in a process, by name, and can be waited for. */
export class Signals {
  readonly #given = new Map<string, PromiseWithResolvers<void>>()

  give(name: string): void {
    this.#of(name).resolve()
  }

  given(name: string): Promise<void> {
    return this.#of(name).promise
  }

  #of(name: string): PromiseWithResolvers<void> {
    const signal = this.#given.get(name) ?? Promise.withResolvers<void>()
    this.#given.set(name, signal)
    return signal
  }
}
