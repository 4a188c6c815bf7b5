import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Backup, type BackupOptions, backUp, restore } from '../src/index.ts'
import { largeText, NotesFolder } from './notes-folder.ts'

export const texts = { small: 'a small text', large: largeText }

/** A data folder that is in use while a file's tests run, with two notes in it; and a folder a test to work in. */
export class BackupSubject {
  readonly #root: string = mkdtempSync(join(tmpdir(), 'plinth-backup-'))
  readonly data: string = join(this.#root, 'data')
  #scratch = ''
  #tests = 0
  folder: NotesFolder | undefined

  static use(): BackupSubject {
    const subject = new BackupSubject()
    beforeAll(async () => {
      subject.folder = await NotesFolder.open(subject.data)
      for (const [id, text] of Object.entries(texts)) await subject.folder.write(id, text)
    })
    beforeEach(() => mkdirSync(subject.#next()))
    afterEach(() => rmSync(subject.#scratch, { recursive: true, force: true }))
    afterAll(async () => {
      await subject.folder?.close()
      rmSync(subject.#root, { recursive: true, force: true })
    })
    return subject
  }

  /** The master key of the data folder. */
  get masterKey(): string {
    return readFileSync(join(this.data, 'master.key'), 'utf8')
  }

  /** Where backups go, unless a test says otherwise. */
  get target(): string {
    return this.path('backup')
  }

  /** In this test's own folder. */
  path(...names: readonly string[]): string {
    return join(this.#scratch, ...names)
  }

  /** What lies in this test's own folder. */
  entries(): string[] {
    return readdirSync(this.#scratch).sort()
  }

  make(options: Partial<BackupOptions> = {}): Promise<Backup> {
    return backUp({ directory: this.data, target: this.target, version: '1.2.3', ...options })
  }

  /** A data folder with the same notes that nobody uses. */
  async ownFolder(name = 'own'): Promise<string> {
    await this.make({ target: this.path('for-own'), withMasterKey: true })
    await restore({ source: this.path('for-own'), directory: this.path(name) })
    rmSync(this.path('for-own'), { recursive: true })
    return this.path(name)
  }

  /** What a backup holds when it is restored. */
  async contentOf(backup: string, masterKey = this.masterKey): Promise<object> {
    const directory = this.path(`restored-${this.entries().length}`)
    await restore({ source: backup, directory, masterKey })
    const restored = await NotesFolder.open(directory, { masterKey })
    try {
      return await restored.texts()
    } finally {
      await restored.close()
    }
  }

  #next(): string {
    this.#scratch = join(this.#root, `test-${++this.#tests}`)
    return this.#scratch
  }
}

/** The one object of a backup of the two notes. */
export function objectOf(backup: Backup): string {
  return backup.manifest.files.map((file) => file.path).find((path) => path.startsWith('objects/')) ?? ''
}
