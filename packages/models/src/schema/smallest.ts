/** The chooser that keeps a value small. @module */
import type { Chooser } from './choose.ts'
import { choicesOf, type Schema, schemaOf, schemasOf, stringsOf, typesOf } from './read.ts'

/**
 * Takes the alternative with the shortest JSON text, zero, the empty string, false, as few items as allowed and no property that
 * may be left out.
 */
export const smallest: Chooser = {
  branches: (branches) => branches.map((_, at) => at).sort((one, two) => leastSize(branches[one]) - leastSize(branches[two])),
  option: (options) => options.reduce((least, option) => (size(option) < size(least) ? option : least)),
  text: () => '',
  number: () => 0,
  boolean: () => false,
  items: () => ({ count: 0, item: () => smallest }),
  optional: () => false,
}

function size(value: unknown): number {
  return JSON.stringify(value)?.length ?? 4
}

const sizes: Readonly<Record<string, number>> = { integer: 1, number: 1, string: 2, array: 2, object: 2, null: 4, boolean: 5 }

// An estimate: it looks three levels deep and at no bounds.
function leastSize(schema: Schema | undefined, depth = 0): number {
  if (schema === undefined) return Infinity
  const choices = choicesOf(schema)
  if (choices !== undefined) return Math.min(...choices.map(size))
  const types = typesOf(schema)
  const least = types.length === 0 ? 4 : Math.min(...types.map((type) => sizes[type] ?? 4))
  if (!types.includes('object') || least < 2 || depth === 3) return least
  const properties = schemasOf(schema.properties)
  return stringsOf(schema.required).reduce(
    (sum, name) => sum + name.length + 4 + leastSize(schemaOf(properties.get(name)), depth + 1),
    2,
  )
}
