import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { type PatternName, PlinthError, patternNames } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { initCommand } from '../src/commands/init.ts'
import { originOf, templateFolder } from '../src/init/checkout.ts'
import { askedPatterns } from '../src/init/choose-patterns.ts'
import { fitTemplate } from '../src/init/fit-template.ts'
import { manifestOf, others, packageNameOf } from '../src/init/manifest.ts'

interface Manifest {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** What the command prints. */
async function init(...args: string[]): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await initCommand().parseAsync(args, { from: 'user' })
    return log.mock.calls.flat().join('\n')
  } finally {
    log.mockRestore()
  }
}

async function refused(...args: string[]): Promise<PlinthError> {
  const error = await init(...args).catch((thrown: unknown) => thrown)
  if (PlinthError.is(error)) return error
  throw new Error(`Expected a refusal of ${args.join(' ')}, not ${error}`)
}

const textOf = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8')
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

const symbols: Readonly<Record<PatternName, string>> = {
  'event-driven': 'eventDriven',
  rag: 'rag',
  'multi-agent': 'multiAgent',
  analytics: 'analytics',
  'multi-tenant': 'multiTenant',
}
/** A word of each pattern's own part. */
const parts: Readonly<Record<PatternName, string>> = {
  'event-driven': '/api/subscribers',
  rag: '/api/documents',
  'multi-agent': '/api/agents',
  analytics: '/api/alert-rules',
  'multi-tenant': '/api/tenants/demo',
}
const files = [
  '.github/workflows/ci.yml',
  '.gitignore',
  '.npmrc',
  'README.md',
  'infrastructure/app.ts',
  'package.json',
  'src/api.ts',
  'src/app.ts',
  'src/set-up.ts',
  'test/app.test.ts',
  'tsconfig.json',
]

