import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './docs/checkout.ts'
import { numbersOf, rowsOf } from './docs/tables.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

describe('[R3] what we claim', () => {
  const rows = rowsOf(read('docs/claims.md'))

  it('is each word of the seed document, and nothing without something that shows it', () => {
    const words = new Set(rows.map(([word = '']) => word.trim()))
    expect([...words]).toEqual(['proven', 'battle-tested', 'scalable', 'resilient', 'secure', 'efficient'])
    for (const [, , , shown = ''] of rows) expect(quoted(shown).length + (shown.match(/\]\(/g) ?? []).length).toBeGreaterThan(0)
  })

  it('is shown by files and commands that are there', () => {
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)
    for (const code of rows.flatMap(([, , , shown = '']) => quoted(shown))) {
      const [, script] = /^npm run (\S+)/.exec(code) ?? []
      if (script !== undefined) expect(scripts).toContain(script)
      else expect(existsSync(join(root, code)), code).toBe(true)
    }
  })

  it('has the figures of the benchmarks where it rests on them', () => {
    const measured = numbersOf(read('docs/benchmarks.md'))
    const resting = rows.filter(([, , , shown = '']) => shown.includes('benchmarks.md') && !shown.includes('`'))
    expect(resting.length).toBeGreaterThan(5)
    for (const [, , figure = ''] of resting) for (const number of numbersOf(figure)) expect(measured, figure).toContain(number)
  })
})

describe('[R4] what is related', () => {
  const text = read('docs/related.md')
  const part = (title: string): string => text.split(/^## /m).find((one) => one.startsWith(title)) ?? ''

  it('has best practices, services, solutions of others, and tools', () => {
    for (const title of ['Best practices', 'AWS services', 'Solutions of others']) {
      const rows = rowsOf(part(title))
      expect(rows.length).toBeGreaterThan(4)
      for (const [first = ''] of rows) expect(first, title).toMatch(/\]\(https:\/\//)
    }
    expect(rowsOf(part('Tools and SDKs')).length).toBeGreaterThan(4)
  })

  it('names the adapter of each service, which is there', () => {
    for (const [service = '', , adapter = ''] of rowsOf(part('AWS services'))) {
      expect(quoted(adapter).length, service).toBeGreaterThan(0)
      for (const path of quoted(adapter)) expect(existsSync(join(root, path)), path).toBe(true)
    }
  })

  it('names packages that one of ours depends on', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { dependencies?: object; devDependencies?: object; peerDependencies?: object }>
    }
    const own = Object.entries(lock.packages).filter(([path]) => !path.includes('node_modules'))
    const used = own.flatMap(([, one]) => Object.keys({ ...one.dependencies, ...one.devDependencies, ...one.peerDependencies }))
    for (const name of rowsOf(part('Tools and SDKs')).flatMap(([, names = '']) => quoted(names))) expect(used).toContain(name)
  })
})
