import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { documentFiles, unreadable } from '../src/document-files.ts'

/** A folder of documents, with what must not be sent beside them. */
function folderOfDocuments(): string {
  const folder = temporaryFolder()
  for (const inner of ['manuals/deep', 'manuals/.hidden', 'manuals/node_modules', 'empty'])
    mkdirSync(join(folder, inner), { recursive: true })
  for (const file of ['manuals/b.md', 'manuals/deep/a.txt', 'manuals/.hidden/x.md', 'manuals/node_modules/x.md', 'manuals/.y.md'])
    writeFileSync(join(folder, file), 'words')
  symlinkSync('..', join(folder, 'manuals/deep/round'))
  symlinkSync('b.md', join(folder, 'manuals/link.md'))
  return folder
}

describe('the files that paths name', () => {
  const folder = folderOfDocuments()
  const named = async (...paths: string[]): Promise<readonly string[]> => {
    const { files, unread } = await documentFiles(paths.map((path) => join(folder, path)))
    expect(unread).toEqual([])
    return files.map(({ path }) => relative(folder, path))
  }

  it('are those of a folder, without hidden ones and links, which may lead in circles', async () => {
    expect(await named('manuals')).toEqual(['manuals/b.md', 'manuals/deep/a.txt'])
  })

  it('are each there once, whatever names them', async () => {
    expect(await named('manuals', 'manuals/b.md', 'manuals/*.md')).toEqual([
      'manuals/b.md',
      'manuals/deep/a.txt',
      'manuals/link.md',
    ])
  })

  it('are links too, where these are named', async () => {
    expect(await named('manuals/link.md')).toEqual(['manuals/link.md'])
    expect(await named('manuals/deep/round/*.md')).toEqual(['manuals/deep/round/b.md', 'manuals/deep/round/link.md'])
  })

  it('have all of their path for a name where they lie elsewhere, and how large they are', async () => {
    const { files } = await documentFiles([join(folder, 'manuals/b.md')])
    expect(files).toEqual([{ path: join(folder, 'manuals/b.md'), source: join(folder, 'manuals/b.md'), bytes: 5 }])
    const here = await documentFiles(['package.json'])
    expect(here.files[0]?.source).toBe('package.json')
    expect(unreadable('..notes/a.md', {}).source).toBe('..notes/a.md')
    expect(unreadable('../a.md', {}).source).toMatch(/^\/.*\/a\.md$/)
  })

  it('are refused where there are none', async () => {
    for (const path of ['empty', 'nothing', '*.nothing'])
      await expect(documentFiles([join(folder, path)])).rejects.toMatchObject({ code: 'invalid_input', field: 'paths' })
  })

  it('that can’t be read are told of with a reason', async ({ skip }) => {
    expect(unreadable('a.txt', { code: 'EACCES' })).toEqual({
      source: 'a.txt',
      error: { code: 'file_unreadable', message: "It can't be read: permission denied." },
    })
    if (process.getuid?.() === 0) return skip('who is root may read everything')
    const closed = join(temporaryFolder(), 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0)
    expect((await documentFiles([closed])).unread).toMatchObject([{ source: closed }])
  })
})
