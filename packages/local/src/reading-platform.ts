import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createPlatform, type Models, type Platform, UnavailableError } from '@plinth/core'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { openForReading } from './database/schema.ts'
import type { DatabaseSource } from './database/source.ts'
import { FileObjectStore } from './file-object-store.ts'
import { LocalEventBus } from './local-event-bus.ts'
import { LocalKeyService } from './local-key-service.ts'
import { loadMasterKey, type MasterKeyOptions } from './master-key.ts'
import { type SqliteAdapters, sqliteAdapters } from './sqlite-adapters.ts'

/**
 * Reads the data folder of a Plinth that runs, beside it: for `plinth token` and `plinth doctor`. Whatever would write
 * fails with UnavailableError `read_only`.
 * @throws UnavailableError `not_started` when the folder holds no database yet.
 */
export function readingPlatform(options: MasterKeyOptions & { readonly models: Models }): Platform {
  const directory = resolve(options.directory)
  const path = join(directory, 'plinth.db')
  if (!existsSync(path)) throw new UnavailableError('not_started', `${directory} holds no data of Plinth yet.`)
  const clock = systemClock
  const { key } = loadMasterKey({ ...options, directory })
  const reader = openForReading(path)
  const database: DatabaseSource = {
    reader,
    alone: false,
    submit: () => Promise.reject(new UnavailableError('read_only', 'The data folder is open for reading only.')),
  }
  const sqlite = adaptersOf(database)
  return createPlatform(
    'local',
    {
      ...sqlite,
      clock,
      objects: new FileObjectStore({ directory: join(directory, 'objects'), clock, readOnly: true }),
      keys: new LocalKeyService({ directory, masterKey: key, clock, readOnly: true }),
      bus: new LocalEventBus(),
      outbound: new GuardedHttp({ clock }),
      close: async () => {
        sqlite.stream.close()
        await sqlite.queue.close()
        reader.close()
      },
    },
    options.models,
  )
}

/** A file that can't be read is let go. */
function adaptersOf(database: DatabaseSource): SqliteAdapters {
  try {
    return sqliteAdapters({ database, clock: systemClock })
  } catch (error) {
    database.reader.close()
    throw error
  }
}
