/** What one check found. */
export interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
}

export type Diagnosis = Omit<Finding, 'check'>

export function ok(message: string): Diagnosis {
  return { status: 'ok', message }
}

/** Plinth runs, but not as it should, or not for long. */
export function warning(message: string, remedy: string): Diagnosis {
  return { status: 'warning', message, remedy }
}

/** Plinth doesn't run like this, or loses something. */
export function problem(message: string, remedy: string): Diagnosis {
  return { status: 'problem', message, remedy }
}
