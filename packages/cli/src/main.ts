import { PlinthError } from '@plinth/core'
import { Command, CommanderError } from 'commander'
import { doctorCommand } from './commands/doctor.ts'
import { startCommand } from './commands/start.ts'
import { submitCommand } from './commands/submit.ts'
import { tokenCommand } from './commands/token.ts'

/** A verb that can't go on, said in words for the person who typed it. */
const program = new Command('plinth')
  .description('Five architecture patterns for generative AI, on this machine or on AWS.')
  .version('0.1.0')
  .showHelpAfterError('(plinth --help lists the verbs)')
  .exitOverride()

for (const command of [startCommand(), tokenCommand(), submitCommand(), doctorCommand()]) {
  program.addCommand(command.exitOverride().showHelpAfterError(`(plinth ${command.name()} --help describes it)`))
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode)
  const json = process.argv.includes('--json')
  const known = PlinthError.is(error)
  if (json) console.log(JSON.stringify({ error: { code: known ? error.code : 'internal', message: messageOf(error) } }))
  else console.error(known ? messageOf(error) : error)
  process.exit(1)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
