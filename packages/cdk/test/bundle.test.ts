import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { bundleHandlers, bundleSizes, measureBundles } from '../src/bundle.ts'
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

it("this Plinth's own handlers fit into 3 MB each, and can be imported by themselves", () => {
  const folder = temporaryFolder()
  for (const { handler: name, bytes } of bundleHandlers({ folder })) expect(bytes, name).toBeLessThan(3 * 1024 * 1024)
  const times = measureImports(folder)
  expect(times.map((time) => time.handler)).toEqual(handlerNames)
  for (const { milliseconds } of times) expect(milliseconds).toBeGreaterThan(0)
})
