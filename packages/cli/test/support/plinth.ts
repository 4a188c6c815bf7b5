import { type Exit, type PlinthProcess, runPlinth } from '../../../../test/e2e/support/plinth-process.ts'

export type Run = PlinthProcess & { readonly exit: Exit }

/** Runs the command with these variables; the default model is the one for tests. */
export function plinth(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Run> {
  return runPlinth(args, { environment: { PLINTH_MODEL: 'scripted', ...environment } })
}

/** Words for a person: on standard error, without a stack, and exit code 1. */
export function refusalOf(run: Run): string {
  if (run.exit.code !== 1) throw new Error(`Expected exit code 1, not ${JSON.stringify(run.exit)}: ${run.stdout}${run.stderr}`)
  if (/\n\s+at /.test(run.stderr)) throw new Error(`A stack is no message: ${run.stderr}`)
  return run.stderr
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
