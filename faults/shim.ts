import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const sources = join(import.meta.dirname, 'shim')

/** Builds the library that goes in front of the C library. @returns its path, or why there is none. */
export function buildShim(folder: string): { readonly path: string } | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: `${process.platform} has no LD_PRELOAD that it could go in with` }
  const path = join(folder, 'shim.so')
  const files = readdirSync(sources)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(sources, name))
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-O2', '-shared', '-fPIC', '-fvisibility=hidden']
  const done = spawnSync('gcc', [...flags, '-o', path, ...files, '-ldl', '-lpthread'], { encoding: 'utf8' })
  if (done.error) return { reason: 'gcc is missing. To have it: apt-get install gcc libc6-dev (Debian), or the like' }
  if (done.status !== 0) throw new Error(`gcc could not build faults/shim: ${done.stderr}`)
  return { path }
}
