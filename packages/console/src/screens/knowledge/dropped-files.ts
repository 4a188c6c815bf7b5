import { formatCount } from '../../kit/format.ts'
import type { NamedFile } from './sending.ts'

/** Of one drop: what is left out of more would be known to nobody. */
const mostFiles = 1_000

/** The files that were dropped, those in folders under their paths, or an error for too many. Must be called while the drop is handled. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly NamedFile[]> {
  const found: NamedFile[] = []
  const entries: FileSystemEntry[] = []
  for (const item of transfer.items) {
    const entry = item.webkitGetAsEntry()
    const file = entry ? null : item.getAsFile()
    if (entry) entries.push(entry)
    // What isn't of a file system, such as a picture that another page gave.
    if (file) found.push({ name: file.name, file })
  }
  for (const entry of entries) await gather(entry, found)
  return found
}

/** The files that were chosen. */
export function chosenFiles(files: FileList | null): readonly NamedFile[] {
  return [...(files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }))
}

async function gather(entry: FileSystemEntry, found: NamedFile[]): Promise<void> {
  if (found.length >= mostFiles) throw new Error(`there are more than ${formatCount(mostFiles)} files. Drop them in parts.`)
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    // What desktops keep beside files is nobody's document.
    if (!file.name.startsWith('.')) found.push({ name: entry.fullPath.replace(/^\//, ''), file })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A folder is told in parts, until one is empty.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return
    for (const each of part) await gather(each, found)
  }
}
