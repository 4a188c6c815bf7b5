/** USD for people: cents below a hundred dollars, whole dollars from there on; what is less than a cent with two figures of its own. */
export function money(usd: number): string {
  if (usd === 0) return '$0'
  if (Math.abs(usd) < 0.01) return `$${Number(usd.toPrecision(2))}`
  if (Math.abs(usd) < 99.995) return `$${usd.toFixed(2)}`
  return `$${Math.round(usd).toLocaleString('en-US')}`
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

/** A number of anything else. */
export function amount(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}
