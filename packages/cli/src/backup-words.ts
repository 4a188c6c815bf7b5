import { join, resolve } from 'node:path'
import type { Backup, LookedThrough, Restored } from '@plinth/local'
import type { Outcome } from './subcommand.ts'
import { sizeOf } from './words.ts'

type KeySource = LookedThrough['masterKey']

export function backupWords(
  backup: Backup,
  asked: {
    readonly directory: string
    readonly masterKeyFile: string | undefined
    readonly thorough: boolean
    readonly seconds: number
  },
): Outcome {
  const { directory, sameDisk } = backup
  const { thorough, seconds } = asked
  return {
    good: backup.check.keyProblem === undefined,
    facts: { directory, ...factsOf(backup), verified: thorough ? 'every byte' : 'quick', same_disk: sameDisk, seconds },
    words: [
      `Backed up to ${directory} in ${seconds} s.`,
      ...whatItHolds(backup),
      `  checked     ${thorough ? 'every byte' : 'the database and the sizes of files; --verify reads every byte again'}`,
      ...keyLines(backup),
      hasKey(backup)
        ? 'The master key is in it: who has this backup can read everything.'
        : `The master key is not in it, and without it nobody can read this backup. ${keyPlace(backup.masterKey, asked)}`,
      ...(sameDisk ? ['It lies on the same disk as the data folder: copy it to another machine.'] : []),
    ],
  }
}

export function restoreWords(restored: Restored, seconds: number): Outcome {
  const { directory, masterKey } = restored
  return {
    good: true,
    facts: { directory, ...factsOf(restored), seconds },
    words: [
      `Restored to ${directory} in ${seconds} s. The backup stays as it is.`,
      ...whatItHolds(restored),
      '  checked     every byte',
      ...keyLines(restored),
      ...(masterKey === undefined
        ? [
            'No master key is at hand, and a start needs the one of the folder that was backed up: set PLINTH_MASTER_KEY or',
            `PLINTH_MASTER_KEY_FILE to it, or put it into ${join(directory, 'master.key')} with mode 600.`,
          ]
        : []),
      `Start it: PLINTH_DATA_DIR=${directory} npm start`,
    ],
  }
}

export function checkWords(found: LookedThrough, seconds: number): Outcome {
  const { problems, keyProblem } = found.check
  return {
    good: problems.length === 0 && keyProblem === undefined,
    facts: { ...factsOf(found), problems, seconds },
    words: [
      problems.length === 0 ? `The backup is sound (every byte read in ${seconds} s).` : 'The backup is DAMAGED:',
      ...problems.map((problem) => `  ${problem}`),
      ...whatItHolds(found),
      ...keyLines(found),
    ],
  }
}

function factsOf(looked: LookedThrough): object {
  const { plinth, made, rows, objects, bytes, files } = looked.manifest
  const { keys, keyProblem } = looked.check
  const masterKey = { in_backup: hasKey(looked), found_in: looked.masterKey ?? null, problem: keyProblem ?? null }
  return { plinth, made, rows, objects, bytes, files: files.length, keys: keys ?? null, master_key: masterKey }
}

function hasKey({ manifest }: LookedThrough): boolean {
  return manifest.files.some((file) => file.path === 'master.key')
}

function whatItHolds({ manifest }: LookedThrough): string[] {
  const { made, plinth, rows, objects, bytes } = manifest
  const { record = 0, event = 0, ready = 0, held = 0, job = 0 } = rows
  return [
    `  taken       ${made}, by Plinth ${plinth}`,
    `  holds       ${record} records, ${event} events, ${ready + held + job} jobs, ${objects.count} objects; ${sizeOf(bytes)}`,
  ]
}

function keyLines({ check: { keys, keyProblem } }: LookedThrough): string[] {
  if (keyProblem !== undefined) return [`  keys        PROBLEM: ${keyProblem}`]
  if (!keys) return ['  keys        not tried: no master key is at hand']
  const unusable = keys.unusable === 0 ? '' : `, ${keys.unusable} were disabled or destroyed`
  return [`  keys        ${keys.opened} of tenants open with the master key${unusable}`]
}

function keyPlace(source: KeySource, asked: { readonly directory: string; readonly masterKeyFile: string | undefined }): string {
  switch (source) {
    case 'environment':
      return 'It is in PLINTH_MASTER_KEY: keep a copy of it apart from the backup.'
    case 'file':
      return `It is in ${resolve(asked.masterKeyFile ?? '')}: keep a copy of it apart from the backup.`
    case 'folder':
      return `It is in ${join(resolve(asked.directory), 'master.key')}: keep a copy of it apart from the backup.`
    default:
      return "It isn't at hand here: make sure that you have it (PLINTH_MASTER_KEY or PLINTH_MASTER_KEY_FILE of the server)."
  }
}
