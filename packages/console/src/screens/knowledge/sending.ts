import { useQueryClient } from '@tanstack/react-query'
import { send } from '../../api/client.ts'
import { sendBytes } from '../../api/send-bytes.ts'
import type { ShownDocument } from './document.ts'
import { useKept } from './kept-state.ts'
import type { Values } from './metadata.ts'

/** What is said of all documents that are sent together. */
export interface SendOptions {
  readonly metadata: Values
  readonly acl?: { readonly users: readonly string[]; readonly groups: readonly string[] }
}

/** A file under the name that its document gets: for those of folders their paths. */
export interface NamedFile {
  readonly name: string
  readonly file: File
}

/** A file or a text on its way, until the server has it; then its document tells how far it is. */
export interface Sending {
  readonly key: string
  readonly name: string
  readonly bytes: number
  /** Whether it is for some only, whoever sends it among them or not. */
  readonly isRestricted: boolean
  /** 0 to 1, of what is sent. */
  readonly share: number
  readonly documentId?: string
  /** What it was when the server took it. */
  readonly version?: number
  readonly problem?: unknown
}

/** Files that are sent at once. */
const atOnce = 3
let count = 0

export interface Sender {
  readonly sendings: readonly Sending[]
  sendFiles(files: readonly NamedFile[], options: SendOptions): void
  /** Shows of files why they aren't sent. */
  refuse(files: readonly NamedFile[], why: string): void
  /** Shows no more what has arrived or failed. */
  clear(): void
  /** Shows no more what became a document that is deleted. */
  forget(documentId: string): void
}

/** Sends files, each with its own progress; what goes wrong with one is told there. */
export function useSender(): Sender {
  const queries = useQueryClient()
  const [sendings, kept] = useKept<readonly Sending[]>('sendings', [])
  const tell = (key: string, told: Partial<Sending>): void =>
    kept.change((all) => all.map((each) => (each.key === key ? { ...each, ...told } : each)))
  const sendOne = async (key: string, file: NamedFile, options: SendOptions): Promise<void> => {
    try {
      const document = await sendFile(file, options, (share) => tell(key, { share }))
      tell(key, { share: 1, documentId: document.document_id, version: document.version })
      await queries.invalidateQueries({ queryKey: ['/api/documents'] })
    } catch (problem) {
      tell(key, { problem })
    }
  }
  return {
    sendings,
    sendFiles(files, options) {
      const added = files.map((file) => ({ file, key: `${++count}` }))
      kept.change((all) => [
        ...added.map(({ file, key }) => ({ ...unsent(file, key), isRestricted: options.acl !== undefined })),
        ...all,
      ])
      const waiting = [...added]
      const work = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const { key, file } = next
          // What was kept is forgotten where somebody else signs in, or another tenant is looked at: it isn't for them.
          if (!kept.get().some((sending) => sending.key === key)) return
          await sendOne(key, file, options)
        }
      }
      for (let worker = 0; worker < atOnce; worker++) void work()
    },
    refuse: (files, why) =>
      kept.change((all) => [...files.map((file) => ({ ...unsent(file, `${++count}`), problem: new Error(why) })), ...all]),
    forget: (id) => kept.change((all) => all.filter(({ documentId }) => documentId !== id)),
    clear: () => kept.change((all) => all.filter(({ documentId, problem }) => documentId === undefined && problem === undefined)),
  }
}

function unsent({ name, file }: NamedFile, key: string): Sending {
  return { key, name, bytes: file.size, isRestricted: false, share: 0 }
}

/** Every file goes by an upload of its own: so its bytes can be counted, up to the largest that Plinth takes. */
async function sendFile({ name, file }: NamedFile, options: SendOptions, told: (share: number) => void): Promise<ShownDocument> {
  const upload = await send<{ readonly upload_id: string }>({ method: 'POST', path: '/api/uploads' })
  await sendBytes(`/api/uploads/${upload.upload_id}`, file, told, new AbortController().signal)
  const { metadata, acl } = options
  const document = {
    source: name,
    upload_id: upload.upload_id,
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(acl ? { acl } : {}),
  }
  const [taken] = await send<readonly ShownDocument[]>({
    method: 'POST',
    path: '/api/documents',
    body: { documents: [document] },
  })
  if (!taken) throw new Error('The server took nothing.')
  return taken
}
