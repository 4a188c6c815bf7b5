import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './e2e/support/temporary-folder.ts'

const root = dirname(import.meta.dirname)

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly allowScripts?: object
}
interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

const read = <Content>(...path: readonly string[]): Content => JSON.parse(readFileSync(join(root, ...path), 'utf8')) as Content
const lock = read<{ packages: Readonly<Record<string, Locked>> }>('package-lock.json').packages
const others = Object.entries(lock).filter(([place, { link }]) => place.includes('node_modules/') && link !== true)
const onInstall = /^(pre|post)?(install|prepare)$/

interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Runs a script; this process goes on, since what the script asks may be a server in it. */
function run(
  script: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  words: readonly string[] = [],
): Promise<Ended> {
  const { PATH, HOME } = process.env
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts', script), `--root=${folder}`, ...words], {
      // npm of the path, asked as somebody asks it by hand.
      env: { PATH, HOME, npm_config_cache: join(temporaryFolder(), 'npm'), ...environment },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.once('close', (code) => resolve({ code, output }))
  })
}

/** A checkout with one package of ours, which needs `needed`, and the console, which imports `shown`. */
function checkout(needed: Locked, shown: Locked = { version: '1.0.0', license: 'MIT' }): string {
  const folder = temporaryFolder()
  for (const path of ['docs', 'packages/a', 'packages/console/src', 'node_modules/needed'])
    mkdirSync(join(folder, path), { recursive: true })
  writeFileSync(join(folder, 'packages/console/src/main.tsx'), `import { show } from 'shown/part'\n`)
  const packages = {
    'packages/a': { version: '1.0.0', dependencies: { needed: '1.0.0' } },
    'packages/console': { version: '1.0.0' },
    'node_modules/needed': { version: '1.0.0', ...needed },
    'node_modules/shown': shown,
    'node_modules/tool': { version: '3.0.0', license: 'ISC' },
  }
  const dependencies = { needed: '1.0.0' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', dependencies }))
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({
      name: 'x',
      lockfileVersion: 3,
      packages: { '': { name: 'x', version: '1.0.0', dependencies }, ...packages },
    }),
  )
  return folder
}

describe('licences', () => {
  it('of all packages in the lock are sound, and docs/licences.md names those that go out with ours', async () => {
    const { code, output } = await run('licences.mjs', root, {}, ['--check'])
    expect(output).toMatch(/^\d{3} packages go out with ours; all \d{3} of the lock are under licences of the list\.\n$/)
    expect(code).toBe(0)
  })

  it.each([
    'GPL-3.0-only',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE',
    '(MIT AND GPL-2.0-only)',
    '(MIT OR ISC AND GPL-2.0-only)',
    'BSD',
    '',
  ])('that nobody looked at are an error: "%s"', async (license) => {
    const { code, output } = await run('licences.mjs', checkout({ license }))
    expect(output).toBe(`needed 1.0.0 is under ${license}, which is not on the list in scripts/licences.mjs.\n`)
    expect(code).toBe(1)
  })

  it('may be alternatives one of which is sound; of tools they are looked at and not named', async () => {
    const folder = checkout({ license: '(MIT OR GPL-3.0-or-later)' })
    expect(await run('licences.mjs', folder)).toMatchObject({ code: 0 })
    const page = readFileSync(join(folder, 'docs', 'licences.md'), 'utf8')
    expect(page).toContain('| needed | 1.0.0 | (MIT OR GPL-3.0-or-later) |\n| shown | 1.0.0 | MIT |\n')
    expect(page).not.toContain('tool')
    expect(await run('licences.mjs', folder, {}, ['--check'])).toMatchObject({ code: 0 })
    writeFileSync(join(folder, 'docs', 'licences.md'), page.replace('1.0.0', '1.0.1'))
    expect(await run('licences.mjs', folder, {}, ['--check'])).toMatchObject({
      code: 1,
      output: expect.stringContaining('is stale'),
    })
  })

  it('that the lock has wrong are an error', async () => {
    const folder = checkout({ license: 'MIT' })
    writeFileSync(join(folder, 'node_modules/needed/package.json'), '{"license":"GPL-3.0-only"}')
    expect(await run('licences.mjs', folder)).toMatchObject({
      code: 1,
      output: expect.stringContaining('says that it is under GPL-3.0-only'),
    })
  })
})

