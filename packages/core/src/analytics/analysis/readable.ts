/** How values, times and names are put into words. @module */
import { numberInWords } from '../number-words.ts'

/** A value of a record: on one line, and short. */
export function shortValue(value: number | string): string {
  return typeof value === 'number' ? numberInWords(value) : `"${oneLine(value, 60)}"`
}

/** Without what could look like another line, or like the end of something. */
export function oneLine(text: string, longest: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return plain.length <= longest ? plain.toWellFormed() : `${plain.slice(0, longest - 1).toWellFormed()}…`
}

/** A length of time in its largest unit. */
export function duration(milliseconds: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1_000, 'second'],
  ] as const
  const [size, name] = units.find(([each]) => milliseconds >= each) ?? ([1_000, 'second'] as const)
  const amount = Number((milliseconds / size).toPrecision(2))
  return `${amount} ${name}${amount === 1 ? '' : 's'}`
}

export function clockTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z')
}

/** `a, b and 3 more`. */
export function fewOf(names: readonly string[], total: number, most = 3): string {
  const shown = names.slice(0, most).map((name) => oneLine(name, 60))
  const more = Math.max(total, names.length) - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? '')
}
