/** Ports have contracts that run against the platforms; manifests tell what is imported. @module */
import {
  importsOf,
  packageOf,
  resolveImport,
  type SourceFile,
  sourcesOf,
  type Violation,
  withoutComments,
} from './source-file.ts'

/** `describeStateStoreContract` for `state-store`. */
function contractOf(port: string): string {
  return `describe${port.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Contract`
}

/** Where the adapters of the memory platform, and those of the embedded one, are tried. */
const tried = [
  ['packages/core/test/'],
  ['packages/local/test/', 'packages/outbound/test/', 'packages/documents/test/', 'packages/mcp/test/'],
]

/** Every port has a contract of its name, and it is run against the memory platform and the embedded one. */
export function checkContracts(files: readonly SourceFile[]): readonly Violation[] {
  const ports = files.filter((file) => /^packages\/core\/src\/ports\/[^/]+\.ts$/.test(file.path))
  const calls = (folder: string, words: string): boolean =>
    files.some((file) => file.path.startsWith(folder) && withoutComments(file.text).includes(`${words}(`))
  return ports.flatMap((port) => {
    const name = port.path.replace(/^.*\/|\.ts$/g, '')
    const words = contractOf(name)
    const contract = files.find((file) => file.path === `packages/core/src/contracts/${name}.ts`)
    if (!contract?.text.includes(`export function ${words}(`))
      return [{ path: port.path, problem: `has no ${words} in core/src/contracts/${name}.ts` }]
    return tried
      .filter((folders) => !folders.some((folder) => calls(folder, words)))
      .map((folders) => ({ path: port.path, problem: `${words} is not run in ${folders.join(' or ')}` }))
  })
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** `@scope/name` or `name`, without a path within the package. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What a package imports it declares, and what it declares it imports; ours at the one version. */
export function checkManifests(files: readonly SourceFile[]): readonly Violation[] {
  const manifests = files.filter((file) => /^packages\/[^/]+\/package\.json$/.test(file.path))
  return manifests.flatMap((file) => {
    const manifest = JSON.parse(file.text) as Manifest
    // Nothing of what it is built from has to be installed where a bundle is used.
    const isBundle = packageOf(file.path) === 'console'
    const declared = { ...(isBundle ? manifest.devDependencies : manifest.dependencies), ...manifest.peerDependencies }
    const imported = new Set(
      sourcesOf(files)
        .filter((source) => packageOf(source.path) === packageOf(file.path))
        .flatMap((source) => [
          ...importsOf(source)
            .map(({ specifier }) => specifier)
            .filter((specifier) => resolveImport(source.path, specifier) === undefined),
          // Modules that are named as data, to be bundled.
          ...[...source.text.matchAll(/\bmodule: '(@plinth\/[^']+)'/g)].map(([, specifier = '']) => specifier),
        ])
        .map(packageName)
        .filter((name) => !name.startsWith('node:') && name !== manifest.name),
    )
    const missing = [...imported].filter((name) => !(name in declared) && !(`@types/${name}` in declared))
    const unused = Object.keys(isBundle ? {} : declared).filter((name) => !imported.has(name.replace('@types/', '')))
    const loose = Object.entries((isBundle ? manifest.devDependencies : manifest.dependencies) ?? {}).filter(([name, range]) =>
      name.startsWith('@plinth/') ? range !== manifest.version : !/^\d+\.\d+\.\d+$/.test(range),
    )
    return [
      ...missing.map((name) => ({ path: file.path, problem: `imports ${name} without declaring it` })),
      ...unused.map((name) => ({ path: file.path, problem: `declares ${name} and never imports it` })),
      ...loose.map(([name]) => ({ path: file.path, problem: `doesn't pin ${name} to one version` })),
    ]
  })
}

/** Every pattern on the list has its page and its name among the pattern names. */
export function checkPatternList(
  patterns: readonly { readonly name: string }[],
  names: readonly string[],
  files: readonly SourceFile[],
): readonly Violation[] {
  return patterns.flatMap(({ name }): Violation[] => [
    ...(names.includes(name) ? [] : [{ path: 'packages/core/src/patterns.ts', problem: `${name} is not one of patternNames` }]),
    ...(files.some((file) => file.path === `docs/patterns/${name}.md`)
      ? []
      : [{ path: `docs/patterns/${name}.md`, problem: 'is missing' }]),
  ])
}
