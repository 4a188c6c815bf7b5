import type { Log, LogFields } from '@plinth/core'

/** A log that is kept, to look at what was written down. */
export interface RecordedLog extends Log {
  readonly lines: readonly (readonly [string, LogFields])[]
}

export function recordedLog(): RecordedLog {
  const lines: [string, LogFields][] = []
  const write = (fields: LogFields, message: string): void => void lines.push([message, fields])
  return { lines, debug: write, info: write, warn: write, error: write }
}
