import { DistinctCount, type PackedDistinct } from './distinct-count.ts'
import { NumberSummary, type PackedNumbers } from './number-summary.ts'
import type { CategoryAggregate, NumberAggregate, WindowResult } from './window.ts'

/** A record's values by field: finite numbers, and texts. */
export interface FieldValues {
  readonly numbers: readonly (readonly [field: string, value: number])[]
  readonly categories: readonly (readonly [field: string, value: string])[]
}

export type PackedContent = readonly [
  count: number,
  numbers: readonly (readonly [field: string, numbers: PackedNumbers])[],
  categories?: readonly (readonly [field: string, count: number, distinct: PackedDistinct])[],
]

interface NumberField {
  readonly field: string
  readonly summary: NumberSummary
}

interface CategoryField {
  readonly field: string
  readonly distinct: DistinctCount
  count: number
}

/** What came in a window, or in a part of one. */
export class WindowContent {
  #count = 0
  // Arrays rather than maps: nearly every record of a key has the same few fields in the same order, so each is found at once.
  readonly #numbers: NumberField[] = []
  readonly #categories: CategoryField[] = []

  static unpack([count, numbers, categories = []]: PackedContent): WindowContent {
    const content = new WindowContent()
    content.#count = count
    for (const [field, packed] of numbers) content.#numbers.push({ field, summary: NumberSummary.unpack(packed) })
    for (const [field, seen, packed] of categories)
      content.#categories.push({ field, count: seen, distinct: DistinctCount.unpack(packed) })
    return content
  }

  add({ numbers, categories }: FieldValues): void {
    this.#count++
    for (let at = 0; at < numbers.length; at++) {
      const [field, value] = numbers[at] as readonly [string, number]
      this.#number(field, at).summary.add(value)
    }
    for (let at = 0; at < categories.length; at++) {
      const [field, value] = categories[at] as readonly [string, string]
      const there = this.#category(field, at)
      there.count++
      there.distinct.add(value)
    }
  }

  merge(other: WindowContent): void {
    this.#count += other.#count
    for (const [at, { field, summary }] of other.#numbers.entries()) this.#number(field, at).summary.merge(summary)
    for (const [at, { field, distinct, count }] of other.#categories.entries()) {
      const there = this.#category(field, at)
      there.count += count
      there.distinct.merge(distinct)
    }
  }

  result(window: string, start: number, end: number): Omit<WindowResult, 'key'> {
    const numbers = this.#numbers.map(({ field, summary }): [string, NumberAggregate] => [field, summary.aggregate()])
    const categories = this.#categories.map(({ field, count, distinct }): [string, CategoryAggregate] => {
      return [field, { count, distinct: distinct.estimate() }]
    })
    return {
      ...{ window, start, end, count: this.#count },
      rate: (this.#count * 1_000) / (end - start),
      // A field may be named `__proto__`.
      numbers: Object.fromEntries(numbers),
      categories: Object.fromEntries(categories),
    }
  }

  pack(): PackedContent {
    const numbers = this.#numbers.map(({ field, summary }) => [field, summary.pack()] as const)
    if (this.#categories.length === 0) return [this.#count, numbers]
    return [this.#count, numbers, this.#categories.map(({ field, count, distinct }) => [field, count, distinct.pack()] as const)]
  }

  #number(field: string, likely: number): NumberField {
    const first = this.#numbers[likely]
    if (first?.field === field) return first
    const found = this.#numbers.find((known) => known.field === field)
    if (found) return found
    const made = { field, summary: new NumberSummary() }
    this.#numbers.push(made)
    return made
  }

  #category(field: string, likely: number): CategoryField {
    const first = this.#categories[likely]
    if (first?.field === field) return first
    const found = this.#categories.find((known) => known.field === field)
    if (found) return found
    const made = { field, count: 0, distinct: new DistinctCount() }
    this.#categories.push(made)
    return made
  }
}
