// Writes docs/licences.md: every package that others get with ours, its version and its licence, as the lock file has them. With
// --check it only says whether the page is up to date. Either way it fails for a licence that nobody looked at, anywhere in the lock.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Licences that let a work under Apache-2.0 use, change and pass on what is under them, without becoming one of theirs. */
const sound = new Set([
  ...['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0', 'Unlicense', 'Zlib', 'OFL-1.1'],
  // Binds changes of its own files only, and we change none.
  'MPL-2.0',
])

/** What names no licence of SPDX, looked at by hand, in this version. */
const lookedAt = new Set([
  // Says BSD; its file LICENSE has the two clauses of BSD-2-Clause.
  'duck 0.1.12',
  // Point at a file that they don't bring; the repository they come from is under MIT and Apache-2.0. Servers that tests talk to.
  ...['everything', 'filesystem', 'memory'].map((name) => `@modelcontextprotocol/server-${name} 2026.8.31`),
])

const root = process.argv.find((word) => word.startsWith('--root='))?.slice(7) ?? dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, 'docs', 'licences.md')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
const all = Object.keys(lock).filter((place) => place.includes('node_modules/') && lock[place].link !== true)

for (const place of all) {
  const { version, license = 'none' } = lock[place]
  if (!isSound(license) && !lookedAt.has(`${nameOf(place)} ${version}`))
    fail(`${nameOf(place)} ${version} is under ${license}, which is not on the list in scripts/licences.mjs.`)
  // Of the packages that are there, the lock must tell what they say themselves; those of other machines it tells alone.
  const said = existsSync(join(root, place, 'package.json')) ? manifestOf(place).license : undefined
  if (typeof said === 'string' && said !== license)
    fail(`${nameOf(place)} ${version} says that it is under ${said}, and the lock says ${license}.`)
}

const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
const shipped = new Set()
for (const folder of folders) for (const name of Object.keys(needsOf(lock[folder]))) reach(folder, name)
// The console has no dependencies: what it imports becomes a part of its files.
for (const name of importsBelow(join(root, 'packages', 'console', 'src'))) reach('packages/console', name)

const rows = [...shipped].map((place) => ({ name: nameOf(place), ...lock[place] }))
const written = render()
if (!process.argv.includes('--check')) writeFileSync(page, written)
else if (!existsSync(page) || readFileSync(page, 'utf8') !== written)
  fail('docs/licences.md is stale. Run node scripts/licences.mjs, and commit it.')
console.log(`${shipped.size} packages go out with ours; all ${all.length} of the lock are under licences of the list.`)

/** An expression of SPDX with one kind of link: of alternatives one has to be sound, of what holds together all. */
function isSound(expression) {
  const words = expression.replaceAll(/[()]/g, '')
  if (words.includes(' OR ')) return !words.includes(' AND ') && words.split(' OR ').some((one) => sound.has(one))
  return words.split(' AND ').every((one) => sound.has(one))
}

/** Notes a package that is needed at a place, and all that it needs; as Node.js looks for it, from there upward. */
function reach(from, name) {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = folder === '.' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    const found = lock[place]
    if (found) {
      if (found.link === true || shipped.has(place)) return
      shipped.add(place)
      // What it brings within itself nobody lists among its needs.
      for (const inner of all) if (inner.startsWith(`${place}/`) && lock[inner].inBundle) shipped.add(inner)
      for (const need of Object.keys(needsOf(found))) reach(place, need)
      return
    }
    // A peer that is optional, or is not for this lock to bring.
    if (folder === '.') return
  }
}

function needsOf({ dependencies, optionalDependencies }) {
  return { ...dependencies, ...optionalDependencies }
}

/** The names of the packages that sources import. */
function importsBelow(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => /\.(?:tsx?|css)$/.test(name))
  const imports = names.flatMap((name) => [
    ...readFileSync(join(folder, name), 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]((?:@[\w.-]+\/)?[\w-][\w.-]*)/g),
  ])
  return new Set(imports.map(([, name]) => name).filter((name) => !name.startsWith('node:')))
}

function nameOf(place) {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

function manifestOf(place) {
  return JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8'))
}

function render() {
  const lines = rows.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`)
  return [
    // It would pad every row to the longest one.
    '<!-- biome-ignore-all format: generated -->',
    '# Licences',
    '',
    'What comes along with the packages of Plinth, which are under Apache-2.0, and with the files of the console: each package of others',
    'with its version and its licence, for all machines. It is made of the lock file by `node scripts/licences.mjs`, which fails for a licence',
    'that is not on its list. Tools that only build and test Plinth are held to the same list and are not named here.',
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...[...new Set(lines)].toSorted(),
    '',
  ].join('\n')
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
