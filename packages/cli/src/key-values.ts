import { InvalidInputError } from '@plinth/core'

/** Options of the form `name=value`. @throws InvalidInputError naming the option. */
export function keyValues(words: readonly string[], option: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=')
      if (at < 1) throw new InvalidInputError(`--${option} takes name=value, not ${word}.`, { field: option })
      return [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}
