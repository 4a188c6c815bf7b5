/** The most characters of a title or heading that go into contexts. */
const longest = 160
/** The most characters of a path; deeper headings are kept, those between them and the title given up. */
const longestPath = 480

/** The headings that a place of a document stands under, as the context of its chunks: `Title > Section > Part`. */
export class Headings {
  readonly #title: string
  #open: { readonly level: number; readonly words: string }[] = []
  #path: string

  constructor(title = '') {
    this.#title = clip(title)
    this.#path = this.#title
  }

  get path(): string {
    return this.#path
  }

  /** Opens a section, which closes those of its level and below. */
  open(level: number, words: string): void {
    const heading = clip(words)
    if (heading === '') return
    this.#open = [...this.#open.filter((one) => one.level < level), { level, words: heading }]
    // A document whose first heading says its title again has it once.
    const all = [this.#title, ...this.#open.map((one) => one.words)].filter(
      (one, index) => one !== '' && (index !== 1 || one !== this.#title),
    )
    while (all.length > 2 && all.join(' > ').length > longestPath) all.splice(1, 1)
    this.#path = all.join(' > ')
  }

  /** The context of a table's rows: where it stands, and its header row. */
  withHeader(header: string): string {
    const row = header.replaceAll(/\s+/g, ' ').trim().slice(0, longestPath).toWellFormed()
    return row === '' ? this.#path : this.#path === '' ? row : `${this.#path}\n${row}`
  }
}

function clip(words: string): string {
  const line = words
    .slice(0, longest * 4)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length <= longest ? line : `${line.slice(0, longest - 1).toWellFormed()}…`
}
