import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { InvalidInputError, LocalIssuer } from '@plinth/core'
import {
  type DatabaseFacts,
  DataFolderLock,
  examineDatabase,
  LocalKeyService,
  loadMasterKey,
  lookThroughDatabase,
  readingPlatform,
  systemClock,
} from '@plinth/local'
import { chainedCredentials, createModels, modelOptions } from '@plinth/models'
import { firstTenant, readEnvironment } from '@plinth/server'
import { Command } from 'commander'
import { checks } from '../checks/all.ts'
import { measureDisk } from '../checks/disk.ts'
import type { Finding } from '../checks/finding.ts'
import { examine, type Identity, type Patient } from '../checks/patient.ts'
import { serverUrl } from '../client.ts'

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Look for what could keep Plinth from running, and say what to do.')
    .option('--deep', 'read the whole database, too')
    .option('--json', 'print JSON')
    .action(diagnose)
}

async function diagnose(options: { readonly deep?: boolean; readonly json?: boolean }, command: Command): Promise<void> {
  if (process.env.PLINTH_PLATFORM === 'aws')
    throw new InvalidInputError(
      'plinth doctor looks at the embedded platform. On AWS, plinth start says what is missing or denied.',
      { code: 'platform_aws', field: 'PLINTH_PLATFORM' },
    )
  const version = command.parent?.version() ?? ''
  const findings = await examine(checks, patientOf(process.env, { version, deep: options.deep ?? false }))
  if (options.json) console.log(JSON.stringify({ findings }, null, 2))
  else for (const finding of findings) console.log(line(finding))
  if (findings.some((finding) => finding.status === 'problem')) process.exitCode = 1
}

/** Joins the checks with what they look at: the platform, its folder and the models. */
function patientOf(
  variables: Readonly<Record<string, string | undefined>>,
  { version, deep }: { readonly version: string; readonly deep: boolean },
): Patient {
  const { PLINTH_DATA_DIR, PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE } = variables
  const { directory, masterKey, masterKeyFile } = readEnvironment({ PLINTH_DATA_DIR, PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE })
  const folder = resolve(directory)
  const keys = { directory: folder, masterKey, masterKeyFile }
  return {
    variables,
    folder,
    version,
    deep,
    now: Date.now(),
    url: urlOf(variables),
    database: databaseOf(folder),
    disk: existsSync(folder) ? measureDisk(folder) : undefined,
    inUse: DataFolderLock.isHeld(folder),
    lookThroughDatabase: () => lookThroughDatabase(folder),
    masterKey: () => {
      const made = existsSync(join(folder, 'keyring.json'))
      // Without a keyring one would be made now.
      if (!made && masterKey === undefined && masterKeyFile === undefined) return undefined
      const { key, source } = loadMasterKey(keys)
      if (made) new LocalKeyService({ directory: folder, masterKey: key, clock: systemClock, readOnly: true })
      return { source }
    },
    modelSettings: () => {
      const settings = modelOptions(variables)
      createModels({ ...settings, clock: systemClock })
      return settings
    },
    awsCredentials: (region) => chainedCredentials(region)(),
    identity: () => identityOf(keys).catch(() => undefined),
  }
}

async function identityOf(options: Omit<Parameters<typeof readingPlatform>[0], 'models'>): Promise<Identity> {
  const platform = readingPlatform({ ...options, models: createModels({ clock: systemClock }) })
  try {
    const issuer = await LocalIssuer.open(platform.operate())
    return {
      keyId: String(issuer.publicJwk.kid),
      token: () => issuer.sign({ tenant: firstTenant, user: 'doctor', permissions: [], lifetime: 30 }),
    }
  } finally {
    await platform.close()
  }
}

/** Where the server should be, also when a variable that says so is wrong; that is another check's to tell. */
function urlOf(variables: Readonly<Record<string, string | undefined>>): string {
  try {
    return serverUrl(variables)
  } catch {
    return serverUrl({})
  }
}

function databaseOf(folder: string): DatabaseFacts | Error | undefined {
  try {
    return examineDatabase(folder)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function line(finding: Finding): string {
  const mark = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' }[finding.status]
  return `${mark} ${finding.check}: ${finding.message}${finding.remedy === undefined ? '' : `\n          ${finding.remedy}`}`
}
