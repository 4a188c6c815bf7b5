import { type Collection, defineCollection, insert } from '@plinth/core'
import { scriptedModels } from '@plinth/core/testing'
import { z } from 'zod'
import { type LocalPlatform, type LocalPlatformOptions, localPlatform } from '../src/index.ts'

interface Note {
  readonly id: string
}

const notes: Collection<Note, { readonly text: string }> = defineCollection<Note, { readonly text: string }>({
  name: 'notes',
  schema: 1,
  plain: z.object({ id: z.string() }),
  sealed: ['text'],
  lists: {},
})

/** Above this a text lies in a file of its own. */
export const largeText: string = 'large '.repeat(10_000)

/** A data folder with sealed notes in it, to be copied and restored. */
export class NotesFolder {
  readonly platform: LocalPlatform

  private constructor(platform: LocalPlatform) {
    this.platform = platform
  }

  static async open(
    directory: string,
    keys: Pick<LocalPlatformOptions, 'masterKey' | 'masterKeyFile'> = {},
  ): Promise<NotesFolder> {
    return new NotesFolder(await localPlatform({ directory, models: scriptedModels(() => ''), ...keys }))
  }

  async write(id: string, text: string): Promise<void> {
    const place = { partition: 'notes', sort: id }
    await this.platform.operate().system.commit({ writes: [insert(notes, place, { id }, { text })] })
  }

  async texts(): Promise<Record<string, string | undefined>> {
    const found: Record<string, string | undefined> = {}
    for await (const note of this.platform.operate().system.read(notes, 'notes')) found[note.fields.id] = await note.open('text')
    return found
  }

  close(): Promise<void> {
    return this.platform.close()
  }
}
