// What `npm start` and `npm test` need before they run: dependencies when the manifests changed, and the build. It runs on
// whatever Node.js the system has, before ours is installed, so it is plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.plinth-installed')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const consoleFolder = join(root, 'packages', 'console')
const consoleStamp = join(consoleFolder, 'dist', '.built')

if (process.argv.includes('--check')) check()
// Contents rather than times: a checkout gives every file a new time.
if (!isInstalled()) install()
build()
if (process.argv.includes('--test') || process.env.npm_lifecycle_event === 'pretest') lookForTestNeeds()

function manifests() {
  const folders = ['', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]
  const files = ['package-lock.json', ...folders.map((folder) => join(folder, 'package.json'))].filter((file) =>
    existsSync(join(root, file)),
  )
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === manifests()
}

/** Changes nothing: ends with 1 where something would have to be installed or built first. */
function check() {
  const isBuilt = existsSync(compiler) && run(process.execPath, [compiler, '-b', '--dry']).stdout.search(/build project/) < 0
  process.exit(isInstalled() && isBuilt && isConsoleBuilt(consoleSources()) ? 0 : 1)
}

function install() {
  say('Installing dependencies (about a minute the first time) …')
  const began = Date.now()
  // What is locked is what is installed: another npm than ours would write its own form of it into the checkout.
  const options = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const done = npm?.endsWith('.js')
    ? run(process.execPath, [npm, ...options])
    : run('npm', options, { shell: process.platform === 'win32' })
  if (done.status !== 0)
    fail('npm install failed. It needs the package registry; see above for what it met, then start again.', done)
  writeFileSync(stamp, manifests())
  say(`Dependencies are installed (${seconds(began)}).`)
}

function build() {
  const began = Date.now()
  if (!existsSync(compiler)) fail('The compiler is missing. Remove node_modules and start again.')
  const done = run(process.execPath, [compiler, '-b'])
  if (done.status !== 0)
    fail('The build failed (npm run build). Mend what the compiler names above, or go back to a commit that builds.', done)
  buildConsole()
  if (Date.now() - began > 1_000) say(`Built (${seconds(began)}).`)
}

/** The console's static files, when its sources changed. */
function buildConsole() {
  const sources = consoleSources()
  if (isConsoleBuilt(sources)) return
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  // Our Node.js: the system's may be older than what Vite needs.
  const done = run(join(root, 'node_modules', 'node', 'bin', 'node'), [vite, 'build', '--logLevel', 'warn', consoleFolder])
  if (done.status !== 0)
    fail('The console could not be built. Mend what is named above, or go back to a commit that builds.', done)
  writeFileSync(consoleStamp, sources)
}

function consoleSources() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  for (const name of ['index.html', 'vite.config.ts', 'src'])
    for (const file of filesIn(join(consoleFolder, name))) hash.update(relative(root, file)).update(readFileSync(file))
  return hash.digest('hex')
}

function isConsoleBuilt(sources) {
  return existsSync(consoleStamp) && readFileSync(consoleStamp, 'utf8') === sources
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** Tests whose tool is missing are skipped with their reason; here is what to do about it beforehand. */
function lookForTestNeeds() {
  const needs = [
    {
      command: 'git',
      arguments: ['--version'],
      why: 'the tests of documents and packages look at tracked files',
      remedy: 'install git (Debian: apt-get install git)',
    },
    { command: 'bash', arguments: ['--version'], why: 'shell examples of the documents are run by it', remedy: 'install bash' },
    {
      command: 'curl',
      arguments: ['--version'],
      why: 'shell examples of the documents use it',
      remedy: 'install curl (Debian: apt-get install curl)',
    },
  ]
  for (const { command, arguments: words, why, remedy } of needs) {
    if (run(command, words).status !== 0) say(`${command} is missing: ${why}. To have it: ${remedy}.`)
  }
}

function run(command, words, options = {}) {
  return spawnSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`
}

// On the error stream, so that what a program prints on the other one stays its own.
function say(text) {
  console.error(`setup: ${text}`)
}

function fail(text, done) {
  if (done) console.error(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}`.trim())
  say(text)
  process.exit(1)
}
