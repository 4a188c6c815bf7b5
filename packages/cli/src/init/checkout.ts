import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a new project is made of, at the versions of this Plinth. */
export interface Origin {
  readonly version: string
  /** The checkout that this command runs from, without symbolic links; absent where it is an installed package. */
  readonly checkout?: string
}

/** Of this command; the same from sources and from what is built. */
const packageFolder = fileURLToPath(new URL('../../', import.meta.url))
export const templateFolder: string = join(packageFolder, 'template')

export function originOf(): Origin {
  const { version } = manifestIn(packageFolder) as { readonly version: string }
  const root = realpathSync(join(packageFolder, '..', '..'))
  return { version, ...(manifestIn(root)?.name === 'plinth-workspace' && { checkout: root }) }
}

function manifestIn(folder: string): { readonly name?: string; readonly version?: string } | undefined {
  const path = join(folder, 'package.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}
