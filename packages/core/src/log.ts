/** Structured logs. Fields hold ids, codes and counts; never prompts, results, tokens or keys. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export type LogFields = Readonly<Record<string, unknown>>

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * What may be logged of an error that nobody expected while tenants' content was at hand: its name and where it came from.
 * Its message stays out: JSON.parse, for one, quotes what it was given.
 */
export function faultOf(error: unknown): LogFields {
  if (!(error instanceof Error)) return { name: typeof error }
  const { name, message, stack = '' } = error
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n')
  return { name, stack: frames.filter((line) => /^ +at .+:\d+:\d+\)?$/.test(line)).join('\n') }
}
