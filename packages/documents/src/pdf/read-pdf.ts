import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type OcrImage, UnreadableDocumentError } from '@plinth/core/reading'
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist'
import { getDocument, OPS, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { TextItem } from 'pdfjs-dist/types/src/display/api.js'
import type { Look } from '../look.ts'
import { type Outline, OutlineWriter } from '../outline.ts'
import { damaged, empty, encrypted, tooLarge } from '../refusals.ts'
import { type PageLines, writePages } from './layout.ts'
import type { Line } from './line.ts'
import { linesOf } from './lines.ts'
import { inReadingOrder } from './reading-order.ts'
import { seenLines } from './seen-page.ts'

const mostPages = 20_000
const mostSeenPages = 1_000
/** Fewer characters are a stamp on a scanned page, such as its number, and no text layer. */
const fewCharacters = 16
/** Pages whose images are looked at together. */
const lookedAtTogether = 4
/** Pixels that a page is drawn with: 216 to the inch, as far as the page isn't larger than that. */
const pixelsPerInch = 216
const mostPixels = 12_000_000

/** Where pdf.js keeps what it reads when a file needs it: from the package, never from the network. */
const assets = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))

/**
 * A PDF: its text layer page by page; pages without one are drawn and looked at.
 * @param look undefined where images can't be looked at.
 * @throws UnreadableDocumentError
 */
export async function readPdf(bytes: Uint8Array, look: Look | undefined): Promise<Outline> {
  const task = getDocument({
    // pdf.js takes the buffer over.
    data: bytes,
    verbosity: VerbosityLevel.ERRORS,
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    enableXfa: false,
    useWorkerFetch: false,
    maxImageSize: 64_000_000,
    cMapUrl: `${join(assets, 'cmaps')}/`,
    standardFontDataUrl: `${join(assets, 'standard_fonts')}/`,
    wasmUrl: `${join(assets, 'wasm')}/`,
    iccUrl: `${join(assets, 'iccs')}/`,
  })
  try {
    return await readPages(await task.promise, look)
  } catch (error) {
    if (error instanceof UnreadableDocumentError) throw error
    if ((error as Error).name === 'PasswordException') throw encrypted('PDF')
    throw damaged('a PDF', error)
  } finally {
    await task.destroy()
  }
}

async function readPages(document: PDFDocumentProxy, look: Look | undefined): Promise<Outline> {
  if (document.numPages > mostPages) throw tooLarge(`it has more than ${mostPages} pages`)
  const pages: PageLines[] = []
  const unseen: { readonly at: number; readonly image: OcrImage }[] = []
  let seen = 0
  const lookAt = async (): Promise<void> => {
    const found = look && unseen.length > 0 ? await look(unseen.map(({ image }) => image)) : []
    for (const [index, { at }] of unseen.entries()) {
      const lines = seenLines(found[index] ?? { lines: [] })
      if (lengthOf(lines) > lengthOf(pages[at]?.lines ?? [])) pages[at] = { lines, seen: true }
    }
    unseen.length = 0
  }
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    const lines = inReadingOrder(linesOf(items.filter((item): item is TextItem => 'str' in item)))
    pages.push({ lines, seen: false })
    if (lengthOf(lines) < fewCharacters && look && (await isDrawn(page))) {
      if (++seen > mostSeenPages) throw tooLarge(`it has more than ${mostSeenPages} scanned pages`)
      unseen.push({ at: number - 1, image: await draw(document, page) })
      if (unseen.length >= lookedAtTogether) await lookAt()
    }
    page.cleanup()
  }
  await lookAt()
  const writer = new OutlineWriter(await titleOf(document))
  writePages(pages, writer)
  const outline = writer.finish()
  if (outline.text === '') throw empty(look ? '' : ' Its pages are images, and reading those is not set up.')
  return outline
}

function lengthOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { cells }) => sum + cells.reduce((length, { text }) => length + text.length, 0), 0)
}

/** What puts something on the page that may be writing. */
const drawing = new Set<number>([
  OPS.paintImageXObject,
  OPS.paintInlineImageXObject,
  OPS.paintImageMaskXObject,
  OPS.paintImageXObjectRepeat,
  OPS.paintImageMaskXObjectRepeat,
  OPS.paintImageMaskXObjectGroup,
  OPS.paintInlineImageXObjectGroup,
  OPS.constructPath,
])

async function isDrawn(page: PDFPageProxy): Promise<boolean> {
  const { fnArray } = await page.getOperatorList()
  return fnArray.some((operation) => drawing.has(operation))
}

async function draw(document: PDFDocumentProxy, page: PDFPageProxy): Promise<OcrImage> {
  const { width, height } = page.getViewport({ scale: 1 })
  const scale = Math.min(pixelsPerInch / 72, Math.sqrt(mostPixels / (width * height)), 16_000 / Math.max(width, height))
  const viewport = page.getViewport({ scale })
  const factory = document.canvasFactory as CanvasFactory
  const { canvas, context } = factory.create(Math.max(1, Math.ceil(viewport.width)), Math.max(1, Math.ceil(viewport.height)))
  await page.render({ canvas: null, canvasContext: context, viewport, background: 'white' }).promise
  const image = canvas.toBuffer('image/png')
  factory.destroy({ canvas, context })
  return { bytes: image, contentType: 'image/png' }
}

type Context = Parameters<PDFPageProxy['render']>[0]['canvasContext']

/** What pdf.js draws on in Node.js; its types know the browser's alone. */
interface CanvasFactory {
  create(
    width: number,
    height: number,
  ): { readonly canvas: { toBuffer(type: 'image/png'): Buffer<ArrayBuffer> }; readonly context: Context }
  destroy(drawn: { readonly canvas: unknown; readonly context: unknown }): void
}

/** What programs write into the field without having been asked is no title. */
const noTitle =
  /^(?:untitled|document\d*|microsoft (?:word|powerpoint)\b.*|.*\.(?:docx?|pdf|tex|dvi|indd|xlsx?|pptx?|qxd|rtf|odt))$/i

async function titleOf(document: PDFDocumentProxy): Promise<string | undefined> {
  const { info } = await document.getMetadata().catch(() => ({ info: {} }))
  const title = (info as { Title?: unknown }).Title
  return typeof title === 'string' && !noTitle.test(title.trim()) ? title : undefined
}