describe('what runs while packages are installed', () => {
  it('is one script: the one that fetches Node.js', () => {
    expect(read<Manifest>('package.json').allowScripts).toEqual({ node: true })
  })

  it('is by the lock what these say, and nothing else; an npm that does not know allowScripts runs them all', () => {
    const said: Readonly<Record<string, string>> = {
      // Looks whether the binary for this machine is there.
      esbuild: 'node install.js',
      // Builds what is there built already; part of a stand-in for Kinesis in tests.
      leveldown: 'node-gyp-build',
      node: 'node installArchSpecificPackage',
      // Prints a request for money.
      'tesseract.js': 'opencollective-postinstall || true',
    }
    const found = others
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([place]) => place.replace(/^node_modules\//, ''))
    expect(found.toSorted()).toEqual(Object.keys(said))
    for (const [name, command] of Object.entries(said)) {
      const { scripts = {} } = read<Manifest>('node_modules', name, 'package.json')
      expect(
        Object.entries(scripts)
          .filter(([script]) => onInstall.test(script) && script !== 'prepare')
          .map(([, words]) => words),
        name,
      ).toEqual([command])
    }
  })

  it('is nothing of our own packages', () => {
    const ours = Object.keys(lock).filter((place) => place === '' || place.startsWith('packages/'))
    expect(ours.length).toBeGreaterThan(10)
    for (const place of ours) {
      const { scripts = {} } = read<Manifest>(place, 'package.json')
      expect(
        Object.keys(scripts).filter((name) => onInstall.test(name)),
        place,
      ).toEqual([])
    }
  })
})

describe('the lock', () => {
  it('has a hash of each package, and each comes from a registry', () => {
    expect(others.length).toBeGreaterThan(300)
    for (const [place, { integrity, inBundle, resolved, version }] of others) {
      // What a package brings within itself is hashed with it.
      if (inBundle)
        expect(
          others.some(([outer, one]) => place.startsWith(`${outer}/`) && one.integrity !== undefined),
          place,
        ).toBe(true)
      else expect(integrity, place).toMatch(/^sha512-[\w+/]{86}==$/)
      if (resolved !== undefined) expect(resolved, place).toMatch(/^https?:\/\/[^@?#]+\.tgz$/)
      expect(version, place).toMatch(/^\d+\.\d+\.\d+/)
    }
  })

  it('does not know the binary that the package node fetches: docs/security.md says so', () => {
    const binaries = others.filter(([place]) => /^node_modules\/node-(bin-)?(linux|darwin|win)/.test(place))
    expect(binaries).toEqual([])
    expect(existsSync(join(root, 'node_modules', 'node', 'bin', 'node'))).toBe(true)
    expect(readFileSync(join(root, 'docs', 'security.md'), 'utf8')).toMatch(/its content isn't hashed/)
  })
})

describe('the audit', () => {
  const advisory = {
    id: 1,
    url: 'https://advisories.example/1',
    title: 'Bad',
    vulnerable_versions: '<2.0.0',
    cwe: [],
    cvss: { score: 9 },
  }

  /** What the script says of a package about which a registry knows this; undefined: it takes no such question. */
  async function audit(known: object | undefined): Promise<Ended> {
    const registry = createServer((request, response) => {
      request.resume()
      const answer =
        request.url === '/needed' ? { name: 'needed', versions: { '1.0.0': { name: 'needed', version: '1.0.0' } } } : known
      response.writeHead(answer ? 200 : 405, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
    })
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`
      return await run('audit.mjs', checkout({ license: 'MIT' }), { npm_config_registry: url, npm_config_fetch_retries: '0' })
    } finally {
      registry.closeAllConnections()
      await new Promise((resolve) => registry.close(resolve))
    }
  }

  it('fails for what is high, names what is low, and says when nothing is known', async () => {
    const high = await audit({ needed: [{ ...advisory, severity: 'high' }] })
    expect(high).toEqual({ code: 1, output: expect.stringMatching(/^audit: high: needed .+\naudit: 1 high in \d+ packages\n$/) })
    expect(await audit({ needed: [{ ...advisory, severity: 'low' }] })).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 low in'),
    })
    expect(await audit({})).toMatchObject({ code: 0, output: expect.stringMatching(/^audit: nothing known in \d+ packages\n$/) })
  })

  it('says that nobody answered where a registry takes no such question, and not which', async () => {
    const { code, output } = await audit(undefined)
    expect(output).toMatch(/^audit: skipped: the registry gives no answer \(405 .+\)\n$/)
    expect(output).not.toContain('127.0.0.1')
    expect(code).toBe(0)
  })
})
