/** Why a server didn't start; for whoever runs it. */
export class StartFault extends Error {
  /** Written before it had any work. */
  readonly stderr: string

  constructor(cause: unknown, stderr: string) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.stderr = stderr
  }
}
