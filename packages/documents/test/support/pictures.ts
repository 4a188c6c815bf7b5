import { fileURLToPath } from 'node:url'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import type { OcrPage } from '@plinth/core'

/** Type that is the same on every machine: what is seen depends on its letters. */
function typeOf(file: string): string {
  const path = fileURLToPath(import.meta.resolve(`pdfjs-dist/standard_fonts/${file}`))
  if (!GlobalFonts.registerFromPath(path, file)) throw new Error(`The type of ${path} could not be read.`)
  return file
}

export const types: readonly string[] = [
  'LiberationSans-Regular.ttf',
  'LiberationSans-Bold.ttf',
  'FoxitSerif.pfb',
  'FoxitSerifBold.pfb',
  'FoxitFixed.pfb',
].map(typeOf)
const [usual] = types

/** Where lines begin, and stand. */
const left = 90
const baselineOf = (row: number, size: number): number => (row + 2) * size * 1.4

export interface Picture {
  readonly jpeg: Uint8Array<ArrayBuffer>
  readonly png: Uint8Array<ArrayBuffer>
  readonly width: number
  readonly height: number
}

/** Lines of text as a scanner would see them; an empty line leaves a gap. */
export function pictureOf(lines: readonly string[], { width = 1_240, size = 40 } = {}): Picture {
  const height = Math.max(400, (lines.length + 3) * size * 1.4)
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  context.fillStyle = 'white'
  context.fillRect(0, 0, width, height)
  context.fillStyle = 'black'
  context.font = `${size}px "${usual}"`
  for (const [at, line] of lines.entries()) context.fillText(line, left, baselineOf(at, size))
  return {
    jpeg: new Uint8Array(canvas.toBuffer('image/jpeg', 90)),
    png: new Uint8Array(canvas.toBuffer('image/png')),
    width,
    height,
  }
}

/** The words of lines as OCR sees them at its best: each in a box that is just as high as its letters. */
export function seenAt(lines: readonly string[], { type, size }: { readonly type: string; readonly size: number }): OcrPage {
  const context = createCanvas(1, 1).getContext('2d')
  context.font = `${size}px "${type}"`
  return {
    lines: lines.map((line, row) => {
      const baseline = baselineOf(row, size)
      return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => {
        const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = context.measureText(text)
        const x0 = left + context.measureText(line.slice(0, index)).width
        return { text, x0, y0: Math.floor(baseline - up), x1: x0 + width, y1: Math.ceil(baseline + down), confidence: 0.9 }
      })
    }),
  }
}
