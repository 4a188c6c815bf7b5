import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { LocalKeyService, loadMasterKey, systemClock } from '../src/index.ts'
import { BackupSubject, objectOf, texts } from './backup-subject.ts'
import { NotesFolder } from './notes-folder.ts'
import { mountSmall, noMount } from './small-disk.ts'

const subject = BackupSubject.use()

describe('a backup', () => {
  it('of a folder in use holds all that was written before, whole, for its owner only, and changes nothing there', async () => {
    const before = hashFiles(subject.data)
    const backup = await subject.make({ thorough: true })
    // Where readers note which part of the log they read.
    const notes = { 'plinth.db-shm': expect.any(String) }
    expect(hashFiles(subject.data)).toEqual({ ...before, ...notes })
    expect(backup).toMatchObject({ directory: subject.target, masterKey: 'folder', sameDisk: true })
    expect(backup.check).toEqual({ problems: [], keys: { opened: 1, unusable: 0, broken: 0 } })
    expect(readdirSync(subject.target).sort()).toEqual(['keyring.json', 'manifest.json', 'objects', 'plinth.db'])
    for (const path of ['', ...readdirSync(subject.target, { recursive: true, encoding: 'utf8' })]) {
      const found = statSync(join(subject.target, path))
      expect(found.mode & 0o777, path).toBe(found.isDirectory() ? 0o700 : 0o600)
    }
    expect(await subject.contentOf(subject.target)).toEqual(texts)
  })

  it('of a folder that nobody uses, and of one whose user was killed', async () => {
    const killed = subject.path('killed')
    mkdirSync(killed)
    // As a kill leaves it: the log beside the database, not closed.
    for (const name of ['plinth.db', 'plinth.db-wal', 'keyring.json', 'master.key'])
      writeFileSync(join(killed, name), readFileSync(join(subject.data, name)), { mode: 0o600 })
    const { manifest } = await subject.make({ directory: killed })
    expect(manifest.rows).toMatchObject({ record: 3 })
    const quiet = await subject.make({ directory: await subject.ownFolder(), target: subject.path('quiet') })
    expect(quiet.manifest.rows).toEqual(manifest.rows)
    expect(await subject.contentOf(quiet.directory)).toEqual(texts)
  })

  it('lists each file with size and hash, and says what made it and when', async () => {
    const started = Date.now()
    await subject.make()
    const manifest = JSON.parse(readFileSync(join(subject.target, 'manifest.json'), 'utf8'))
    const files = manifest.files as { path: string; bytes: number; sha256: string }[]
    const { 'manifest.json': _, ...hashes } = hashFiles(subject.target)
    expect(Object.fromEntries(files.map((file) => [file.path, file.sha256]))).toEqual(hashes)
    for (const { path, bytes } of files) expect(statSync(join(subject.target, path)).size, path).toBe(bytes)
    expect(manifest).toMatchObject({ format: 1, plinth: '1.2.3', objects: { count: 1 }, rows: { record: 3 } })
    expect(Date.parse(manifest.made)).toBeGreaterThanOrEqual(started)
    expect(manifest.bytes).toBe(files.reduce((sum, file) => sum + file.bytes, 0))
  })

  it('ends beside a writer that commits at each of its steps, and is of one moment', async () => {
    const directory = await subject.ownFolder()
    const writer = new DatabaseSync(join(directory, 'plinth.db'))
    const insert = (index: number): void => {
      writer.exec(`INSERT INTO record(key, version, schema, plain) VALUES('filler-${index}', 1, 1, '"${'x'.repeat(30_000)}"')`)
    }
    writer.exec('PRAGMA journal_mode = WAL; BEGIN')
    for (let index = 0; index < 800; index++) insert(index)
    writer.exec('COMMIT')
    let steps = 0
    const onStep = (): void => {
      insert(1_000 + steps)
      // A backup that begins anew after a write would never end.
      if (++steps > 100) throw new Error('It begins again and again.')
    }
    const { manifest } = await subject.make({ directory, onStep })
    writer.close()
    // 24 MB in some steps; and none of what came meanwhile.
    expect([steps, manifest.rows.record]).toEqual([expect.toSatisfy((count: number) => count > 2 && count < 20), 803])
  })

  it('holds each object that its rows name, whatever is put and removed meanwhile', async () => {
    const directory = await subject.ownFolder()
    const folder = await NotesFolder.open(directory)
    await folder.write('second', texts.large)
    await folder.close()
    const objectsOf = (id: string): string => join(directory, 'objects/_system/sealed=d/notes=d/notes=d', `${id}=d`)
    const writer = new DatabaseSync(join(directory, 'plinth.db'))
    const select = "FROM record WHERE instr(key, 'notes' || char(31) || ?) > 0"
    const row = writer.prepare(`SELECT * ${select}`).get('second') ?? {}
    const remove = (id: string): void => void writer.prepare(`DELETE ${select}`).run(id)
    const insert = writer.prepare(`INSERT INTO record VALUES(${Object.keys(row).map(() => '?')})`)
    remove('second')
    renameSync(objectsOf('second'), subject.path('aside'))
    let asked = 0
    const now = (): number => {
      asked++
      // Between the first pass and the snapshot: an object, then its row.
      if (asked === 2) {
        renameSync(subject.path('aside'), objectsOf('second'))
        insert.run(...Object.values(row))
      }
      // After the snapshot: a row, then its object.
      if (asked === 3) {
        remove('large')
        rmSync(objectsOf('large'), { recursive: true })
      }
      return Date.now()
    }
    await subject.make({ directory, thorough: true, clock: { ...systemClock, now } })
    writer.close()
    expect(await subject.contentOf(subject.target)).toEqual({ ...texts, second: texts.large })
  })

  it('shares the blocks of objects with the folder on one disk, and survives what becomes of them there', async () => {
    const directory = await subject.ownFolder()
    const backup = await subject.make({ directory })
    const [here, there] = [directory, subject.target].map((folder) => statSync(join(folder, objectOf(backup))))
    // A link, unless the file system clones.
    if (here?.ino === there?.ino) expect(there?.nlink).toBeGreaterThan(1)
    rmSync(join(directory, 'objects'), { recursive: true })
    expect(await subject.contentOf(subject.target)).toEqual(texts)
  })

  it('on another disk is a copy', async ({ skip }) => {
    const other = subject.path('other')
    mkdirSync(other)
    const disk = mountSmall(other, '64m')
    if (!disk) return skip(noMount)
    try {
      const backup = await subject.make({ target: join(other, 'backup'), thorough: true })
      expect(backup.sameDisk).toBe(false)
      expect(statSync(join(other, 'backup', objectOf(backup))).nlink).toBe(1)
      expect(await subject.contentOf(join(other, 'backup'))).toEqual(texts)
    } finally {
      disk.unmount()
    }
  })

  it('of a file of an older version, which the next start brings up to date', async () => {
    const directory = await subject.ownFolder()
    const database = new DatabaseSync(join(directory, 'plinth.db'))
    database.exec(`DROP TABLE ready; DROP TABLE held; DROP TABLE taken; DROP TABLE entry; DROP TABLE log;
      CREATE TABLE job(position INTEGER PRIMARY KEY, queue TEXT, lane TEXT, tenant TEXT, due INTEGER, body TEXT) STRICT;
      PRAGMA user_version = 1`)
    database.close()
    expect((await subject.make({ directory, thorough: true })).manifest).toMatchObject({ schema: 1, rows: { job: 0 } })
    expect(await subject.contentOf(subject.target)).toEqual(texts)
  })
})

