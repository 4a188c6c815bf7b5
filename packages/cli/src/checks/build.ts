import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { UnavailableError } from '@plinth/core'

const setup = fileURLToPath(new URL('../../../../scripts/setup.mjs', import.meta.url))

/**
 * In a checkout what is bundled is what was built, which may be older than the sources, as after a pull; whoever deploys would not notice.
 * Sources that run as they are, and installed packages, are never old.
 * @throws UnavailableError `build_old`.
 */
export function refuseOldBuild(module: string = import.meta.url): void {
  if (!/\/packages\/cli\/dist\//.test(module) || !existsSync(setup)) return
  if (spawnSync(process.execPath, [setup, '--check'], { stdio: 'ignore' }).status !== 0)
    throw new UnavailableError('build_old', 'What is built here is older than its sources. Build it first: npm run build')
}
