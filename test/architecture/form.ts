/** The form of files: sizes, names, what may not stand in them. @module */
import { codeOf, type SourceFile, sourcesOf, type Violation } from './source-file.ts'

const longest = 500
const code = /\.(ts|tsx|js|mjs)$/

/** Nothing over 500 lines: a longer file has two subjects. */
export function checkSizes(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .filter((file) => code.test(file.path))
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > longest)
    .map(({ path, lines }) => ({ path, problem: `has ${lines} lines, ${longest} are the most` }))
}

const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|test-d|config|d|base|bench))?\.[a-z]+$/
const kebabFolder = /^\.?[a-z0-9]+(-[a-z0-9]+)*$/
const vague = /^(utils?|helpers?|common|misc)(\.|$)/

/** Names are kebab-case and say what is inside. */
export function checkNames(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .filter((file) => code.test(file.path))
    .flatMap((file): Violation[] => {
      const parts = file.path.split('/')
      const name = parts.at(-1) ?? ''
      const folders = parts.slice(0, -1)
      const odd = kebab.test(name) ? folders.find((folder) => !kebabFolder.test(folder)) : name
      const empty = parts.find((part) => vague.test(part))
      return [
        ...(odd === undefined ? [] : [{ path: file.path, problem: `${odd} is not kebab-case` }]),
        ...(empty === undefined ? [] : [{ path: file.path, problem: `${empty} says nothing of what is inside` }]),
      ]
    })
}

// Put together from parts, so that this file may be read by its own rule.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)

/** What is left to do stands in the tracker, not in the code. */
export function checkUnfinished(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        code.test(file.path) && unfinished.test(line) ? [{ path: file.path, problem: `line ${index + 1}: ${line.trim()}` }] : [],
      ),
  )
}

/** Reads the environment: the command line, which hands it on. Everything else is given its settings. */
const readsEnvironment = [
  /^packages\/cli\/src\//,
  /^packages\/server\/src\/(node|lambda)\.ts$/,
  /^packages\/aws\/src\/handlers\//,
]

/** `process.env` is read where the program begins. */
export function checkEnvironment(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter((file) => !readsEnvironment.some((form) => form.test(file.path)) && /\bprocess\s*\.\s*env\b/.test(codeOf(file.text)))
    .map((file) => ({ path: file.path, problem: 'reads process.env' }))
}

const ambientTime =
  /\b(Date\.now|new Date(?=\(\))|Math\.random|performance\.now|setTimeout|setInterval|crypto\.(?:randomUUID|getRandomValues))\(/

const ofTheClock = ['packages/core/src/', 'packages/aws/src/handlers/']

/**
 * All time and randomness in core, and in the functions that work what core keeps, comes from the Clock; contracts alone may meet a
 * service that has a time of its own.
 */
export function checkTime(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter(
      ({ path }) => ofTheClock.some((folder) => path.startsWith(folder)) && !path.startsWith('packages/core/src/contracts/'),
    )
    .flatMap((file) => {
      const found = ambientTime.exec(codeOf(file.text))
      return found ? [{ path: file.path, problem: `uses ${found[1]}(); the Clock has it` }] : []
    })
}
