import { InvalidInputError } from '../../errors.ts'
import type { WindowDefinition } from './window.ts'

export const windowLimits: {
  /** Of each length, milliseconds. */
  readonly shortest: number
  readonly longest: number
  /** A window's length, together with the lateness, is at most so many panes; a pane is the greatest common divisor of size and slide. */
  readonly panes: number
  /** A record counts in so many windows at most, of all definitions. */
  readonly windows: number
  /** Characters of a name. */
  readonly name: number
} = { shortest: 1_000, longest: 31 * 24 * 60 * 60_000, panes: 128, windows: 64, name: 64 }

const form = new RegExp(`^[A-Za-z0-9._:-]{1,${windowLimits.name}}$`)

/**
 * Refuses windows that can't be kept.
 * @param lateness milliseconds.
 * @throws InvalidInputError that names the field, such as `windows.0.size`.
 */
export function checkWindows(definitions: readonly WindowDefinition[], lateness: number): void {
  const names = new Set<string>()
  let windows = 0
  for (const [at, definition] of definitions.entries()) {
    const refuse = (field: string, message: string): never => {
      throw new InvalidInputError(message, { field: `windows.${at}.${field}` })
    }
    if (!form.test(definition.name))
      refuse('name', `Must be 1 to ${windowLimits.name} letters, digits, dots, underscores, colons and hyphens.`)
    if (names.has(definition.name)) refuse('name', 'Must be another for each window.')
    names.add(definition.name)
    for (const [field, length] of Object.entries(lengthsOf(definition))) {
      if (!Number.isSafeInteger(length) || length < windowLimits.shortest || length > windowLimits.longest)
        refuse(field, 'Must be from one second to 31 days, in whole milliseconds.')
    }
    if (definition.kind === 'sliding' && definition.slide > definition.size)
      refuse('slide', 'Must not be longer than size: records between two windows would be in none.')
    windows += definition.kind === 'sliding' ? Math.ceil(definition.size / definition.slide) : 1
    if (windows > windowLimits.windows)
      refuse('size', `Must not make a record count in more than ${windowLimits.windows} windows, all definitions together.`)
    if (openPanes(definition, lateness) <= windowLimits.panes) continue
    const most = `Must be such that it and the allowed lateness together are at most ${windowLimits.panes} times`
    if (definition.kind === 'session') refuse('gap', `${most} as long as it.`)
    refuse('size', `${most} ${definition.kind === 'sliding' ? 'the greatest common divisor of it and slide' : 'as long as it'}.`)
  }
}

/** Into panes of so many milliseconds a window's time is cut: each of its windows is made of whole ones. */
export function paneOf({ size, slide }: { readonly size: number; readonly slide: number }): number {
  let [greater, smaller] = [size, slide]
  while (smaller > 0) [greater, smaller] = [smaller, greater % smaller]
  return greater
}

function lengthsOf(definition: WindowDefinition): Readonly<Record<string, number>> {
  if (definition.kind === 'session') return { gap: definition.gap }
  return definition.kind === 'sliding' ? { size: definition.size, slide: definition.slide } : { size: definition.size }
}

/** How many panes of a key are open at once, where its records come within the lateness. */
function openPanes(definition: WindowDefinition, lateness: number): number {
  if (definition.kind === 'session') return 1 + lateness / definition.gap
  const pane = definition.kind === 'sliding' ? paneOf(definition) : definition.size
  return (definition.size + lateness) / pane
}
