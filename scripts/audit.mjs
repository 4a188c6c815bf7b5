// Asks the registry whether advisories are known for what goes out with our packages, by `npm audit`, and says so in one line. Fails for
// one that is high or critical. Some registries don't answer that; then it says that nobody was asked, and in which words. It is no part
// of verify: what it says changes without a change of ours.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = process.argv.find((word) => word.startsWith('--root='))?.slice(7) ?? dirname(dirname(fileURLToPath(import.meta.url)))
const severities = ['critical', 'high', 'moderate', 'low', 'info']

const npm = process.env.npm_execpath
const words = ['audit', '--omit=dev', '--json', '--package-lock-only']
const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 120_000 }
const done = npm?.endsWith('.js')
  ? spawnSync(process.execPath, [npm, ...words], options)
  : spawnSync('npm', words, { ...options, shell: process.platform === 'win32' })
const report = parse(done.stdout)

if (report?.metadata?.vulnerabilities === undefined) {
  // npm names the address that it asked, which may be somebody's own.
  const why = report?.message ?? report?.error?.summary ?? done.error?.message ?? `npm audit ended with ${done.status}`
  console.log(`audit: skipped: the registry gives no answer (${why.split('\n')[0].replaceAll(/https?:\/\/\S+/g, '…')})`)
} else {
  const { vulnerabilities: counts, dependencies } = report.metadata
  const found = severities.filter((severity) => counts[severity] > 0).map((severity) => `${counts[severity]} ${severity}`)
  for (const [name, { severity, range }] of Object.entries(report.vulnerabilities ?? {}))
    console.log(`audit: ${severity}: ${name} ${range}`)
  console.log(`audit: ${found.length > 0 ? found.join(', ') : 'nothing known'} in ${dependencies.prod} packages`)
  if (counts.critical + counts.high > 0) process.exitCode = 1
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
