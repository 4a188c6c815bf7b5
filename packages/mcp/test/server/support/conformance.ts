import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'

interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED'
  readonly errorMessage?: string
}

const program = join(import.meta.dirname, '../../../../../node_modules/@modelcontextprotocol/conformance/dist/index.js')

/** Runs all scenarios for servers. @returns the checks of each that succeeded or failed, by scenario; of some there are none. */
export async function conformanceOf(url: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = temporaryFolder()
  const child = spawn(process.execPath, [program, 'server', '--url', url, '--suite', 'all', '-o', folder], { stdio: 'ignore' })
  await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
  const results = new Map<string, readonly Check[]>()
  for (const name of readdirSync(folder)) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1]
    if (scenario === undefined) continue
    const checks = JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as Check[]
    results.set(
      scenario,
      checks.filter(({ status }) => status === 'SUCCESS' || status === 'FAILURE'),
    )
  }
  return results
}
