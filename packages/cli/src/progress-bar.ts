const width = 30
const every = 100

/** A bar on standard error while a verb works; nothing where nobody looks (a pipe, a file). */
export class ProgressBar {
  readonly #total: number
  readonly #label: string
  readonly #started = Date.now()
  #done = 0
  #drawn = 0

  constructor(options: { readonly total: number; readonly label: string }) {
    this.#total = options.total
    this.#label = options.label
  }

  advance(): void {
    this.advanceTo(this.#done + 1)
  }

  /** @param done how many in all. */
  advanceTo(done: number): void {
    this.#done = done
    if (Date.now() - this.#drawn >= every) this.#draw()
  }

  end(): void {
    this.#draw()
    if (process.stderr.isTTY) process.stderr.write('\n')
  }

  #draw(): void {
    if (!process.stderr.isTTY) return
    this.#drawn = Date.now()
    const share = this.#total === 0 ? 1 : this.#done / this.#total
    const filled = Math.round(share * width)
    const rate = this.#done / Math.max(0.001, (Date.now() - this.#started) / 1000)
    process.stderr.write(
      `\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${this.#done}/${this.#total} ${this.#label}, ${rate.toFixed(0)}/s `,
    )
  }
}
