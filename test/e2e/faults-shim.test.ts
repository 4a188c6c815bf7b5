import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { readTrace } from '../../faults/life-process.ts'
import { buildShim } from '../../faults/shim.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { withoutShim } from './support/without-shim.ts'

const shim = buildShim(temporaryFolder())
beforeEach(({ skip }) => {
  if ('reason' in shim) withoutShim(shim.reason, skip)
})

const old = 'old content'
/** For the programs below: `in` gives a path, `sync` flushes a file or folder, `write` puts bytes without flushing them. */
const prelude = `
const fs = require('node:fs'); const { join } = require('node:path')
const at = (name) => join(process.env.FAULTS_FOLDER, name)
const sync = (name) => { const file = fs.openSync(at(name), 'r'); fs.fsyncSync(file); fs.closeSync(file) }
const write = (name, text, place = 0, flags = 'r+') => {
  const file = fs.openSync(at(name), flags); fs.writeSync(file, text, place); fs.closeSync(file)
}
`

/** Runs a program in a folder that holds `kept` and `folder/`, to its end or to its n-th call. @returns what is there then. */
function run(program: string, options: { readonly mode?: string; readonly at?: number; readonly seed?: number } = {}) {
  const root = mkdtempSync(join(temporaryFolder(), 'shim-'))
  const folder = join(root, 'disk')
  const trace = join(root, 'trace')
  mkdirSync(join(folder, 'folder'), { recursive: true })
  writeFileSync(join(folder, 'kept'), old)
  const { mode, at, seed = 1 } = options
  const done = spawnSync(process.execPath, ['-e', prelude + program], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      LD_PRELOAD: 'path' in shim ? shim.path : '',
      FAULTS_FOLDER: folder,
      FAULTS_TRACE: trace,
      FAULTS_SEED: `${seed}`,
      ...(mode === undefined ? {} : { FAULTS_MODE: mode }),
      ...(at === undefined ? {} : { FAULTS_AT: `${at}` }),
    },
  })
  return { signal: done.signal, stderr: done.stderr, calls: existsSync(trace) ? readTrace(trace) : [], files: filesIn(folder) }
}

/** The same program, dying at its last call, which does nothing but be the last; once for each seed. */
function crash(program: string, mode: string, seeds: readonly number[] = [1]): readonly Readonly<Record<string, string>>[] {
  const whole = `${program}\nfs.mkdirSync(at('end'))`
  const { calls } = run(whole)
  return seeds.map((seed) => {
    const { signal, files, stderr } = run(whole, { mode, at: calls.length, seed })
    expect([signal, stderr]).toEqual(['SIGKILL', ''])
    return files
  })
}

