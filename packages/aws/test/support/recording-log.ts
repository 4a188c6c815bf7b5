import type { Log, LogFields } from '@plinth/core'

/** What would be logged, each line as its text and its fields in JSON. */
export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const write = (fields: LogFields, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  return { lines, debug: write, info: write, warn: write, error: write }
}
