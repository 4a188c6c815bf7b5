import { execFileSync } from 'node:child_process'

/** Why a test with a small disk of its own is skipped. */
export const noMount = 'a small disk (tmpfs) can only be mounted by root on Linux'

export interface SmallDisk {
  readonly directory: string
  makeReadOnly(): void
  makeWritable(): void
  unmount(): void
}

/** Mounts a small disk on an empty folder, to fill it for real; undefined where that isn't allowed. */
export function mountSmall(directory: string, size: string): SmallDisk | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return {
    directory,
    makeReadOnly: () => void execFileSync('mount', ['-o', 'remount,ro', directory]),
    makeWritable: () => void execFileSync('mount', ['-o', 'remount,rw', directory]),
    unmount: () => void execFileSync('umount', ['-l', directory]),
  }
}
