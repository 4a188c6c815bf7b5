import { closeSync, fstatSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnosis, ok, problem, warning } from '../finding.ts'
import type { Check, DiskFacts, EmbeddedPatient } from '../patient.ts'
import { nearest } from './folder.ts'

const syncs = 10
const slowMilliseconds = 20
const noSpace = 8 * 1024 ** 2
const littleSpace = 1024 ** 3
const noFiles = 100
const fewFiles = 10_000

const local = 'Set PLINTH_DATA_DIR to a folder on a disk of this machine.'
const network = (name: string): Diagnosis =>
  problem(`${name} is a network file system: its locks and flushes don't keep SQLite's database safe.`, local)
const shared = (name: string): Diagnosis =>
  warning(`${name} may be a network or shared folder, whose locks and flushes can't be relied on.`, local)
const fleeting = (name: string): Diagnosis => warning(`${name} lies in memory: nothing in it survives a loss of power.`, local)
const withoutOwners = (name: string): Diagnosis =>
  warning(`${name} keeps no owners and modes: others may read the files, the master key too.`, local)

/** File systems by the number that statfs gives on Linux (linux/magic.h); those that aren't listed are fine. */
const fileSystems: ReadonlyMap<number, Diagnosis> = new Map([
  [0x6969, network('NFS')],
  [0x517b, network('SMB')],
  [0xff534d42, network('CIFS')],
  [0xfe534d42, network('SMB2')],
  [0x01021997, network('9p (also a disk of Windows under WSL)')],
  [0x53464846, network('WSL 1')],
  [0x5346414f, network('AFS')],
  [0x00c36400, network('Ceph')],
  [0x0bd00bd0, network('Lustre')],
  [0x786f4256, network('a shared folder of VirtualBox')],
  [0x65735546, shared('FUSE')],
  [0x01021994, fleeting('tmpfs')],
  [0x858458f6, fleeting('ramfs')],
  [
    0x794c7630,
    warning("overlayfs is a container's own layer, and goes with the container.", 'Mount a volume for the data folder.'),
  ],
  [0x4d44, withoutOwners('FAT')],
  [0x2011bab0, withoutOwners('exFAT')],
])

export function fileSystemOf(type: number): Diagnosis {
  return fileSystems.get(type >>> 0) ?? ok('A file system of this machine.')
}

export const fileSystem: Check<EmbeddedPatient> = {
  name: 'file system',
  look: ({ folder }) => (process.platform === 'linux' ? fileSystemOf(statfsSync(nearest(folder)).type) : undefined),
}

export function roomOf(room: { readonly bytes: number; readonly files: number | undefined }): Diagnosis {
  const files = room.files === undefined ? '' : `, ${room.files} files`
  const message = `${(room.bytes / 1024 ** 3).toFixed(1)} GiB${files} free`
  if (room.bytes < noSpace) return problem(message, 'Make room: nothing more is accepted.')
  if (room.files !== undefined && room.files < noFiles)
    return problem(message, 'Remove files from this disk: it can hold no more of them, and large texts are files.')
  if (room.bytes < littleSpace || (room.files !== undefined && room.files < fewFiles))
    return warning(message, 'Make room: when the disk is full nothing more is accepted.')
  return ok(message)
}

export const room: Check<EmbeddedPatient> = {
  name: 'room',
  look: ({ folder }) => {
    const { bavail, bsize, files, ffree } = statfsSync(nearest(folder))
    // Some file systems have no limit of their own, and say 0.
    return roomOf({ bytes: bavail * bsize, files: files === 0 ? undefined : ffree })
  },
}

export const diskSpeed: Check<EmbeddedPatient> = {
  name: 'disk speed',
  look: ({ disk }) => {
    if (!disk) return undefined
    const middle = disk.syncs[Math.floor(disk.syncs.length / 2)] ?? 0
    const message = `A write of 4 KiB reaches the disk in ${middle.toFixed(1)} ms (slowest of ${disk.syncs.length}: ${(disk.syncs.at(-1) ?? 0).toFixed(1)}); every acknowledgement waits for one.`
    if (middle <= slowMilliseconds) return ok(message)
    return warning(message, 'Set PLINTH_DATA_DIR to a faster disk, best an SSD of this machine.')
  },
}

/** Measures in the folder itself, in a file that is gone afterwards. @returns undefined where nothing can be written. */
export function measureDisk(folder: string): DiskFacts | undefined {
  const path = join(folder, `doctor.${process.pid}.new`)
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      const piece = Buffer.alloc(4096, 1)
      const times = Array.from({ length: syncs }, () => {
        const started = performance.now()
        writeSync(file, piece)
        fsyncSync(file)
        return performance.now() - started
      })
      return { syncs: times.sort((left, right) => left - right), fileTime: fstatSync(file).mtimeMs, systemTime: Date.now() }
    } finally {
      closeSync(file)
      rmSync(path, { force: true })
    }
  } catch {
    return undefined
  }
}
