import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type Clock,
  createPlatform,
  type DocumentReader,
  InvalidInputError,
  type Log,
  type ModelLimits,
  type Models,
  type Outbound,
  type Platform,
  PlinthError,
  silentLog,
  type Timer,
  type ToolSource,
} from '@plinth/core'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { DataFolderLock, folderInUse } from './data-folder-lock.ts'
import { Database } from './database/database.ts'
import type { Step } from './database/steps.ts'
import { makeDirectory } from './durable-files.ts'
import { FileObjectStore } from './file-object-store.ts'
import { LocalEventBus } from './local-event-bus.ts'
import { LocalKeyService } from './local-key-service.ts'
import { LogTopics } from './log-topics.ts'
import { loadMasterKey } from './master-key.ts'
import { sqliteAdapters } from './sqlite-adapters.ts'

const watchMilliseconds = 2_000

export interface LocalPlatformOptions {
  /** The data folder; made when absent. */
  readonly directory: string
  readonly models: Models
  /** What providers let through of them; absent: everything. */
  readonly limits?: ModelLimits
  /** Which region's data it is; absent: `local`. */
  readonly region?: string
  /** The platform that has the registry, where it isn't this one's own. */
  readonly home?: Platform
  /** 32 bytes as base64 or hexadecimal. Default: `masterKeyFile`, else a key file in the folder. */
  readonly masterKey?: string | undefined
  readonly masterKeyFile?: string | undefined
  readonly clock?: Clock
  readonly log?: Log
  /** Reads documents; absent: plain text alone is read. */
  readonly reader?: DocumentReader
  /** Offers tools of servers outside; absent: agents have those that are built in. */
  readonly tools?: ToolSource
  /** How webhooks are called. Default: the public internet only. */
  readonly outbound?: Outbound
  /** Called once when the database can't be written any more; the process should end with an error. */
  onFatal?(error: PlinthError): void
  /** How many pages of the database's log are written before their content moves to the database. Default: 2000. */
  readonly logPages?: number
  /** Told of each step of each batch of changes; for trials of crashes (docs/faults.md). */
  onStep?(step: Step): void
}

/** The embedded platform, and its bus, which callers in this process may listen to. */
export interface LocalPlatform extends Platform {
  readonly bus: LocalEventBus
}

/**
 * Opens the embedded platform on a data folder.
 * @throws PlinthError `folder_in_use`, `newer_file`, `foreign_file`, `master_key_wrong`; InvalidInputError for a bad key.
 */
export async function localPlatform(options: LocalPlatformOptions): Promise<LocalPlatform> {
  const { models, clock = systemClock, log = silentLog, onFatal = () => {} } = options
  const { outbound = new GuardedHttp({ clock }) } = options
  const directory = resolve(options.directory)
  const lock = takeFolder(directory)
  if (!lock) throw folderInUse(directory)
  let opened: Database | undefined
  try {
    const { key } = loadMasterKey({ ...options, directory })
    const keys = new LocalKeyService({ directory, masterKey: key, clock })
    const objects = new FileObjectStore({ directory: join(directory, 'objects'), clock })
    const database = await Database.open({
      path: join(directory, 'plinth.db'),
      onFatal,
      onChecked: (problems) => {
        if (problems.length === 0)
          return log.info({}, 'The last run did not end in good order; the database was checked and is sound.')
        log.error({ problems }, 'The database is damaged.')
        onFatal(new PlinthError('database_damaged', 'The database is damaged. Restore a backup.', false))
      },
      ...(options.logPages === undefined ? {} : { logPages: options.logPages }),
      ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    })
    opened = database
    const bus = new LocalEventBus()
    const sqlite = sqliteAdapters({ database, clock, log })
    const watch = watchFile(clock, join(directory, 'plinth.db'), () =>
      onFatal(new PlinthError('folder_gone', `The data folder ${directory} was removed or replaced while Plinth ran.`, false)),
    )
    const close = async (): Promise<void> => {
      watch.cancel()
      sqlite.stream.close()
      await sqlite.queue.close()
      await database.close()
      lock.release()
    }
    return {
      ...createPlatform(
        'local',
        {
          ...sqlite,
          clock,
          objects,
          keys,
          bus,
          outbound,
          ...(options.reader ? { reader: options.reader } : {}),
          ...(options.tools ? { tools: options.tools } : {}),
          topics: new LogTopics({ log }),
          lateness: () => database.lateness(),
          close,
        },
        models,
        options,
      ),
      bus,
    }
  } catch (error) {
    await opened?.abandon()
    lock.release()
    throw error
  }
}

/** Makes the folder and takes its lock; what goes wrong is said of the folder, since that is what someone chose. */
function takeFolder(directory: string): DataFolderLock | undefined {
  try {
    makeDirectory(directory)
    return DataFolderLock.take(directory)
  } catch (cause) {
    if (PlinthError.is(cause) && cause.code === 'storage_full') throw cause
    const message = `The data folder ${directory} can't be made or written. Set PLINTH_DATA_DIR to a folder that can.`
    throw new InvalidInputError(message, { code: 'folder_unusable', field: 'PLINTH_DATA_DIR', cause })
  }
}

/** Notices that a file was removed or replaced under its name: what is written then would be kept nowhere. */
function watchFile(clock: Clock, path: string, gone: () => void): Timer {
  const inode = (): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino
  const opened = inode()
  const look = (): void => {
    if (inode() !== opened) gone()
    else timer = clock.setTimer(watchMilliseconds, look)
  }
  let timer = clock.setTimer(watchMilliseconds, look)
  return { cancel: () => timer.cancel() }
}
