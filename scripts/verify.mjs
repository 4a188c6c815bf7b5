// Everything a change must pass, cheapest first; stops at the first failure and says what to do about it.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Pinned here and no dependency: its binaries for other machines are missing from some registries, and a lock with it
// couldn't be installed there.
const biome = ['npx', '--yes', '@biomejs/biome@2.6.8']
const compile = [process.execPath, join('node_modules', 'typescript', 'bin', 'tsc')]
const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
const publint = join('node_modules', 'publint', 'src', 'cli.js')

step(
  'format and lint',
  [[...biome, 'ci', '--colors=off', '--max-diagnostics=50', '.']],
  'npm run format mends most of it; the rest is named above',
  canFetchBiome,
)
step('build', [[...compile, '-b']], 'mend what the compiler names above')
step(
  'types of the tests',
  ['tsconfig.test.json', 'packages/console/test/tsconfig.json'].map((file) => [...compile, '-p', file]),
  'mend what the compiler names above',
)
step(
  'packages',
  packages.map((folder) => [process.execPath, publint, folder, '--strict', '--pack', 'npm']),
  "mend the package.json that is named above; each message links to its rule's page",
)
step(
  'requirements',
  [[process.execPath, join('scripts', 'requirements.mjs'), '--check']],
  'node scripts/requirements.mjs, and commit docs/requirements.md',
)
console.log('verify: tests')
process.exitCode = spawnSync('npm', ['test', '--silent'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1

/** Runs commands; prints what they say only when one fails. `possible` answers why the step is skipped, if it is. */
function step(name, commands, remedy, possible = () => undefined) {
  const began = Date.now()
  const reason = possible()
  if (reason !== undefined) return console.log(`verify: ${name} skipped: ${reason}`)
  for (const [command, ...words] of commands) {
    const done = spawnSync(command, words, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    })
    if (done.status === 0) continue
    console.log(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`)
    console.log(`verify: ${name} failed (${seconds(began)}). To mend it: ${remedy}.\n\n0 passed, 1 failed`)
    process.exit(1)
  }
  console.log(`verify: ${name} passed (${seconds(began)})`)
}

function canFetchBiome() {
  if (process.env.CI === 'true') return undefined
  const [command, ...words] = [...biome, '--version']
  const done = spawnSync(command, words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return done.status === 0 ? undefined : `${biome[2]} can't be fetched (${(done.stderr ?? '').trim().split('\n')[0]})`
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`
}
