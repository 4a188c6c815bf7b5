import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24

/**
 * Leaves what a crash in the middle of a write leaves: behind the last page of SQLite's log, the first half of another. Nobody was ever
 * told of it. @returns whether there was a log to do it to.
 */
export function tearLog(path: string): boolean {
  if (!existsSync(path)) return false
  const file = openSync(path, 'r+')
  try {
    const header = Buffer.alloc(headerBytes)
    if (readSync(file, header, 0, headerBytes, 0) < headerBytes) return false
    const frameBytes = frameHeaderBytes + header.readUInt32BE(8)
    const salts = header.subarray(16, 24)
    const { size } = fstatSync(file)
    const frame = Buffer.alloc(frameBytes)
    let last: Buffer | undefined
    let end = headerBytes
    // What lies behind it is of an earlier round of the log, which has other salts.
    while (end + frameBytes <= size && readSync(file, frame, 0, frameBytes, end) === frameBytes) {
      if (!frame.subarray(8, 16).equals(salts)) break
      last = Buffer.from(frame)
      end += frameBytes
    }
    if (!last) return false
    writeSync(file, last, 0, Math.floor(frameBytes / 2), end)
    return true
  } finally {
    closeSync(file)
  }
}
