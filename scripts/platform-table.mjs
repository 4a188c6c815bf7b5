// Writes docs/platforms.md: which platform keeps which promise of the ports. `--write` runs the tests of the contracts, which takes
// minutes; with `--last` it takes what the last full run of continuous integration (CI=true npm test), or of this, has found.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { adaptersWithout, lastResults, page, renderPage } from './platform-table-page.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [write, last] = ['--write', '--last'].map((option) => process.argv.includes(option))
if (!write) fail('Usage: node scripts/platform-table.mjs --write [--last]')

if (!last) runContracts()
if (!existsSync(lastResults)) fail('There are no results; run it without --last.')
const results = JSON.parse(readFileSync(lastResults, 'utf8'))
const problems = [
  ...adaptersWithout(results).map((adapter) => `${adapter} has no results.`),
  ...results
    .filter(({ state, note }) => state !== 'passed' && !(state === 'skipped' && note))
    .map(({ port, adapter, promise, state }) => `${port} contract: ${adapter}: ${promise}: ${state}, without a reason.`),
]
if (problems.length > 0) fail(`${problems.join('\n')}\ndocs/platforms.md is not written.`)
writeFileSync(page, renderPage(results))
console.log(`docs/platforms.md is written, from ${results.length} tests.`)

function runContracts() {
  rmSync(lastResults, { force: true })
  const reporter = `--reporter=${join(root, 'scripts', 'platform-table-reporter.mjs')}`
  const words = [join(root, 'scripts', 'test.mjs'), reporter, '-t', ' contract: ', ...contractFiles()]
  // What failed is said below too.
  spawnSync(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] })
}

/** Tests that call the contract of a port. */
function contractFiles() {
  return readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/test`)
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((file) => file.endsWith('.test.ts') && /describe\w+Contract\(/.test(readFileSync(join(root, file), 'utf8')))
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
