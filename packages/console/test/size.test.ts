import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const site = join(import.meta.dirname, '../dist/site')
const limit = 250 * 1024

/** The scripts that the page loads before it shows anything: those that it names, and what these import. */
function initialScripts(): readonly string[] {
  const page = readFileSync(join(site, 'index.html'), 'utf8')
  const found = new Set([...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, name = '']) => name))
  for (const name of found) {
    const imported = readFileSync(join(site, name), 'utf8').matchAll(
      /(?:^|[;}\n])import\s*(?:[^'"`()]*?from\s*)?["']\.\/([^"']+\.js)["']/g,
    )
    for (const [, file = ''] of imported) found.add(`assets/${file}`)
  }
  return [...found]
}

describe('the built page', () => {
  it('loads little before it shows something, and screens on demand', () => {
    const scripts = initialScripts()
    const bytes = scripts.map((name) => gzipSync(readFileSync(join(site, name))).length).reduce((sum, size) => sum + size, 0)
    expect(bytes).toBeGreaterThan(60 * 1024)
    expect(bytes).toBeLessThan(limit)
    expect(scripts.join()).not.toMatch(/screen|chart|graph|markdown/)
  })
})
