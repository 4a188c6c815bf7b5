import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LocalIssuer } from '@plinth/core'
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
import { createModels } from '@plinth/models'
import { firstTenant, readEnvironment } from '@plinth/server'
import { measureDisk } from '../checks/embedded/disk.ts'
import type { EmbeddedPatient, Identity, Patient } from '../checks/patient.ts'

/** What the checks look at in a data folder. */
export function embeddedPatient(common: Patient): EmbeddedPatient {
  const { variables } = common
  const { PLINTH_DATA_DIR, PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE } = variables
  const { directory, masterKey, masterKeyFile } = readEnvironment({ PLINTH_DATA_DIR, PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE })
  const folder = resolve(directory)
  const keys = { directory: folder, masterKey, masterKeyFile }
  return {
    ...common,
    folder,
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

function databaseOf(folder: string): DatabaseFacts | Error | undefined {
  try {
    return examineDatabase(folder)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
