/** A text, and the values that stand in it, in order. */
export interface Sample {
  readonly text: string
  readonly values: readonly string[]
}

/** Always the same numbers for a seed (mulberry32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** `#` any digit, `%` 1 to 9, `^` 2 to 9, `?` a capital, `~` a small letter, `*` a hexadecimal digit; the rest as it is. */
  fill(form: string): string {
    return form.replace(/[#%^?~*]/g, (sign) => {
      if (sign === '#') return String(this.below(10))
      if (sign === '%') return String(this.between(1, 9))
      if (sign === '^') return String(this.between(2, 9))
      if (sign === '?') return String.fromCharCode(65 + this.below(26))
      if (sign === '~') return String.fromCharCode(97 + this.below(26))
      return this.below(16).toString(16)
    })
  }
}

/** Puts values into sentences, each sentence in turn, until there are `count` samples. */
export function samples(count: number, sentences: readonly string[], value: () => string): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const values: string[] = []
    const text = (sentences[index % sentences.length] ?? '{}').replace(/\{\}/g, () => {
      const next = value()
      values.push(next)
      return next
    })
    return { text, values }
  })
}

/** Texts without any value of the kind. */
export function without(texts: readonly string[]): readonly Sample[] {
  return texts.map((text) => ({ text, values: [] }))
}

/** Texts written by hand, in which the values stand between ⟦ and ⟧. */
export function marked(texts: readonly string[]): readonly Sample[] {
  return texts.map((text) => ({
    text: text.replace(/[⟦⟧]/g, ''),
    values: [...text.matchAll(/⟦(.*?)⟧/g)].map(([, value = '']) => value),
  }))
}
