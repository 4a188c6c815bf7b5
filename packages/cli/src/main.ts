import { PlinthError } from '@plinth/core'
import { Command, CommanderError } from 'commander'
import { adviseCommand } from './commands/advise.ts'
import { agentsCommand } from './commands/agents.ts'
import { askCommand } from './commands/ask.ts'
import { backupCommand } from './commands/backup.ts'
import { detectCommand } from './commands/detect.ts'
import { doctorCommand } from './commands/doctor.ts'
import { evalCommand } from './commands/eval.ts'
import { ingestCommand } from './commands/ingest.ts'
import { initCommand } from './commands/init.ts'
import { runCommand } from './commands/run.ts'
import { startCommand } from './commands/start.ts'
import { streamCommand } from './commands/stream.ts'
import { submitCommand } from './commands/submit.ts'
import { synthCommand } from './commands/synth.ts'
import { tenantsCommand } from './commands/tenants.ts'
import { tokenCommand } from './commands/token.ts'
import { workflowsCommand } from './commands/workflows.ts'
import { printableText } from './printable.ts'

const json = process.argv.includes('--json')
const program = new Command('plinth')
  .description('Five architecture patterns for generative AI, on this machine or on AWS.')
  .version('0.1.0')
  .showHelpAfterError('(plinth --help lists the verbs)')
  .exitOverride()

// With --json a mistake in the call is said as JSON too, below.
const quiet = json ? { writeErr: () => {} } : {}
program.configureOutput(quiet)

const verbs = [
  startCommand(),
  tokenCommand(),
  submitCommand(),
  ingestCommand(),
  askCommand(),
  runCommand(),
  workflowsCommand(),
  agentsCommand(),
  detectCommand(),
  streamCommand(),
  evalCommand(),
  tenantsCommand(),
  adviseCommand(),
  backupCommand(),
  doctorCommand(),
  synthCommand(),
  initCommand(),
]
for (const verb of verbs) program.addCommand(prepared(verb, `plinth ${verb.name()}`))

try {
  await program.parseAsync()
} catch (error) {
  const usage = error instanceof CommanderError
  if (usage && (!json || error.exitCode === 0)) process.exit(error.exitCode)
  const known = PlinthError.is(error)
  const code = usage ? 'usage' : known ? error.code : 'internal'
  if (json) console.log(JSON.stringify({ error: { code, message: messageOf(error) } }))
  else console.error(known ? printableText(messageOf(error)) : error)
  process.exit(1)
}

/** Mistakes in the call are thrown, by a verb and all behind it. */
function prepared(command: Command, words: string): Command {
  for (const inner of command.commands) prepared(inner, `${words} ${inner.name()}`)
  return command.configureOutput(quiet).exitOverride().showHelpAfterError(`(${words} --help describes it)`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
