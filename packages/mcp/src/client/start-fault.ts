/** Why a server didn't start; for whoever runs it. */
export class StartFault extends Error {
  /** Written before it had any work. */
  readonly stderr: string
  /** The code or signal with which its process ended by itself. */
  readonly exit: number | string | undefined

  constructor(cause: unknown, { stderr, exit }: { readonly stderr: string; readonly exit: number | string | undefined }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.stderr = stderr
    this.exit = exit
  }
}
