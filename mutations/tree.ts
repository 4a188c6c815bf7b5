import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { applyPatches, type Patch } from '../faults/patches.ts'

/** A copy of what is checked out or new, without what was built, so that all of it runs from the sources. */
export class Tree {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'plinth-mutate-'))
  readonly #root: string

  constructor(root: string) {
    this.#root = root
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    for (const file of listed.split('\0')) if (file !== '') this.#copy(file)
    // Some tests ask git which files there are.
    execFileSync('git', ['init', '--quiet'], { cwd: this.folder })
    this.#linkModules('node_modules')
    for (const name of readdirSync(join(root, 'packages'))) this.#linkModules(join('packages', name, 'node_modules'))
  }

  /** Puts the patches in, works, and takes them out. */
  async mutated<Result>(name: string, patches: readonly Patch[], work: () => Promise<Result>): Promise<Result> {
    try {
      applyPatches(this.folder, name, patches)
      return await work()
    } finally {
      for (const { file } of patches) this.#copy(file)
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #copy(file: string): void {
    const from = join(this.#root, file)
    // One that was deleted and not yet committed is listed, too.
    if (!existsSync(from)) return
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    cpSync(from, join(this.folder, file))
  }

  /** What is installed is linked, but our own packages are those of the copy. */
  #linkModules(modules: string): void {
    if (!existsSync(join(this.#root, modules))) return
    mkdirSync(join(this.folder, modules), { recursive: true })
    for (const name of readdirSync(join(this.#root, modules))) {
      if (name !== '@plinth') symlinkSync(join(this.#root, modules, name), join(this.folder, modules, name))
    }
    if (!existsSync(join(this.#root, modules, '@plinth'))) return
    mkdirSync(join(this.folder, modules, '@plinth'))
    for (const name of readdirSync(join(this.#root, modules, '@plinth')))
      symlinkSync(join(this.folder, 'packages', name), join(this.folder, modules, '@plinth', name))
  }
}
