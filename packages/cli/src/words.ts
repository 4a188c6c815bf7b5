/** `3 tenants`, `1 tenant`. */
export function countOf(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`
}

export function sizeOf(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB']
  let amount = bytes
  let unit = 0
  for (; amount >= 1024 && unit < units.length - 1; unit++) amount /= 1024
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`
}

const spans = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** Milliseconds as `3 minutes`, rounded down. */
export function timeSpan(milliseconds: number): string {
  const [unit, length] = spans.find(([, span]) => milliseconds >= span) ?? ['second', 1_000]
  return countOf(Math.floor(milliseconds / length), unit)
}

/** How to come back when a server lets nobody in any more. */
export function wayBack(verb: string): string {
  return `The way back, on its machine while the server is stopped: plinth tenants ${verb} --offline`
}

/** A word that a shell takes as it is. */
export function shellWord(text: string): string {
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
