import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { patternNames } from '@plinth/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anchorsOf, linksOf } from './docs/anchors.ts'
import { type Block, blocksOf, isShell, isTypeScript } from './docs/blocks.ts'
import { Checkout, root } from './docs/checkout.ts'

/**
 * What the documents show works: every `ts` block compiles against the packages, those marked `ts run` end well, and those
 * marked `sh run` do so against a server, document by document, top to bottom, in one shell.
 */
const documents = globSync(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/**/*.md'], { cwd: root }).sort()
const blocks = documents.flatMap((document) => blocksOf(document, readFileSync(join(root, document), 'utf8')))
/** From the checkout's root. A block that shows a program is that program. */
const programs = blocks
  .filter(isTypeScript)
  .map((block, index) => ({ block, file: block.program ?? join('snippets', `snippet-${index + 1}.ts`) }))
/** Whoever wants to run them finds them in a folder of their own. */
const examples = globSync('examples/**/*.ts', { cwd: root }).sort()
const scripts = documents
  .map((document) => ({ document, parts: blocks.filter((block) => block.document === document && isShell(block) && block.run) }))
  .filter(({ parts }) => parts.length > 0)

let checkout: Checkout
let url: string

beforeAll(async () => {
  checkout = new Checkout()
  mkdirSync(join(checkout.directory, 'snippets'))
  if (blocks.some((block) => block.run)) url = await checkout.start()
})

afterAll(() => checkout?.dispose())

it('the README has something to run', () => {
  expect(blocks.filter((block) => block.document === 'README.md' && block.run)).not.toEqual([])
})

it.each(documents)('the links of %s lead somewhere', (document) => {
  const text = readFileSync(join(root, document), 'utf8')
  for (const { path, anchor } of linksOf(text)) {
    const target = path === '' ? join(root, document) : join(root, dirname(document), path)
    expect(existsSync(target), path).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8')), `${path}#${anchor}`).toContain(anchor)
  }
})

describe('the programs in examples/', () => {
  it('are one for each pattern that is run, and all stand in a page', () => {
    const shown = blocks.filter(({ program }) => program !== undefined)
    expect(shown.map(({ program }) => program).toSorted()).toEqual(examples)
    const run = shown.filter((block) => block.run).map(({ program }) => program)
    expect(run.toSorted()).toEqual(patternNames.map((name) => `examples/${name}/main.ts`).toSorted())
  })

  it.each(examples)('%s is what its page shows', (file) => {
    const [shown] = blocks.filter(({ program }) => program === file)
    expect(shown?.code).toBe(readFileSync(join(root, file), 'utf8'))
  })
})

describe('TypeScript in documents', () => {
  let problems: readonly string[] = []

  beforeAll(async () => {
    for (const { block, file } of programs)
      if (block.program === undefined) writeFileSync(join(checkout.directory, file), asModule(block))
    if (programs.length === 0) return
    const configuration = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        composite: false,
        declaration: false,
        declarationMap: false,
        isolatedDeclarations: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
        customConditions: [],
        types: ['node'],
      },
      include: ['*.ts', join(root, 'examples')],
    }
    writeFileSync(join(checkout.directory, 'snippets', 'tsconfig.json'), JSON.stringify(configuration))
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { output } = await checkout.run(process.execPath, [compiler, '--pretty', 'false', '-p', 'snippets'])
    problems = output.split('\n').filter((line) => line.includes('error TS'))
  })

  for (const { block, file } of programs) {
    it(`${block.place} compiles`, () => {
      expect(problems.filter((line) => line.includes(file))).toEqual([])
    })
    if (!block.run) continue
    it(`${block.place} runs`, async () => {
      const { code, output } = await checkout.run(process.execPath, [file])
      expect(code, output).toBe(0)
    })
  }

  it('is compiled by a compiler that sees it', () => {
    expect(problems.filter((line) => !/snippets\/|examples\//.test(line))).toEqual([])
  })
})

for (const { document, parts } of scripts) {
  it(`the commands of ${document} run`, async () => {
    // Documents name the port of `npm start`; here another one is free.
    const lines = parts.map(
      (block) => `# ${block.place}\n${block.code.replaceAll(/http:\/\/(localhost|127\.0\.0\.1):4000/g, url)}`,
    )
    const { code, output } = await checkout.run('bash', ['-euo', 'pipefail', '-c', lines.join('\n')])
    expect(code, output).toBe(0)
  })
}

describe('blocks', () => {
  it('are found with their language, mark and line', () => {
    const text = '# A\n```ts run\nconst a = 1\n```\n1. x\n   ```sh\n   echo\n   ```\n````md\n```ts\n```\n````\n'
    expect(blocksOf('a.md', text).map(({ place, language, run, code }) => [place, language, run, code])).toEqual([
      ['a.md:3', 'ts', true, 'const a = 1\n'],
      ['a.md:7', 'sh', false, 'echo\n'],
      ['a.md:10', 'md', false, '```ts\n```\n'],
    ])
    expect(() => blocksOf('a.md', '```ts\n')).toThrow('a.md:2 has no end')
  })
})

/** A block without imports or exports is a module too, with names of its own. */
function asModule(block: Block): string {
  return `${block.code}\nexport {}\n`
}
