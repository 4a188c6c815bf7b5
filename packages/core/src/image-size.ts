/** An image's size in pixels, and which of the two it is. */
export interface ImageSize {
  readonly width: number
  readonly height: number
  readonly contentType: 'image/png' | 'image/jpeg'
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Width and height stand in a PNG's first chunk, which is always `IHDR` (W3C PNG, 5.6 and 11.2.2). */
const pngHeaderBytes = 24
const imageHeader = 0x49_48_44_52

/** The size that a PNG's or JPEG's header tells; undefined where the bytes are neither. Nothing is decoded. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = pngSignature.every((byte, index) => bytes[index] === byte) ? pngSize(view) : jpegSize(view)
  return size && size.width > 0 && size.height > 0 ? size : undefined
}

function pngSize(view: DataView): ImageSize | undefined {
  if (view.byteLength < pngHeaderBytes || view.getUint32(12) !== imageHeader) return undefined
  return { width: view.getUint32(16), height: view.getUint32(20), contentType: 'image/png' }
}

/** Goes from marker to marker until the frame's header (ITU-T T.81, B.1.1.3 and B.2.2). */
function jpegSize(view: DataView): ImageSize | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined
  let offset = 2
  while (offset + 4 <= view.byteLength) {
    if (view.getUint8(offset) !== 0xff) return undefined
    const marker = view.getUint8(offset + 1)
    if (marker === 0xff) {
      // A marker may be preceded by any number of fill bytes.
      offset++
      continue
    }
    if (isAlone(marker)) {
      offset += 2
      continue
    }
    if (isFrame(marker)) {
      if (offset + 9 > view.byteLength) return undefined
      return { height: view.getUint16(offset + 5), width: view.getUint16(offset + 7), contentType: 'image/jpeg' }
    }
    // Pixels, or the end: a frame's header would have come before.
    if (marker === 0xda || marker === 0xd9) return undefined
    offset += 2 + view.getUint16(offset + 2)
  }
  return undefined
}

/** Markers without a length behind them: TEM and the restarts. */
function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)
}

/** SOF0 to SOF15, without the three numbers between them that mean tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}