describe('plinth init', () => {
  it.each([...patternNames.map((name) => [name]), [...patternNames]].map((names) => [names.join(',')]))(
    'makes a project of %s, and of no other pattern',
    async (names) => {
      const folder = join(temporaryFolder(), 'below', 'My Project')
      const printed = JSON.parse(await init(folder, '--patterns', names, '--json'))
      const { checkout } = originOf()
      expect(printed).toEqual({ directory: folder, patterns: names.split(','), reasons: [], linked_to: checkout, files })
      expect(filesIn(folder)).toBe(files.length)
      const listed = /const patterns = \[(.*)\]/.exec(textOf(folder, 'src/app.ts'))?.[1]?.split(', ')
      expect(listed?.sort()).toEqual(
        names
          .split(',')
          .map((name) => symbols[name as PatternName])
          .sort(),
      )
      for (const name of patternNames) {
        expect(textOf(folder, 'src/set-up.ts').includes(parts[name]), name).toBe(names.includes(name))
        const isLeftOut = textOf(folder, 'infrastructure/app.ts').includes(`  ${symbols[name]}: false`)
        expect(isLeftOut, name).toBe(name !== 'event-driven' && !names.includes(name))
      }
      expect(textOf(folder, 'README.md')).toMatch(/^# my-project\n[\s\S]*not published yet/)
      expect(textOf(folder, 'README.md').split('\n').length).toBeLessThanOrEqual(61)
      expect(textOf(folder, '.gitignore')).toContain('node_modules/')
      expect(textOf(folder, '.npmrc')).toBe('install-links=false\n')
    },
  )

  it('makes one of all patterns where nobody says which, and says what to do next', async () => {
    const folder = join(temporaryFolder(), 'it')
    const printed = await init(folder)
    expect(printed).toContain(`${folder}: ${patternNames.join(', ')}`)
    expect(printed).toContain(`links to the checkout in ${originOf().checkout}`)
    expect(printed).toContain(`  cd ${folder}\n  npm install\n  npm test\n  npm start`)
  })

  it('links to what is there: each link leads to a package of its name', async () => {
    const folder = join(temporaryFolder(), 'linked')
    await init(folder, '--patterns', 'rag')
    const { dependencies, devDependencies } = JSON.parse(textOf(folder, 'package.json')) as Manifest
    const all = Object.entries({ ...dependencies, ...devDependencies })
    const links = all.filter(([, place]) => place.startsWith('file:'))
    expect(all.filter((one) => !links.includes(one))).toEqual([['node', others.node]])
    for (const [name, place] of links) {
      const target = resolve(realpathSync(folder), place.slice('file:'.length))
      expect((JSON.parse(textOf(target, 'package.json')) as Manifest).name).toBe(name)
    }
  })
})

describe('what is refused', () => {
  it.each([
    ['rga', '"rga"'],
    ['rag,,analytics', '""'],
    ['', '""'],
    ['rag analytics', '"rag analytics"'],
    ['all', '"all"'],
  ])('--patterns %j, by the value that is wrong', async (names, value) => {
    const folder = join(temporaryFolder(), 'none')
    const error = await refused(folder, '--patterns', names)
    expect(error).toMatchObject({ field: 'patterns', message: expect.stringContaining(value) })
    expect(existsSync(folder)).toBe(false)
  })

  it('a folder that is not empty, a file, and what can not be a folder; nothing changes', async () => {
    const taken = temporaryFolder()
    expect(await refused(join(taken, 'x'.repeat(300)))).toMatchObject({ field: 'directory' })
    writeFileSync(join(taken, 'package.json'), 'mine')
    mkdirSync(join(taken, 'empty'))
    for (const place of [
      taken,
      join(taken, 'package.json'),
      join(taken, 'package.json', 'below'),
      '/proc/nowhere/at/all',
      '',
      ' ',
    ])
      expect(await refused(place, '--patterns', 'rag')).toMatchObject({ field: 'directory' })
    expect([textOf(taken, 'package.json'), filesIn(taken)]).toEqual(['mine', 1])
    await init(join(taken, 'empty'), '--patterns', 'rag')
    expect(filesIn(join(taken, 'empty'))).toBe(files.length)
  })

  it('patterns beside a profile', async () => {
    const folder = join(temporaryFolder(), 'none')
    expect(await refused(folder, '--patterns', 'rag', '--profile', 'any.json')).toMatchObject({ field: 'profile' })
  })

  it.each([
    ['knowledge.documents', { knowledge: { documents: -1 } }],
    ['requests_per_month', { requests_per_month: 'many' }],
    ['knowlege', { knowlege: {} }],
    ['knowledge.page', { knowledge: { page: 3 } }],
    ['response', { response: 'soon' }],
    ['workflow.approval', { response: 'interactive', workflow: { approval: true } }],
    ['profile', { response: 'interactive', requests_per_month: 10, peak_factor: 1 }],
  ])('a profile, by its field %s', async (field, profile) => {
    const above = temporaryFolder()
    writeFileSync(join(above, 'answers.json'), JSON.stringify(profile))
    expect(await refused(join(above, 'none'), '--profile', join(above, 'answers.json'))).toMatchObject({ field })
    expect(existsSync(join(above, 'none'))).toBe(false)
  })

  it.each(['[]', '{"response":', undefined])('a file that holds no profile: %s', async (text) => {
    const file = join(temporaryFolder(), 'answers.json')
    if (text !== undefined) writeFileSync(file, text)
    expect(await refused(join(temporaryFolder(), 'none'), '--profile', file)).toMatchObject({ field: 'profile' })
  })
})

describe('a profile', () => {
  it('decides the patterns, and lies in the project, for plinth advise', async () => {
    const above = temporaryFolder()
    const profile = { response: 'seconds', knowledge: { documents: 5_000, pages: 50_000 } }
    writeFileSync(join(above, 'answers.json'), JSON.stringify(profile))
    const folder = join(above, 'made')
    const printed = JSON.parse(await init(folder, '--profile', join(above, 'answers.json'), '--json'))
    expect(printed.patterns).toContain('rag')
    expect(printed.patterns).not.toContain('analytics')
    expect(printed.reasons.length).toBeGreaterThan(0)
    expect(JSON.parse(textOf(folder, 'advisor-profile.json'))).toEqual(profile)
    expect(textOf(folder, 'src/app.ts')).not.toContain('analytics')
  })
})

describe('a person on a terminal', () => {
  const asked = async (typed: string) => {
    const input = new PassThrough()
    const output = new PassThrough()
    input.end(typed)
    const { patterns } = await askedPatterns({ input, output })
    return { patterns, question: String(output.read()) }
  }

  it('is asked which patterns; an empty line is for all', async () => {
    expect(await asked('rag, analytics\n')).toEqual({
      patterns: ['rag', 'analytics'],
      question: expect.stringContaining(patternNames.join(', ')),
    })
    for (const nothing of ['\n', '']) expect((await asked(nothing)).patterns).toEqual(patternNames)
    await expect(asked('rga\n')).rejects.toMatchObject({ field: 'patterns' })
  })
})

describe('the template', () => {
  const sources = readdirSync(templateFolder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))

  it('is TypeScript without marks for every set of patterns', () => {
    expect(sources).toHaveLength(5)
    const sets = fc.subarray([...patternNames], { minLength: 1 })
    fc.assert(
      fc.property(sets, fc.constantFrom(...sources), fc.boolean(), (patterns, path, linked) => {
        const text = fitTemplate(readFileSync(join(templateFolder, path), 'utf8'), { name: 'x', patterns, linked })
        expect(() => stripTypeScriptTypes(text)).not.toThrow()
        expect(text).not.toMatch(/\/\/ (for|without|end)\b|\n\n\n|\{\n\n/)
        expect(text.endsWith('\n')).toBe(true)
      }),
    )
  })

  it('names the versions that Plinth itself is tried with', () => {
    const root = join(import.meta.dirname, '..', '..', '..')
    const { devDependencies } = JSON.parse(textOf(root, 'package.json')) as Manifest
    const { dependencies } = JSON.parse(textOf(root, 'packages/cdk/package.json')) as Manifest
    for (const [name, version] of Object.entries(others))
      expect({ ...devDependencies, ...dependencies }[name], name).toBe(version)
  })

  it('names versions in the place of links where there is no checkout', () => {
    const { dependencies, devDependencies } = JSON.parse(manifestOf('x', '/x', { version: '7.8.9' })) as Manifest
    expect(dependencies).toEqual({ '@plinth/core': '7.8.9', '@plinth/server': '7.8.9' })
    expect(devDependencies).toEqual({ '@plinth/cdk': '7.8.9', '@plinth/cli': '7.8.9', ...others })
    const fit = { name: 'x', patterns: patternNames, linked: false }
    expect(fitTemplate(textOf(templateFolder, 'README.md'), fit)).not.toContain('checkout')
  })

  it('has a name that npm takes, whatever its folder is called', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(packageNameOf(name)).toMatch(/^[a-z0-9][a-z0-9-]*$/)
      }),
    )
    expect(['Größe 2', 'node', '…'].map(packageNameOf)).toEqual(['gr-e-2', 'plinth-app', 'plinth-app'])
  })
})
