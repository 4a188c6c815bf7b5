import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import { bundleConsole } from './bundle-console.ts'
import { bundleDocuments } from './bundle-documents.ts'
import { type HandlerName, handlerNames, handlers } from './handlers.ts'
import { lambdaCode } from './lambda-code.ts'

/** A handler's code, ready to be uploaded. */
export interface Bundle {
  readonly handler: HandlerName
  readonly bytes: number
  /** About what Lambda gets, which takes 50 MiB at the most. */
  readonly zippedBytes: number
}

export interface BundleOptions {
  /** Where to: each handler gets a folder of its name with the file `index.mjs`. */
  readonly folder: string
  /** Other files than those of this Plinth, by handler; what reads documents and the console are left out then. */
  readonly entries?: Readonly<Record<HandlerName, string>>
}

/** Puts each handler and all that it imports into one file, beside that of documents what reads them, and beside the API's the console. @throws Error when a module is missing or isn't valid. */
export function bundleHandlers(options: BundleOptions): readonly Bundle[] {
  const { folder, entries = installedEntries() } = options
  buildSync({
    entryPoints: handlerNames.map((name) => ({ in: entries[name], out: join(name, 'index') })),
    outdir: folder,
    ...lambdaCode(entries.api),
  })
  if (!options.entries) {
    bundleDocuments(folder)
    bundleConsole(folder)
  }
  return measureBundles(folder)
}

/** The sizes of what lies in a folder that {@link bundleHandlers} filled. */
export function measureBundles(folder: string): readonly Bundle[] {
  return handlerNames.map((handler) => {
    const files = readdirSync(join(folder, handler), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    const sum = (sizes: readonly number[]): number => sizes.reduce((all, one) => all + one, 0)
    const zippedBytes = sum(files.map((content) => gzipSync(content).length))
    return { handler, bytes: sum(files.map((content) => content.length)), zippedBytes }
  })
}

/** A line a handler, for people. */
export function bundleSizes(bundles: readonly Bundle[]): readonly string[] {
  return bundles.map(
    ({ handler, bytes, zippedBytes }) => `${handler.padEnd(15)} ${kilobytes(bytes)}, zipped ${kilobytes(zippedBytes)}`,
  )
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`
}

function installedEntries(): Readonly<Record<HandlerName, string>> {
  const paths = handlerNames.map((name) => [name, fileURLToPath(import.meta.resolve(handlers[name].module))] as const)
  return Object.fromEntries(paths) as Record<HandlerName, string>
}