describe('the master key', () => {
  const other = Buffer.alloc(32, 7).toString('base64')

  it('is left out, and goes along when it is asked for', async () => {
    await subject.make()
    const secret = subject.masterKey.trim()
    for (const name of readdirSync(subject.target).filter((one) => one !== 'objects'))
      expect(readFileSync(join(subject.target, name)).includes(secret), name).toBe(false)
    await subject.make({ target: subject.path('with'), withMasterKey: true })
    expect(readFileSync(join(subject.path('with'), 'master.key'), 'utf8').trim()).toBe(secret)
    expect(statSync(join(subject.path('with'), 'master.key')).mode & 0o777).toBe(0o600)
  })

  it('from elsewhere is never written into a backup, which says whether it opens it', async () => {
    const outside = await NotesFolder.open(subject.path('outside'), { masterKey: other })
    await outside.write('note', 'text')
    const directory = subject.path('outside')
    const refusal = { code: 'master_key_elsewhere' }
    await expect(subject.make({ directory, masterKey: other, withMasterKey: true })).rejects.toMatchObject(refusal)
    await expect(subject.make({ directory, withMasterKey: true })).rejects.toMatchObject(refusal)
    expect(subject.entries()).toEqual(['outside'])
    const without = await subject.make({ directory })
    expect([without.masterKey, without.check]).toEqual([undefined, { problems: [] }])
    const withKey = await subject.make({ directory, target: subject.path('second'), masterKey: other })
    expect([withKey.masterKey, withKey.check.keys]).toEqual(['environment', { opened: 1, unusable: 0, broken: 0 }])
    await outside.close()
  })

  it('that is another one is told of, and the backup kept', async () => {
    const { check } = await subject.make({ masterKey: other })
    expect(check).toEqual({ problems: [], keyProblem: expect.stringMatching(/not the one/) })
    expect(await subject.contentOf(subject.target)).toEqual(texts)
  })

  it('finds keys that it opens no more: disabled, or moved to another tenant', async () => {
    const directory = await subject.ownFolder()
    const folder = await NotesFolder.open(directory)
    const keyring = join(directory, 'keyring.json')
    const enabled = readFileSync(keyring)
    await disableKeys(directory)
    expect((await subject.make({ directory })).check).toEqual({ problems: [], keys: { opened: 0, unusable: 1, broken: 0 } })
    writeFileSync(keyring, enabled)
    await folder.close()
    const database = new DatabaseSync(join(directory, 'plinth.db'))
    database.exec("UPDATE record SET key = replace(key, '_system', 'other') WHERE instr(key, 'data-keys') > 0")
    database.close()
    const { check } = await subject.make({ directory, target: subject.path('second') })
    expect(check).toEqual({
      problems: [],
      keys: { opened: 0, unusable: 0, broken: 1 },
      keyProblem: expect.stringContaining("1 of the tenants' keys"),
    })
  })
})

async function disableKeys(directory: string): Promise<void> {
  const { key } = loadMasterKey({ directory })
  const keys = new LocalKeyService({ directory, masterKey: key, clock: systemClock })
  await keys.disable('alias/plinth-pooled-key')
}
