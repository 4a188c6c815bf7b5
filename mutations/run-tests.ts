import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface TestResult {
  /** With the titles of what it lies in. */
  readonly title: string
  readonly passed: boolean
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Runs the tests of one file that name the number. @returns those that ran; none: the file itself failed, or they were skipped. */
export async function runTests(folder: string, file: string, number: string): Promise<TestResult[]> {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const tag = `\\[([RGX]\\d+, ?)*${number}(, ?[RGX]\\d+)*\\]`
  const words = ['run', file, '--testNamePattern', tag, '--reporter=json', `--outputFile=${report}`]
  await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...words], { cwd: folder, stdio: 'ignore' })
    const end = (): void => void child.kill()
    process.once('exit', end)
    child.on('error', reject)
    child.on('exit', (code) => {
      process.off('exit', end)
      resolve(code)
    })
  })
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName, status }) => new RegExp(tag).test(fullName) && (status === 'passed' || status === 'failed'))
    .map(({ fullName, status }) => ({ title: fullName, passed: status === 'passed' }))
}
