/** The work of the steps, which sees to it that each is done once, behind all that it needs. @module */

/** @param lasts milliseconds that a step takes, by its id; absent: it ends at once. */
export class CheckedWork {
  #graph
  #needs
  #lasts
  #done = new Set()
  #begun = 0

  constructor(graph, lasts) {
    this.#graph = graph
    this.#needs = new Map(graph.steps.map(({ id, needs }) => [id, needs]))
    this.#lasts = lasts
  }

  /** @throws Error for a step that is too early, unknown or done before. */
  work = async (id) => {
    this.#begun++
    const needs = this.#needs.get(id)
    if (!needs?.every((needed) => this.#done.has(needed)) || this.#done.has(id)) throw new Error(`${id} is not to be done now.`)
    const lasts = this.#lasts?.get(id)
    if (lasts !== undefined) await new Promise((resolve) => setTimeout(resolve, lasts))
    this.#done.add(id)
    return `result of ${id}`
  }

  /** @throws Error when the run that has ended left something out, or did it twice. */
  reset() {
    const { length } = this.#graph.steps
    if (this.#done.size !== length || this.#begun !== length)
      throw new Error(`${this.#begun} steps were begun and ${this.#done.size} done, of ${length}.`)
    this.#done = new Set()
    this.#begun = 0
  }
}
