const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const times = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dates = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const farDates = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

export function formatCount(count: number): string {
  return Math.abs(count) >= 100_000 ? short.format(count) : counts.format(count)
}

/** `1 chunk`, `4,134 chunks`. */
export function formatCounted(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`
}

/** A name that somebody else gave: what turns the direction of the text behind it is spelt out, since it would show another name. */
export function formatName(name: string): string {
  return name.replaceAll(/[\u202a-\u202e\u2066-\u2069]/gu, (turn) => `[U+${turn.codePointAt(0)?.toString(16).toUpperCase()}]`)
}

/** USD; small amounts with as many digits as they need. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0'
  if (Math.abs(usd) >= 1) return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  return `$${usd.toLocaleString('en', { maximumSignificantDigits: 2, maximumFractionDigits: 10 })}`
}

/** @param milliseconds of a duration. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return '<1 ms'
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(milliseconds < 9_995 ? 2 : 1)} s`
  const seconds = Math.round(milliseconds / 1_000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${(milliseconds / 3_600_000).toFixed(1)} h`
}

/** The time of day for what is of today, the date before it for what is older, and the date alone, with its year, for another year. */
export function formatTime(at: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return at
  const now = new Date()
  if (date.getFullYear() !== now.getFullYear()) return farDates.format(date)
  return date.toDateString() === now.toDateString() ? times.format(date) : dates.format(date)
}

/** @param share from 0 to 1. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)}%`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const kibibytes = bytes / 1024
  return kibibytes < 1024 ? `${kibibytes.toFixed(1)} KiB` : `${(kibibytes / 1024).toFixed(1)} MiB`
}
