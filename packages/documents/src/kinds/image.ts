import { createCanvas, type Image, loadImage } from '@napi-rs/canvas'
import { imageSize, type OcrImage } from '@plinth/core/reading'
import type { Look } from '../look.ts'
import { type Outline, OutlineWriter } from '../outline.ts'
import { writePages } from '../pdf/layout.ts'
import { seenLines } from '../pdf/seen-page.ts'
import { damaged, empty, tooLarge } from '../refusals.ts'

/** An image says its size in its first bytes: a small file can ask for any amount of memory. */
const mostPixels = 100_000_000
/** Larger ones are made smaller before they are looked at: more shows nothing more, and takes time. */
const lookedAt = 12_000_000

/**
 * What is written in an image.
 * @throws UnreadableDocumentError
 */
export async function readImage(bytes: Uint8Array, look: Look | undefined): Promise<Outline> {
  if (!look) throw empty(' It is an image, and reading those is not set up.')
  const size = imageSize(bytes)
  if (!size) throw damaged('an image')
  if (size.width * size.height > mostPixels) throw tooLarge('the image has more than 100 million pixels')
  const image = await loadImage(bytes).catch((cause: unknown) => {
    throw damaged('an image', cause)
  })
  const [page] = await look([size.width * size.height > lookedAt ? smaller(image) : { bytes, contentType: size.contentType }])
  const writer = new OutlineWriter()
  writePages([{ lines: page ? seenLines(page) : [], seen: true }], writer)
  const { text, blocks } = writer.finish()
  return { text, blocks }
}

function smaller(image: Image): OcrImage {
  const scale = Math.sqrt(lookedAt / (image.width * image.height))
  const canvas = createCanvas(Math.ceil(image.width * scale), Math.ceil(image.height * scale))
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  return { bytes: canvas.toBuffer('image/png'), contentType: 'image/png' }
}
