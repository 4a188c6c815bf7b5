import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { loadSite } from '../../src/console/site.ts'
import { startTestServer } from '../support/test-server.ts'

function built(): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Plinth</title>'.padEnd(2_000))
  writeFileSync(join(folder, 'assets', 'index-abc.js'), 'export const one = 1\n'.repeat(200))
  writeFileSync(join(folder, 'assets', 'font.woff2'), new Uint8Array([1, 2, 3]))
  writeFileSync(join(folder, '.built'), 'not to be served')
  return folder
}

const ask = (path: string, accept = '') =>
  loadSite(built())?.({ path, header: (name) => (name === 'accept-encoding' ? accept : undefined) })

describe('the files of the console', () => {
  it('are served under a policy that lets nothing in but themselves', () => {
    for (const path of ['/', '/index.html', '/assets/index-abc.js', '/assets/font.woff2']) {
      const headers = ask(path)?.headers ?? {}
      const policy = headers['content-security-policy'] ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self';")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*|http|data:/)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    }
  })

  it('are kept for ever by name, but the page', () => {
    expect(ask('/')?.headers['cache-control']).toBe('no-cache')
    expect(ask('/assets/index-abc.js')?.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })

  it('come packed to who takes it', () => {
    const packed = ask('/assets/index-abc.js', 'br, gzip')
    expect(packed?.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed?.bytes ?? new Uint8Array()).toString()).toContain('export const one')
    for (const accept of ['', 'br', 'gzip;q=0', 'gzip; q=0.0, br'])
      expect(ask('/assets/index-abc.js', accept)?.headers['content-encoding'], accept).toBeUndefined()
  })

  it('are those alone that were built', () => {
    for (const path of ['/.built', '/assets', '/assets/', '/../index.html', '/assets/../index.html', '/%2e%2e/x', '/nothing'])
      expect(ask(path), path).toBeUndefined()
  })

  it('are none where nothing was built', () => {
    expect(loadSite(join(temporaryFolder(), 'nothing'))).toBeUndefined()
    expect(loadSite(temporaryFolder())).toBeUndefined()
  })

  it('come from the server at /, whole', async () => {
    const server = await startTestServer()
    const page = await fetch(server.url)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const text = await page.text()
    expect(text).toContain('<div id="root">')
    // Nothing in the page itself that a policy would have to let in.
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i)
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source)
    expect(sources.length).toBeGreaterThan(1)
    for (const source of sources) {
      const file = await fetch(new URL(source, server.url))
      expect([source, file.status, new URL(source, server.url).origin]).toEqual([source, 200, server.url])
      await file.body?.cancel()
    }
    expect((await fetch(`${server.url}/`, { method: 'POST' })).status).toBe(404)
  })
})
