// Writes docs/requirements.md: every requirement with the tests that show it working, found by tags in the tests' titles such
// as `[R10]` or `[R9, X15]`. With --check it only says whether the page is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, 'docs', 'requirements.md')
const requirements = JSON.parse(readFileSync(join(root, 'docs', 'requirements.json'), 'utf8'))

const sources = [
  join(root, 'test'),
  join(root, 'packages', 'core', 'src', 'contracts'),
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'test')),
].flatMap(sourcesBelow)

/** Requirement → the titles that name it. */
const shown = new Map(Object.keys(requirements).map((number) => [number, []]))
for (const source of sources) {
  for (const { title, numbers } of taggedTitles(readFileSync(source, 'utf8'))) {
    for (const number of numbers) {
      const file = relative(root, source).split(sep).join('/')
      if (!shown.has(number)) fail(`${file}: "${title}" names ${number}, which is no requirement.`)
      shown.get(number).push(`${file}: ${title}`)
    }
  }
}

const written = render()
if (!process.argv.includes('--check')) writeFileSync(page, written)
else if (read(page) !== written) fail('docs/requirements.md is stale. Run node scripts/requirements.mjs, and commit it.')
console.log(
  `${[...shown.values()].filter((titles) => titles.length > 0).length} of ${shown.size} requirements are shown by tests.`,
)

/** Titles of tests and promises of contracts are the only strings with tags. */
function taggedTitles(text) {
  const tag = /\[([RGX]\d+(?:, ?[RGX]\d+)*)\]/g
  return [...text.matchAll(/(['"`])((?:\\.|(?!\1)[^\\\n])+)\1/g)]
    .map(([, , string]) => ({
      title: string.replaceAll(tag, '').replaceAll(/\\(.)/g, '$1').replaceAll(/ {2,}/g, ' ').trim(),
      numbers: [...string.matchAll(tag)].flatMap(([, tags]) => tags.split(/, ?/)),
    }))
    .filter(({ numbers }) => numbers.length > 0)
}

function render() {
  const rows = Object.entries(requirements).map(([number, words]) => `| ${number} | ${words} | ${cell(shown.get(number))} |`)
  return [
    // It would pad every row to the longest one.
    '<!-- biome-ignore-all format: generated -->',
    '# Requirements',
    '',
    'What Plinth promises, by number, and the tests that show it. R: behaviour, G: the parts of the diagrams, X: faults that',
    'must not be there. A test names what it shows in its title, such as `[R10]`; it is made by',
    '`node scripts/requirements.mjs`.',
    'A promise without a test shows –, and is not kept yet.',
    '',
    '| number | what | tests |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function cell(titles) {
  return titles.length === 0
    ? '–'
    : titles
        .toSorted()
        .map((title) => title.replaceAll('|', '\\|').replaceAll('<', '&lt;'))
        .join('<br>')
}

function sourcesBelow(folder) {
  try {
    const names = readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .sort()
    return names.map((name) => join(folder, name))
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function fail(text) {
  console.error(text)
  process.exit(1)
}
