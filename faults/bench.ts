import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareProgram } from './program.ts'
import { buildShim } from './shim.ts'
import type { Bench } from './trial.ts'

const memory = '/dev/shm'

/** A place to work in, with everything that trials need. */
export class Workbench {
  readonly folder: string
  /** The library, or why there is none. */
  readonly shim: { readonly path: string } | { readonly reason: string }
  readonly #keep: boolean
  #benches = 0

  /** @param options.keep leaves the folders of trials with findings. */
  constructor(options: { readonly keep?: boolean } = {}) {
    this.folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'plinth-faults-'))
    this.#keep = options.keep ?? false
    this.shim = buildShim(this.folder)
  }

  /** @param root a checkout, or a mutated copy of one. */
  async bench(root: string, requests: number): Promise<Bench> {
    const folder = join(this.folder, `bench-${++this.#benches}`)
    const program = join(folder, 'program')
    mkdirSync(program, { recursive: true })
    return {
      program: await prepareProgram(root, program),
      folder,
      requests,
      keep: this.#keep,
      ...('path' in this.shim ? { shim: this.shim.path } : {}),
    }
  }

  /** @param findings whether there was anything that may have been kept. */
  close(findings: boolean): void {
    if (!findings || !this.#keep) rmSync(this.folder, { recursive: true, force: true })
  }
}
