import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { documentHandler } from './handlers.ts'
import { lambdaCode, requireBanner } from './lambda-code.ts'

/** Documents are read in a thread, whose code the reader looks for by this name. */
const thread = { module: '@plinth/documents/worker' } as const
/** What pdf.js is at run time: its code, and what a file may need of fonts, characters and images. */
const pdfParts = ['legacy/build/pdf.mjs', 'legacy/build/pdf.worker.mjs', 'cmaps', 'standard_fonts', 'wasm', 'iccs']
/** Draws scanned pages. Its machine code is a package of its own, of which npm installs that of the machine that it runs on. */
const canvas = ['@napi-rs/canvas', '@napi-rs/canvas-linux-arm64-gnu'] as const

/** Without canvas pdf.js has none, and asks for one when it is loaded, though text can be read without. */
const matrixBanner = 'globalThis.DOMMatrix ??= class DOMMatrix {};'

/**
 * Puts what reads documents beside the worker's code, as packages: the code of the reader's thread, a file for each kind, and pdf.js. With
 * canvas, where it is installed for Lambda's processor too, by which images and scanned pages are read.
 */
export function bundleDocuments(folder: string): void {
  const entry = fileURLToPath(import.meta.resolve(thread.module))
  const packages = join(folder, documentHandler, 'node_modules')
  const installed = (name: string): string => dirname(createRequire(entry).resolve(`${name}/package.json`))
  const drawing = installed(canvas[0])
  const draws = existsSync(join(dirname(dirname(drawing)), canvas[1]))
  buildSync({
    entryPoints: [{ in: entry, out: 'worker' }],
    outdir: join(packages, '@plinth', 'documents'),
    ...lambdaCode(entry),
    // A file of a kind loads the parser of that kind alone.
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    external: ['pdfjs-dist', canvas[0]],
    banner: { js: draws ? requireBanner : requireBanner + matrixBanner },
  })
  const manifest = { name: '@plinth/documents', type: 'module', exports: { './worker': './worker.mjs' } }
  writeFileSync(join(packages, '@plinth', 'documents', 'package.json'), JSON.stringify(manifest))
  copy(installed('pdfjs-dist'), join(packages, 'pdfjs-dist'), ['package.json', ...pdfParts])
  if (draws) for (const name of canvas) copy(join(dirname(dirname(drawing)), name), join(packages, name), ['.'])
}

/** Whether the worker of a folder that was bundled can read images and scanned pages. */
export function readsImages(folder: string): boolean {
  return canvas.every((name) => existsSync(join(folder, documentHandler, 'node_modules', name)))
}

function copy(from: string, to: string, parts: readonly string[]): void {
  mkdirSync(to, { recursive: true })
  for (const part of parts) cpSync(join(from, part), join(to, part), { recursive: true, dereference: true })
}
