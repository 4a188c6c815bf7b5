import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A file as the rules see it: a path from the root, and what is in it. Rules are pure functions over these. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** One breach of a rule. */
export interface Violation {
  readonly path: string
  readonly problem: string
}

export interface Import {
  /** As written: `../errors.ts`, `@plinth/core`, `node:fs`. */
  readonly specifier: string
  /** What is between the braces, as written; empty for the other forms. */
  readonly names: readonly string[]
}

const importForms = [
  // The statement, over several lines too; biome keeps it at the line's start.
  /^(?:import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"]+)['"]/gm,
  /^import()\s*['"]([^'"]+)['"]/gm,
  /\bimport()\(\s*['"]([^'"]+)['"]/g,
  /\bimport\.meta\.resolve()\(\s*['"]([^'"]+)['"]/g,
]

/** Every import, re-export and dynamic import with a written specifier. */
export function importsOf(file: SourceFile): readonly Import[] {
  const code = withoutComments(file.text)
  return importForms.flatMap((form) =>
    [...code.matchAll(form)].map(([, names = '', specifier = '']) => ({
      specifier,
      names: [...(/\{([^}]*)\}/.exec(names)?.[1] ?? '').matchAll(/(?:type\s+)?(\w+)(?:\s+as\s+\w+)?/g)].map(
        ([, name = '']) => name,
      ),
    })),
  )
}

/** The path that a relative import names, from the root; undefined for the name of a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const parts = from.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** Comments made blank, lines kept. Strings stay, so that a `//` in one is no comment. */
export function withoutComments(text: string): string {
  const form = /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return text.replaceAll(form, (all, string?: string) => string ?? all.replaceAll(/[^\n]/g, ' '))
}

/** Comments and strings made blank: what is left is code. */
export function codeOf(text: string): string {
  return withoutComments(text).replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")
}

/** Every file that git tracks, or would if it were added. */
export function readRepository(root: string): readonly SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed
    .split('\0')
    .filter((path) => /\.(ts|tsx|js|mjs|json|md|css|html|ya?ml)$/.test(path) && existsSync(`${root}/${path}`))
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }))
}

/** The sources of packages: what is built and shipped. */
export function sourcesOf(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter((file) => /^packages\/[^/]+\/src\/.*\.tsx?$/.test(file.path))
}

/** `core` of `packages/core/src/errors.ts`. */
export function packageOf(path: string): string {
  return /^packages\/([^/]+)\//.exec(path)?.[1] ?? ''
}
