import { constants, setPriority } from 'node:os'
import { InvalidInputError } from '@plinth/core'
import { backUp, lookThroughBackup, restore } from '@plinth/local'
import { readEnvironment } from '@plinth/server'
import { Command } from 'commander'
import { backupWords, checkWords, restoreWords } from '../backup-words.ts'
import type { Outcome } from '../subcommand.ts'

interface BackupOptions {
  readonly dataDir?: string
  readonly withMasterKey?: boolean
  readonly verify?: boolean
  readonly check?: string
  readonly restore?: string
  readonly json?: boolean
}

export function backupCommand(): Command {
  return new Command('backup')
    .description('Copy the data folder while a server runs on it, or not; restore such a copy.')
    .argument('[directory]', "the backup, a folder that isn't there yet")
    .option('--data-dir <folder>', 'the data folder (default: PLINTH_DATA_DIR, else .plinth)')
    .option('--with-master-key', 'put the key file of the data folder into it too: who has the backup can read it then')
    .option('--verify', 'read every byte of the backup again when it is made')
    .option('--check <backup>', 'only look through a backup')
    .option('--restore <backup>', 'make the data folder from a backup; it must not be there yet')
    .option('--json', 'print JSON')
    .action(run)
}

async function run(target: string | undefined, options: BackupOptions, command: Command): Promise<void> {
  // The server that may run beside goes before.
  setPriority(constants.priority.PRIORITY_LOW)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const outcome = await work(target, options, { version: command.parent?.version() ?? '', signal: stop.signal })
  console.log(options.json ? JSON.stringify(outcome.facts, undefined, 2) : outcome.words.join('\n'))
  if (!outcome.good) process.exitCode = 1
}

async function work(
  target: string | undefined,
  options: BackupOptions,
  { version, signal }: { readonly version: string; readonly signal: AbortSignal },
): Promise<Outcome> {
  if ([target, options.restore, options.check].filter((one) => one !== undefined).length !== 1)
    throw new InvalidInputError('Give one of: the folder of a new backup, --restore with a backup, --check with a backup.')
  if (readEnvironment(process.env).platform === 'aws')
    throw new InvalidInputError(
      'plinth backup copies the data folder of the embedded platform. On AWS, use point-in-time recovery of the table and versions of the bucket, which the stack turns on.',
      { code: 'platform_aws', field: 'PLINTH_PLATFORM' },
    )
  const environment = readEnvironment({
    PLINTH_DATA_DIR: process.env.PLINTH_DATA_DIR,
    PLINTH_MASTER_KEY: process.env.PLINTH_MASTER_KEY,
    PLINTH_MASTER_KEY_FILE: process.env.PLINTH_MASTER_KEY_FILE,
  })
  const directory = options.dataDir ?? environment.directory
  const { masterKey, masterKeyFile } = environment
  const keys = { ...(masterKey !== undefined && { masterKey }), ...(masterKeyFile !== undefined && { masterKeyFile }) }
  const started = performance.now()
  const seconds = (): number => Math.round(performance.now() - started) / 1000
  if (options.restore !== undefined) {
    const restored = await restore({ ...keys, source: options.restore, directory, signal })
    return restoreWords(restored, seconds())
  }
  if (options.check !== undefined) return checkWords(await lookThroughBackup({ ...keys, source: options.check }), seconds())
  const { withMasterKey = false, verify: thorough = false } = options
  const backup = await backUp({ ...keys, directory, target: target ?? '', version, withMasterKey, thorough, signal })
  return backupWords(backup, { directory, masterKeyFile, thorough, seconds: seconds() })
}
