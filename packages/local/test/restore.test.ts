import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { lookThroughBackup, restore } from '../src/index.ts'
import { BackupSubject, objectOf, texts } from './backup-subject.ts'
import { largeText, NotesFolder } from './notes-folder.ts'

const subject = BackupSubject.use()

describe('a backup that is looked through', () => {
  it('is sound, and shows each change', async () => {
    const backup = await subject.make()
    const problems = async (): Promise<string> => (await lookThroughBackup({ source: subject.target })).check.problems.join()
    const flip = (path: string): void => {
      const bytes = readFileSync(path)
      bytes[70] = (bytes[70] ?? 0) ^ 1
      // In its place: its blocks may be the data folder's too.
      rmSync(path)
      writeFileSync(path, bytes)
    }
    expect(await problems()).toBe('')
    for (const path of ['plinth.db', 'keyring.json', objectOf(backup)]) {
      flip(join(subject.target, path))
      expect(await problems(), path).toBe(`${path} was changed.`)
      flip(join(subject.target, path))
    }
    writeFileSync(join(subject.target, 'keyring.json'), '')
    expect(await problems()).toMatch(/^keyring.json has 0 bytes instead of \d+\.$/)
    rmSync(join(subject.target, 'keyring.json'))
    rmSync(join(subject.target, objectOf(backup)))
    expect(await problems()).toMatch(/missing.*missing/)
  })

  it('misses what its rows name, also when its manifest agrees', async () => {
    const object = objectOf(await subject.make())
    const path = join(subject.target, 'manifest.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    manifest.files = manifest.files.filter((file: { path: string }) => file.path !== object)
    manifest.rows.record += 1
    rmSync(join(subject.target, object))
    writeFileSync(path, JSON.stringify(manifest))
    expect((await lookThroughBackup({ source: subject.target })).check.problems).toEqual([
      'record has 3 rows instead of 4.',
      '1 objects that rows name are missing.',
    ])
  })

  it('is none without its manifest, or with one of another form or that leads elsewhere', async () => {
    await subject.make()
    const path = join(subject.target, 'manifest.json')
    const text = readFileSync(path, 'utf8')
    const refused = async (code: string): Promise<void> => {
      await expect(lookThroughBackup({ source: subject.target })).rejects.toMatchObject({ code })
      await expect(restore({ source: subject.target, directory: subject.path('new') })).rejects.toMatchObject({ code })
      expect(subject.entries()).toEqual(['backup'])
    }
    for (const other of [text.slice(0, -10), '', 'null', '[]', '{"format":1}', text.replace('"format": 1', '"format": 0')]) {
      writeFileSync(path, other)
      await refused('not_a_backup')
    }
    writeFileSync(path, text.replace('"format": 1', '"format": 2'))
    await refused('backup_newer')
    for (const way of ['../data/plinth.db', '/etc/passwd', 'objects/../../data/plinth.db', 'objects', 'other', 'objects//x']) {
      writeFileSync(path, text.replace('"keyring.json"', JSON.stringify(way)))
      await refused('not_a_backup')
    }
    rmSync(path)
    await refused('not_a_backup')
    // And nothing was made in it: no key, above all.
    expect(readdirSync(subject.target).sort()).toEqual(['keyring.json', 'objects', 'plinth.db'])
  })

  it('that lists no database or no keyring is damaged, and gets no key', async () => {
    await subject.make()
    const path = join(subject.target, 'manifest.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...manifest, files: [] }))
    rmSync(join(subject.target, 'keyring.json'))
    const { problems } = (await lookThroughBackup({ source: subject.target })).check
    expect(problems).toEqual(['The manifest lists no plinth.db.', 'The manifest lists no keyring.json.'])
    expect(readdirSync(subject.target)).not.toContain('master.key')
  })
})

describe('a restore', () => {
  it('makes a folder that is independent of the backup', async () => {
    await subject.make({ withMasterKey: true })
    const before = hashFiles(subject.target)
    const directory = subject.path('restored')
    const { masterKey, manifest } = await restore({ source: subject.target, directory })
    expect([masterKey, manifest.plinth]).toEqual(['folder', '1.2.3'])
    expect(readdirSync(directory).sort()).toEqual(['keyring.json', 'master.key', 'objects', 'plinth.db'])
    const restored = await NotesFolder.open(directory)
    await restored.write('later', largeText)
    const { objects } = restored.platform.operate()
    for (const { name } of (await objects.list({ tenant: '_system', limit: 10 })).items)
      await objects.delete({ tenant: '_system', name })
    await restored.close()
    expect(hashFiles(subject.target)).toEqual(before)
    expect(await subject.contentOf(subject.target)).toEqual(texts)
  })

  it('overwrites nothing, and takes nothing damaged', async () => {
    const backup = await subject.make()
    const source = subject.target
    await expect(restore({ source, directory: subject.data })).rejects.toMatchObject({ code: 'target_exists' })
    await expect(restore({ source, directory: join(source, 'in') })).rejects.toMatchObject({ code: 'target_inside' })
    rmSync(join(source, objectOf(backup)))
    writeFileSync(join(source, objectOf(backup)), '')
    await expect(restore({ source, directory: subject.path('new') })).rejects.toMatchObject({ code: 'backup_damaged' })
    expect(subject.entries()).toEqual(['backup'])
  })

  it('takes the right master key, or none yet', async () => {
    await subject.make()
    const masterKey = Buffer.alloc(32, 7).toString('base64')
    const [source, directory] = [subject.target, subject.path('new')]
    await expect(restore({ source, directory, masterKey })).rejects.toMatchObject({ code: 'master_key_wrong' })
    expect(subject.entries()).toEqual(['backup'])
    expect((await restore({ source, directory })).masterKey).toBeUndefined()
    const opened = await NotesFolder.open(directory, { masterKey: subject.masterKey })
    expect(await opened.texts()).toEqual(texts)
    await opened.close()
  })

  it('leaves nothing when it is interrupted', async () => {
    await subject.make()
    const aborted = restore({ source: subject.target, directory: subject.path('new'), signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ code: 'interrupted' })
    expect(subject.entries()).toEqual(['backup'])
  })
})
