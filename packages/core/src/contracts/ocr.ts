import { expect } from 'vitest'
import type { Ocr, OcrImage, OcrPage } from '../ports/ocr.ts'
import { type ContractOptions, describeContract } from './contract.ts'

/** What a reader of images is tried on. */
export interface OcrSubject {
  readonly ocr: Ocr
  /** An image of 1,240 × 400 pixels in which these words can be read, black on white, each line below the one before. */
  image(lines: readonly string[]): OcrImage
}

const none: OcrImage = { bytes: new TextEncoder().encode('This is no image.'), contentType: 'image/png' }

/** The promises of {@link Ocr}, one test each. */
export function describeOcrContract(adapter: string, options: ContractOptions<OcrSubject>): void {
  describeContract('Ocr', adapter, options, {
    'words come line by line, in reading order': async (subject) => {
      const { ocr, image } = subject().port
      const [page] = await ocr.read([image(['Delivery note', 'Twelve boxes of screws'])])
      expect(wordsOf(page)).toEqual([
        ['Delivery', 'note'],
        ['Twelve', 'boxes', 'of', 'screws'],
      ])
    },

    'a word has its place in pixels from the top left corner, and a confidence from 0 to 1': async (subject) => {
      const { ocr, image } = subject().port
      const [page] = await ocr.read([image(['Hello world', 'again'])])
      const [[hello, world] = [], [again] = []] = page?.lines ?? []
      for (const word of [hello, world, again]) {
        const { x0 = -1, y0 = -1, x1 = -1, y1 = -1, confidence = -1 } = word ?? {}
        expect([0 <= x0, x0 < x1, x1 <= 1_240, 0 <= y0, y0 < y1, y1 <= 400]).not.toContain(false)
        expect([confidence >= 0, confidence <= 1]).not.toContain(false)
      }
      // Pixels, and no shares of a page.
      expect(world?.x1).toBeGreaterThan(2)
      expect(world?.x0).toBeGreaterThanOrEqual(hello?.x1 ?? Number.NaN)
      expect(again?.y0).toBeGreaterThan(hello?.y0 ?? Number.NaN)
    },

    'a result for each page, in their order': async (subject) => {
      const { ocr, image } = subject().port
      const pages = await ocr.read(['First', 'Second', 'Third', 'First'].map((word) => image([word])))
      expect(pages.map(wordsOf)).toEqual([[['First']], [['Second']], [['Third']], [['First']]])
      expect(await ocr.read([])).toEqual([])
    },

    'a page without words is an empty one': async (subject) => {
      const { ocr, image } = subject().port
      expect((await ocr.read([image([])])).map(wordsOf)).toEqual([[]])
      expect((await ocr.read([image([]), image(['Words'])])).map(wordsOf)).toEqual([[], [['Words']]])
    },

    'an image that is none fails with document_damaged, and the next is read': async (subject) => {
      const { ocr, image } = subject().port
      for (const pages of [[none], [image(['Before']), none]])
        await expect(ocr.read(pages)).rejects.toMatchObject({ code: 'document_damaged', retryable: false })
      expect((await ocr.read([image(['Next'])])).map(wordsOf)).toEqual([[['Next']]])
    },

    "a call ends with its signal's reason, before it reads and while it does": async (subject) => {
      const { ocr, image } = subject().port
      const early = ocr.read([image(['Words'])], { signal: AbortSignal.abort(new Error('before')) })
      await expect(early).rejects.toThrow('before')
      const stop = new AbortController()
      const reading = ocr.read([image(['Words']), image(['More'])], { signal: stop.signal })
      stop.abort(new Error('meanwhile'))
      await expect(reading).rejects.toThrow('meanwhile')
      expect((await ocr.read([image(['Next'])])).map(wordsOf)).toEqual([[['Next']]])
    },
  })
}

function wordsOf(page: OcrPage | undefined): readonly (readonly string[])[] | undefined {
  return page?.lines.map((line) => line.map(({ text }) => text))
}
