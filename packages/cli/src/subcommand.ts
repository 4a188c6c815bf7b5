import { Command } from 'commander'

/** What a verb came to: for a program, and for a person. */
export interface Outcome {
  readonly good: boolean
  readonly facts: object
  readonly words: readonly string[]
}

/** What one of the words behind a verb is called with. */
export interface Asked<Options> {
  readonly args: readonly string[]
  readonly options: Options
  readonly json: boolean
}

/** A verb that is followed by a word of its own. */
export function verb(name: string, description: string, subcommands: readonly Command[]): Command {
  const command = new Command(name).description(description).option('--json', 'print JSON').helpCommand(false)
  for (const each of subcommands) command.addCommand(each)
  return command
}

/**
 * A word behind a verb, such as `list` of `plinth agents list`, which prints what its work comes to.
 * @param work prints for itself when it gives nothing.
 */
export function subcommand<Options>(
  name: string,
  description: string,
  work: (asked: Asked<Options>) => Promise<Outcome | undefined>,
): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print JSON')
    .action(async (...called: unknown[]) => {
      const command = called.at(-1) as Command
      const { json = false } = command.optsWithGlobals<{ readonly json?: boolean }>()
      const outcome = await work({ args: command.args, options: command.opts() as Options, json })
      if (!outcome) return
      console.log(json ? JSON.stringify(outcome.facts) : outcome.words.join('\n'))
      if (!outcome.good) process.exitCode = 1
    })
}