/** Every file with its content; a folder has none. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const contentOf = (path: string): string => (statSync(path).isDirectory() ? '' : readFileSync(path, 'utf8'))
  return Object.fromEntries(names.map((name) => [name, contentOf(join(folder, name))]))
}

const untouched = { folder: '', kept: old }

const losses: readonly (readonly [what: string, program: string, left: Readonly<Record<string, string>>])[] = [
  ['bytes that were not flushed', `write('kept', 'NEW'); write('kept', ' and more', 11)`, untouched],
  [
    'bytes behind the last flush',
    `write('kept', 'NEW'); sync('kept'); write('kept', 'LATER')`,
    { ...untouched, kept: 'NEW content' },
  ],
  ['what was cut off', `fs.truncateSync(at('kept'), 3)`, untouched],
  ['a flushed file whose name was not', `write('new', 'text', 0, 'wx'); sync('new')`, untouched],
  ['the bytes of a file whose name was flushed', `write('new', 'text', 0, 'wx'); sync('.')`, { ...untouched, new: '' }],
  [
    'nothing of a file that was flushed with its name',
    `write('new', 'text', 0, 'wx'); sync('new'); sync('.')`,
    { ...untouched, new: 'text' },
  ],
  ['a replacement', `write('new', 'text', 0, 'wx'); sync('new'); fs.renameSync(at('new'), at('kept'))`, untouched],
  [
    'nothing of a replacement that was flushed',
    `write('new', 'text', 0, 'wx'); sync('new'); fs.renameSync(at('new'), at('kept')); sync('.')`,
    { ...untouched, kept: 'text' },
  ],
  [
    'a name given in one folder, not its removal from another',
    `fs.renameSync(at('kept'), at('folder/moved')); sync('.')`,
    untouched,
  ],
  ['a removal', `fs.unlinkSync(at('kept'))`, untouched],
  ['nothing of a removal that was flushed', `fs.unlinkSync(at('kept')); sync('.')`, { folder: '' }],
  ['a second name', `fs.linkSync(at('kept'), at('second'))`, untouched],
  ['a removed folder', `fs.rmdirSync(at('folder'))`, untouched],
  [
    'a new folder with what was flushed in it',
    `fs.mkdirSync(at('made')); write('made/new', 'text', 0, 'wx'); sync('made/new'); sync('made')`,
    untouched,
  ],
  [
    'a removed tree',
    `write('folder/x', 'x', 0, 'wx'); sync('folder/x'); sync('folder'); fs.rmSync(at('folder'), { recursive: true })`,
    { ...untouched, 'folder/x': 'x' },
  ],
  [
    'bytes written in pieces',
    `const file = fs.openSync(at('kept'), 'r+'); fs.writevSync(file, [Buffer.from('a'), Buffer.from('b')], 0)`,
    untouched,
  ],
  ['bytes that were added at the end', `fs.appendFileSync(at('kept'), ', more')`, untouched],
]

describe('power that fails takes back', () => {
  it.each(losses)('%s', (_, program, left) => {
    expect(crash(program, 'power')).toEqual([left])
  })

  it('what several threads wrote', () => {
    const program = `
      const { Worker } = require('node:worker_threads')
      const text = "const fs = require('node:fs'); const { workerData } = require('node:worker_threads');" +
        "fs.writeFileSync(workerData, 'x'.repeat(9000)); fs.writeFileSync(workerData + '-2', 'y')"
      const ended = (name) => new Promise((resolve) =>
        new Worker(text, { eval: true, workerData: at(name) }).once('exit', resolve))
      write('kept', 'NEW')
      Promise.all(['folder/a', 'folder/b', 'c'].map(ended)).then(() => END)`
    const whole = program.replace('END', `fs.mkdirSync(at('end'))`)
    const { calls } = run(whole)
    expect(calls.length).toBeGreaterThan(12)
    const { signal, files } = run(whole, { mode: 'power', at: calls.length })
    expect([signal, files]).toEqual(['SIGKILL', untouched])
  })
})

describe('other ways to die', () => {
  const program = `write('kept', 'NEW'); fs.renameSync(at('kept'), at('moved')); write('new', '0123456789', 0, 'wx')`

  it('a kill leaves what was written', () => {
    expect(crash(program, 'kill')).toEqual([{ folder: '', moved: 'NEW content', new: '0123456789' }])
  })

  it('a torn write leaves its first half', () => {
    const { calls } = run(program)
    const last = calls.findLast(({ name }) => name.includes('write'))
    expect(run(program, { mode: 'torn', at: last?.number ?? 0 }).files).toEqual({
      folder: '',
      moved: 'NEW content',
      new: '01234',
    })
  })

  it('a part that is lost by chance: every write whole, in sectors, or not at all; names in their order', () => {
    const block = (letter: string): string => `'${letter}'.repeat(1024)`
    const program = `
      write('kept', ${block('a')}); sync('kept')
      write('kept', ${block('b')}); fs.mkdirSync(at('one')); fs.mkdirSync(at('two'))`
    const contents = new Set<string>()
    const names = new Set<string>()
    const seeds = Array.from({ length: 24 }, (_, index) => index + 1)
    for (const { kept = '', ...others } of crash(program, 'partial', seeds)) {
      contents.add(`${kept.slice(0, 512)[0]}${kept.slice(512)[0]}`)
      expect(kept).toMatch(/^(?:a{512}|b{512}){2}$/)
      names.add(Object.keys(others).join())
    }
    expect([...names].sort()).toEqual(['folder', 'folder,one', 'folder,one,two'])
    expect(contents).toContain('aa')
    expect(contents).toContain('bb')
    expect(contents.size).toBeGreaterThan(2)
  })

  it('what it could not take back ends the process with words', () => {
    const { stderr } = run(`fs.symlinkSync('kept', at('link'))`)
    expect(stderr).toMatch(/symlink of .*link can't be taken back/)
  })
})
