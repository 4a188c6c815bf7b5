import { existsSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Origin } from './checkout.ts'

const ours = { dependencies: ['core', 'server'], devDependencies: ['cdk', 'cli'] } as const

/** What a project needs besides, at the versions that Plinth is tried with. */
export const others: Readonly<Record<string, string>> = {
  '@types/node': '24.19.2',
  // The constructs of @plinth/cdk are made of it, so there has to be one of it.
  'aws-cdk-lib': '2.276.0',
  node: '24.21.0',
  typescript: '7.0.2',
}

/** Its install script would run in the checkout; and npm puts a project's own Node.js before the system's. */
const neverLinked = ['node']

/** @param folder where the project will be, without symbolic links: links are written as the way from there. */
export function manifestOf(name: string, folder: string, { version, checkout }: Origin): string {
  const placed = (part: string, from: string, otherwise: string): string => {
    const target = checkout === undefined ? undefined : join(checkout, from)
    return target && !neverLinked.includes(part) && existsSync(target)
      ? `file:${relative(folder, target).split(sep).join('/')}`
      : otherwise
  }
  const own = (parts: readonly string[]): readonly (readonly [string, string])[] =>
    parts.map((part) => [`@plinth/${part}`, placed(part, join('packages', part), version)])
  const found = Object.entries(others).map(
    ([part, otherwise]) => [part, placed(part, join('node_modules', ...part.split('/')), otherwise)] as const,
  )
  const manifest = {
    name,
    private: true,
    type: 'module',
    engines: { node: '>=22.18' },
    scripts: {
      // Without exec a signal would end the shell, and the server would live on.
      start: 'exec node src/app.ts',
      test: 'node --test test/*.test.ts',
      types: 'tsc',
      synth: 'node infrastructure/app.ts',
    },
    dependencies: Object.fromEntries(own(ours.dependencies)),
    devDependencies: Object.fromEntries([...own(ours.devDependencies), ...found]),
    // npm asks before it runs the install script that fetches Node.js.
    allowScripts: { node: true },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** A name that npm takes, of a folder's. */
export function packageNameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 100)
  return name === '' || name in others ? 'plinth-app' : name
}
