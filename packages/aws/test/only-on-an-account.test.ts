import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..')
const heading = '## What only an account shows'
/** A client of Plinth's own gateway, which answers there: no double of AWS. */
const readsPlinth = 'packages/server/test/gateway/bedrock/support/clients.ts'

/** The tests' own sources, by their paths from the root. */
const sources = ['test', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/test`)].flatMap((folder) =>
  filesIn(folder).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
)

it('[G6] what doubles answer at the request handler of the SDK is what docs/aws.md says that no emulator answers, and nothing else', () => {
  const doubled = sources.flatMap(({ text }) =>
    [...text.matchAll(/onlyOnAnAccount\(([^)]*)\)/g)].flatMap(([, names = '']) => operationsIn(names, "'")),
  )
  expect(doubled).toContain('s3vectors:QueryVectors')
  expect(listed()).toEqual([...new Set(doubled)].toSorted())
})

it('[G6] whoever stands in for the request handler names what it answers', () => {
  const standIns = sources
    .filter(({ text }) => /requestHandler: (?!new NodeHttpHandler)[\w{]/.test(text))
    .filter(({ text }) => !/onlyOnAnAccount\(|new SimulatedS3Vectors\(/.test(text))
  expect(standIns.map(({ path }) => path)).toEqual([readsPlinth])
})

/** The operations in the first column of the section's table, in order. */
function listed(): readonly string[] {
  const [, section = ''] = readFileSync(join(root, 'docs', 'aws.md'), 'utf8').split(`${heading}\n`)
  const [own = ''] = section.split('\n## ')
  const rows = own.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => operationsIn(row.split('|')[1] ?? '', '`')).toSorted()
}

function operationsIn(text: string, quote: string): readonly string[] {
  return [...text.matchAll(new RegExp(`${quote}([a-z0-9]+:[A-Za-z]+)${quote}`, 'g'))].map(([, name = '']) => name)
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
}
