import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { BackupSubject, texts } from './backup-subject.ts'
import { NotesFolder } from './notes-folder.ts'
import { mountSmall, noMount } from './small-disk.ts'

const subject = BackupSubject.use()

const linked = (): string => {
  symlinkSync(subject.data, subject.path('link'))
  return subject.path('link')
}
const dangling = (): string => {
  symlinkSync(subject.path('nowhere'), subject.path('link'))
  return subject.path('link')
}
const filled = (): string => {
  mkdirSync(subject.path('filled'))
  writeFileSync(subject.path('filled', 'file'), '')
  return subject.path('filled')
}
const unfinished = (): string => {
  mkdirSync(`${subject.target}.partial`)
  return subject.target
}

describe('a backup is refused, and leaves nothing behind', () => {
  it.each([
    ['a folder that is no data folder', 'not_a_data_folder', () => ({ directory: subject.path() })],
    ['a folder that is not there', 'not_a_data_folder', () => ({ directory: subject.path('nowhere') })],
    ['a target in the data folder', 'target_inside', () => ({ target: join(subject.data, 'deep', 'backup') })],
    ['the data folder as the target', 'target_inside', () => ({ target: subject.data })],
    ['the data folder by a link', 'target_inside', () => ({ target: join(linked(), 'backup') })],
    ['a link that leads nowhere', 'target_unusable', () => ({ target: dangling() })],
    ['a target that holds something', 'target_exists', () => ({ target: filled() })],
    ['a target that is a file', 'target_exists', () => ({ target: join(filled(), 'file') })],
    ['a target below a file', 'target_unusable', () => ({ target: join(filled(), 'file', 'backup') })],
    ['a target that another one builds', 'target_unfinished', () => ({ target: unfinished() })],
  ])('%s: %s', async (_, code, options) => {
    const asked = options()
    const everything = (): string[] => [subject.path(), subject.data].flatMap((folder) => readdirSync(folder).sort())
    const before = everything()
    await expect(subject.make(asked)).rejects.toMatchObject({ code, message: expect.not.stringMatching(/undefined|Error/) })
    expect(everything()).toEqual(before)
  })

  it('an empty folder is taken, and so is one whose parents are not there', async () => {
    mkdirSync(subject.target)
    await subject.make()
    await subject.make({ target: subject.path('a', 'b', 'c') })
    expect(existsSync(subject.path('a', 'b', 'c', 'manifest.json'))).toBe(true)
    expect(await subject.contentOf(subject.target)).toEqual(texts)
  })

  it('a newer file, a foreign one, an empty one, a damaged one', async () => {
    const directory = await subject.ownFolder()
    const path = join(directory, 'plinth.db')
    const sound = readFileSync(path)
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await expect(subject.make({ directory })).rejects.toMatchObject({ code: 'newer_file' })
    for (const [code, content] of [
      ['foreign_file', 'something else'.repeat(100)],
      ['not_started', ''],
      ['database_damaged', Buffer.from(sound).fill(0xaa, 4096 * 2, 4096 * 12)],
    ] as const) {
      writeFileSync(path, content)
      await expect(subject.make({ directory })).rejects.toMatchObject({ code })
    }
    expect(subject.entries()).toEqual(['own'])
  })

  it('a damaged keyring, and one that is gone', async () => {
    const directory = await subject.ownFolder()
    const keyring = join(directory, 'keyring.json')
    writeFileSync(keyring, readFileSync(keyring).subarray(0, 100))
    await expect(subject.make({ directory })).rejects.toMatchObject({ code: 'keyring_damaged' })
    rmSync(keyring)
    await expect(subject.make({ directory })).rejects.toMatchObject({ code: 'not_a_data_folder' })
    expect(subject.entries()).toEqual(['own'])
  })

  it('a folder on a disk that can only be read: with what to do', async ({ skip }) => {
    const other = subject.path('other')
    mkdirSync(other)
    const disk = mountSmall(other, '16m')
    if (!disk) return skip(noMount)
    try {
      const directory = await subject.ownFolder('other/data')
      await (await NotesFolder.open(directory)).close()
      disk.makeReadOnly()
      await expect(subject.make({ directory })).rejects.toMatchObject({
        code: 'folder_unreadable',
        message: expect.stringContaining('Copy the folder'),
      })
      expect(subject.entries()).toEqual(['other'])
    } finally {
      disk.unmount()
    }
  })

  it('an interruption, early and late', async () => {
    const directory = await subject.ownFolder()
    const database = new DatabaseSync(join(directory, 'plinth.db'))
    database.exec(`INSERT INTO record(key, version, schema, plain) VALUES('filler', 1, 1, '"${'x'.repeat(9_000_000)}"')`)
    database.close()
    const stop = new AbortController()
    const late = subject.make({ directory, signal: stop.signal, onStep: () => stop.abort() })
    await expect(late).rejects.toMatchObject({ code: 'interrupted' })
    await expect(subject.make({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
    expect(subject.entries()).toEqual(['own'])
  })

  it('a disk without room: at once for the database, and when objects fill it', async ({ skip }) => {
    const other = subject.path('other')
    mkdirSync(other)
    const disk = mountSmall(other, '17m')
    if (!disk) return skip(noMount)
    try {
      const refusal = { code: 'storage_full', message: expect.stringContaining(other) }
      const directory = await subject.ownFolder()
      const folder = await NotesFolder.open(directory)
      for (let index = 0; index < 20; index++) await folder.write(`large-${index}`, 'x'.repeat(1_000_000))
      await expect(subject.make({ directory, target: join(other, 'backup') })).rejects.toMatchObject(refusal)
      expect(readdirSync(other)).toEqual([])
      await folder.close()
      const database = new DatabaseSync(join(directory, 'plinth.db'))
      database.exec(`INSERT INTO record(key, version, schema, plain) VALUES('filler', 1, 1, '"${'x'.repeat(2_000_000)}"')`)
      database.close()
      rmSync(join(directory, 'objects'), { recursive: true })
      await expect(subject.make({ directory, target: join(other, 'backup') })).rejects.toMatchObject(refusal)
      expect(readdirSync(other)).toEqual([])
    } finally {
      disk.unmount()
    }
  })
})
