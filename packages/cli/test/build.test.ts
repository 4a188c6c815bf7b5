import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { refuseOldBuild } from '../src/checks/build.ts'

const root = join(import.meta.dirname, '../../..')
// The tests' own place for what is compiled would be taken instead of the command's.
const { NODE_COMPILE_CACHE: _, ...env } = process.env
const plinth = (checkout: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(checkout, 'packages/cli/bin/plinth.js'), ...args], { encoding: 'utf8', env })

/** The tracked files as a checkout of its own, with what is installed here, and what is built. */
function checkout(): string {
  const folder = temporaryFolder()
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'packages', 'scripts', '*.json'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  for (const file of listed.split('\0').filter((name) => name !== ''))
    cpSync(join(root, file), join(folder, file), { preserveTimestamps: true })
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@plinth'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@plinth') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  for (const name of readdirSync(join(root, 'packages')))
    symlinkSync(join(folder, 'packages', name), join(modules, '@plinth', name))
  return folder
}

describe('a checkout', () => {
  it('that was never built says how to build it', () => {
    const { status, stderr } = plinth(checkout(), '--version')
    expect([status, stderr]).toEqual([1, 'Plinth is not built here. In the checkout: npm run build\n'])
  })

  it('is told from one whose sources are newer than what is built, of which nothing is packed', () => {
    const check = (folder: string) => spawnSync(process.execPath, [join(folder, 'scripts/setup.mjs'), '--check']).status
    expect(check(root)).toBe(0)
    const folder = checkout()
    for (const name of readdirSync(join(root, 'packages')))
      cpSync(join(root, 'packages', name, 'dist'), join(folder, 'packages', name, 'dist'), { recursive: true })
    appendFileSync(join(folder, 'packages/core/src/ids.ts'), 'export const another: number = 1\n')
    expect(check(folder)).toBe(1)
    const { status, stderr } = plinth(folder, 'synth', '--out', join(folder, 'out'))
    expect([status, stderr]).toEqual([1, expect.stringContaining('npm run build')])
  })
})

describe('the command', () => {
  const ran = (prepare: (folder: string) => void = () => undefined) => {
    const folder = temporaryFolder()
    const command = join(folder, 'packages/cli')
    cpSync(join(root, 'packages/cli/bin'), join(command, 'bin'), { recursive: true })
    mkdirSync(join(command, 'dist'))
    writeFileSync(join(command, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(command, 'dist/main.js'), 'console.log("ran")\n')
    prepare(command)
    const { stdout, stderr } = plinth(folder)
    expect([stdout, stderr]).toEqual(['ran\n', ''])
    return join(command, '.compiled')
  }

  it('keeps what was compiled beside itself, for the next', () => {
    expect(readdirSync(ran(), { recursive: true }).length).toBeGreaterThan(1)
  })

  it('runs where that can not be kept', () => {
    const kept = ran((command) => writeFileSync(join(command, '.compiled'), 'in its way'))
    expect(readFileSync(kept, 'utf8')).toBe('in its way')
  })
})

describe('whoever packs', () => {
  it('from sources, or from packages that are installed elsewhere, is not held up', () => {
    refuseOldBuild('file:///elsewhere/packages/cli/src/checks/build.ts')
    refuseOldBuild('file:///elsewhere/node_modules/@plinth/cli/dist/checks/build.js')
  })
})
