import type { Block } from '@aws-sdk/client-textract'
import type { ImageSize, OcrPage, OcrWord } from '@plinth/core'

/**
 * Textract's blocks as a page: lines in the order in which Textract gives them, which is its reading order, each with its words.
 * A box is in shares of the page, from 0 to 1; it becomes pixels of the image that was sent.
 */
export function pageOfBlocks(blocks: readonly Block[], size: ImageSize): OcrPage {
  const words = new Map<string, OcrWord>()
  for (const block of blocks) {
    const word = block.BlockType === 'WORD' ? wordOf(block, size) : undefined
    if (word && block.Id !== undefined) words.set(block.Id, word)
  }
  const lines: OcrWord[][] = []
  for (const block of blocks) {
    if (block.BlockType !== 'LINE') continue
    const line = childrenOf(block).flatMap((id) => words.get(id) ?? [])
    if (line.length > 0) lines.push(line)
  }
  return { lines }
}

function childrenOf(block: Block): readonly string[] {
  return (block.Relationships ?? []).filter(({ Type }) => Type === 'CHILD').flatMap(({ Ids }) => Ids ?? [])
}

function wordOf({ Text, Geometry, Confidence = 0 }: Block, { width, height }: ImageSize): OcrWord | undefined {
  const box = Geometry?.BoundingBox
  if (!Text || !box) return undefined
  const { Left = 0, Top = 0, Width = 0, Height = 0 } = box
  return {
    text: Text,
    x0: pixel(Left, width),
    y0: pixel(Top, height),
    x1: pixel(Left + Width, width),
    y1: pixel(Top + Height, height),
    confidence: within(Confidence / 100, 1),
  }
}

/** A box may reach a little beyond the page. */
function pixel(share: number, length: number): number {
  return within(Math.round(share * length), length)
}

function within(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most)
}
