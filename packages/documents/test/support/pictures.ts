import { createCanvas } from '@napi-rs/canvas'

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
  context.font = `${size}px sans-serif`
  for (const [at, line] of lines.entries()) context.fillText(line, 90, (at + 2) * size * 1.4)
  return {
    jpeg: new Uint8Array(canvas.toBuffer('image/jpeg', 90)),
    png: new Uint8Array(canvas.toBuffer('image/png')),
    width,
    height,
  }
}
