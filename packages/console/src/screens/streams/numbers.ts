const usual = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 })
const large = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 })

/** A measured value, with as many digits as anybody reads; a power of ten is written as the server's sentences write it. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-4)) return Number(value.toPrecision(4)).toExponential()
  return Math.abs(value) >= 1e6 ? large.format(value) : usual.format(value)
}

/** A value of any kind, as text. */
export function formatValue(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value)
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
