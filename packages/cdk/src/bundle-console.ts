import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const page = { module: '@plinth/console/site/index.html' } as const

/** Puts the console's files beside the code of the function that serves them. @throws Error where the console isn't built. */
export function bundleConsole(folder: string): void {
  const site = dirname(fileURLToPath(import.meta.resolve(page.module)))
  cpSync(site, join(folder, 'api', 'console'), { recursive: true })
}
