export interface ImageSize {
  readonly width: number
  readonly height: number
  readonly contentType: 'image/png' | 'image/jpeg'
}

/** What a PNG or JPEG file says of its size; undefined where it doesn't. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes[0] !== 0x89) return jpegSize(view)
  return bytes.length < 24 ? undefined : { width: view.getUint32(16), height: view.getUint32(20), contentType: 'image/png' }
}

/** From the frame header (ITU-T T.81, B.2.2), the first of the markers SOF0 to SOF15. */
function jpegSize(view: DataView): ImageSize | undefined {
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), contentType: 'image/jpeg' }
    // A filler byte, or a segment with its length.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
  }
  return undefined
}
