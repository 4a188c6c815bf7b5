import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { PdfFile } from '../../documents/test/support/pdf-file.ts'
import { docxOf, paragraph } from '../../documents/test/support/zip-file.ts'
import { bundleHandlers, bundleSizes, measureBundles } from '../src/bundle.ts'
import { readsImages } from '../src/bundle-documents.ts'
import { type HandlerName, handlerNames } from '../src/handlers.ts'
import { measureImports } from '../src/import-times.ts'

/** Handlers that import a module of ours, one of Node.js's, and one that asks by `require`. */
function entries(text: string): Readonly<Record<HandlerName, string>> {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'common'))
  writeFileSync(join(folder, 'common', 'index.cjs'), `module.exports = { separator: require('node:path').sep }`)
  const paths = handlerNames.map((name) => {
    const path = join(folder, `${name}.ts`)
    writeFileSync(path, text.replace('NAME', name))
    return [name, path] as const
  })
  return Object.fromEntries(paths) as Record<HandlerName, string>
}

const handler = `
import { readFileSync } from 'node:fs'
import { separator } from './common/index.cjs'
const name: string = 'NAME'
export const handler = async (): Promise<string> => name + separator + typeof readFileSync
`

it('puts each handler into a file of its own that runs by itself, and says its size', async () => {
  const folder = temporaryFolder()
  const bundles = bundleHandlers({ folder, entries: entries(handler) })
  expect(bundles.map((bundle) => bundle.handler)).toEqual(handlerNames)
  for (const { handler: name, bytes, zippedBytes } of bundles) {
    const path = join(folder, name, 'index.mjs')
    expect([bytes, zippedBytes > 0]).toEqual([readFileSync(path).length, true])
    const loaded = (await import(pathToFileURL(path).href)) as { handler: () => Promise<string> }
    expect(await loaded.handler()).toBe(`${name}/function`)
  }
  expect(measureBundles(folder)).toEqual(bundles)
  expect(bundleSizes(bundles)[0]).toMatch(/^api +\d KiB, zipped \d KiB$/)
})

it('the same sources give the same bytes, so that nothing is deployed anew without need', () => {
  const from = entries(handler)
  const code = () => {
    const folder = temporaryFolder()
    bundleHandlers({ folder, entries: from })
    return handlerNames.map((name) => readFileSync(join(folder, name, 'index.mjs'), 'utf8'))
  }
  expect(code()).toEqual(code())
})

it('fails on what is missing, and says where', () => {
  expect(() => bundleHandlers({ folder: temporaryFolder(), entries: entries(`export * from './gone.ts'`) })).toThrow(/gone/)
})

/** MiB of those with something beside their code: the console, and what reads documents. */
const beside: Partial<Record<HandlerName, number>> = { api: 6, 'document-worker': 12 }

it("this Plinth's own handlers fit into 4 MB each, and can be imported by themselves; the documents' worker reads them by what lies beside it, and it alone", () => {
  const folder = temporaryFolder()
  for (const { handler: name, bytes } of bundleHandlers({ folder })) {
    expect(readFileSync(join(folder, name, 'index.mjs')).length, name).toBeLessThan(4 * 1024 * 1024)
    expect(bytes, name).toBeLessThan((beside[name] ?? 4) * 1024 * 1024)
  }
  expect(readsImages(folder)).toBe(false)
  expect(readFileSync(join(folder, 'api', 'console', 'index.html'), 'utf8')).toContain('<div id="root">')
  expect(readBy(join(folder, 'document-worker'))).toEqual(['One here.\n\nTwo there.', 'One here.\n\nTwo there.', 'One here.'])
  const times = measureImports(folder)
  expect(times.map((time) => time.handler)).toEqual(handlerNames)
  for (const { milliseconds } of times) expect(milliseconds).toBeGreaterThan(0)
})

/** What the reader of documents, bundled and put beside a function's code, makes of a PDF, a Word document and HTML. */
function readBy(folder: string): unknown {
  const words = ['One here.', 'Two there.']
  writeFileSync(join(folder, 'a.pdf'), PdfFile.of(words.map((text) => ({ texts: [{ text, x: 50, y: 100 }] }))))
  writeFileSync(join(folder, 'a.docx'), docxOf(words.map((text) => paragraph(text)).join('')))
  writeFileSync(join(folder, 'a.html'), '<p>One here.')
  const contents = `
    import { readFileSync } from 'node:fs'
    import { createDocumentReader } from '@plinth/documents'
    import { systemClock } from '@plinth/outbound'
    const reader = createDocumentReader({ clock: systemClock })
    const found = []
    for (const name of ['a.pdf', 'a.docx', 'a.html'])
      found.push((await reader.read({ name, contentType: reader.typeOf(name), bytes: new Uint8Array(readFileSync(name)) })).text)
    await reader.close()
    console.log(JSON.stringify(found))`
  buildSync({
    stdin: { contents, resolveDir: import.meta.dirname },
    outfile: join(folder, 'probe.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@plinth/source'],
  })
  return JSON.parse(execFileSync(process.execPath, ['probe.mjs'], { cwd: folder, encoding: 'utf8' }))
}
