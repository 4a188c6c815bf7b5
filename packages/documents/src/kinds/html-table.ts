/** The rows of a table as they are read. */
export class HtmlTable {
  readonly #rows: string[][] = []
  #caption = ''
  #headed = false
  #inHead = false
  #heads = 0
  #open = false

  enter(tagName: string): void {
    if (tagName === 'thead') this.#inHead = true
    else if (tagName === 'tbody' || tagName === 'tfoot') this.#inHead = false
    else if (tagName === 'tr') {
      this.#rows.push([])
      this.#heads = 0
    } else if (tagName === 'td' || tagName === 'th') {
      this.#open = true
      if (tagName === 'th') this.#heads++
    }
  }

  /** Words of the open cell; what stands outside of cells is the caption. */
  words(words: string): void {
    if (!this.#open) {
      this.#caption = `${this.#caption} ${words}`.trim()
      return
    }
    const row = this.#rows.at(-1) ?? []
    row.push(words)
    this.#open = false
    if (this.#rows.length === 1) this.#headed = this.#inHead || this.#heads === row.length
  }

  finish(): { readonly caption: string; readonly rows: readonly (readonly string[])[]; readonly headed: boolean } {
    return { caption: this.#caption, rows: this.#rows, headed: this.#headed }
  }
}
