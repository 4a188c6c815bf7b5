import type { Ocr, Timer } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { createTesseractOcr } from '@plinth/documents'
import { afterAll, describe, expect, it } from 'vitest'
import { PdfFile } from './support/pdf-file.ts'
import { pictureOf } from './support/pictures.ts'
import { openReader, readFile, refusalOf, wallClock } from './support/reader.ts'

const ocr = createTesseractOcr({ clock: wallClock })
afterAll(() => ocr.close())
const reader = openReader({ ocr })
/** A page of the form of its picture, as a scanner makes it at 150 to the inch. */
const scan = (words: readonly string[]) => {
  const image = pictureOf(words)
  return { image, width: image.width * 0.48, height: image.height * 0.48 }
}

/** Tells when a page's time begins, before its thread can have answered: how fast that is must not decide a test. */
class PageClock extends FakeClock {
  static readonly limit = 5_000
  begun: ((timeIsOver: () => void) => void) | undefined

  override setTimer(delay: number, run: () => void): Timer {
    const { begun } = this
    if (delay === PageClock.limit && begun) queueMicrotask(() => begun(run))
    return super.setTimer(delay, run)
  }
}

describe('scanned documents', () => {
  it('give their words with page and offset, three pages of a PDF [R25, R126, X27]', async () => {
    const file = PdfFile.of([
      scan(['The first page speaks of turbines', 'and of the water that', 'drives them.']),
      scan(['The second page tells of dams', 'that hold it back.']),
      scan(['The last page is about invoices.', '', 'Number 4711 was paid in March.']),
    ])
    const { text, pages = [] } = await readFile(reader, 'application/pdf', file)
    expect(text).toBe(
      'The first page speaks of turbines and of the water that drives them.\n\nThe second page tells of dams that hold it back.\n\n' +
        'The last page is about invoices.\n\nNumber 4711 was paid in March.',
    )
    expect(pages).toEqual([0, text.indexOf('The second'), text.indexOf('The last')])
    for (const [word, page] of [
      ['turbines', 1],
      ['dams', 2],
      ['4711', 3],
    ] as const)
      expect(pages.filter((start) => start <= text.indexOf(word)).length, word).toBe(page)
  })

  it('are looked at where a page has no words of its own, and nowhere else [X27]', async () => {
    const looks: number[] = []
    const counting: Ocr = {
      read: (images, options) => {
        looks.push(images.length)
        return ocr.read(images, options)
      },
      close: () => ocr.close(),
    }
    const file = PdfFile.of([
      scan(['The first page is a picture.']),
      { texts: [{ text: 'The second page has a text layer.', x: 50, y: 100 }], ...scan(['What is in the picture is not read.']) },
    ])
    const { text } = await readFile(openReader({ ocr: counting }), 'application/pdf', file)
    expect(text).toBe('The first page is a picture.\n\nThe second page has a text layer.')
    expect(looks).toEqual([1])
  })

  it('give the words of PNG and JPEG images [R25]', async () => {
    const { png, jpeg } = pictureOf(['Delivery note 2026', '', 'Twelve boxes of screws'])
    for (const [type, bytes] of [
      ['image/png', png],
      ['image/jpeg', jpeg],
      ['image/png', jpeg],
    ] as const)
      expect((await readFile(reader, type, bytes)).text).toBe('Delivery note 2026\n\nTwelve boxes of screws')
    expect(reader.reads('image/png')).toBe(true)
  })

  it('make images of many pixels smaller before they are looked at', async () => {
    const large = pictureOf(['A very large picture', ...Array(7).fill('')], { width: 6_000, size: 220 })
    expect(large.width * large.height).toBeGreaterThan(12_000_000)
    expect((await readFile(reader, 'image/png', large.png)).text).toBe('A very large picture')
  })

  it('are refused where there is nothing to see, or images are none [X26]', async () => {
    expect(await refusalOf(reader, 'image/png', pictureOf([]).png)).toBe('document_empty')
    const { png, jpeg } = pictureOf(['Words'])
    expect(await refusalOf(reader, 'image/png', png.slice(0, 200))).toBe('document_damaged')
    expect(await refusalOf(reader, 'image/jpeg', jpeg.slice(0, 100))).toBe('document_damaged')
    expect(await refusalOf(reader, 'image/jpeg', 'no image')).toBe('document_mislabelled')
    const huge = png.slice()
    new DataView(huge.buffer).setUint32(16, 100_000)
    new DataView(huge.buffer).setUint32(20, 100_000)
    expect(await refusalOf(reader, 'image/png', huge)).toBe('document_too_large')
  })

  it('are refused with a word about it where images are not looked at', async () => {
    const blind = openReader()
    expect(blind.reads('image/png')).toBe(false)
    expect(await refusalOf(blind, 'application/pdf', PdfFile.of([scan(['Words'])]))).toBe('document_empty')
    expect(await refusalOf(blind, 'image/png', pictureOf(['Words']).png)).toBe('document_empty')
  })
})

describe('the Tesseract adapter', () => {
  it('gives words with their places and how sure it is, a page for each image, an empty one for none', async () => {
    const { png, jpeg } = pictureOf(['Hello world', 'again'])
    const pages = await ocr.read([
      { bytes: png, contentType: 'image/png' },
      { bytes: pictureOf([]).png, contentType: 'image/png' },
      { bytes: jpeg, contentType: 'image/jpeg' },
    ])
    expect(pages.map(({ lines }) => lines.map((words) => words.map(({ text }) => text)))).toEqual([
      [['Hello', 'world'], ['again']],
      [],
      [['Hello', 'world'], ['again']],
    ])
    const [hello] = pages[0]?.lines[0] ?? []
    expect(hello?.x0).toBeGreaterThan(80)
    expect(hello?.x0).toBeLessThan(110)
    expect(hello?.y1).toBeLessThan(130)
    expect(hello?.confidence).toBeGreaterThan(0.8)
    expect(hello?.confidence).toBeLessThanOrEqual(1)
  })

  it('refuses an image that is none, and reads the next', async () => {
    const broken = { bytes: new TextEncoder().encode('none'), contentType: 'image/png' } as const
    await expect(ocr.read([broken])).rejects.toMatchObject({ code: 'document_damaged' })
    const [page] = await ocr.read([{ bytes: pictureOf(['Next']).png, contentType: 'image/png' }])
    expect(page?.lines[0]?.[0]?.text).toBe('Next')
  })

  it('ends with the signal, and after its time, and reads the next', async () => {
    const clock = new PageClock()
    const own = createTesseractOcr({ clock, timeLimit: PageClock.limit, idleTime: 1_000 })
    const image = { bytes: pictureOf(['Some words']).png, contentType: 'image/png' } as const
    expect((await own.read([image]))[0]?.lines.length).toBe(1)
    const controller = new AbortController()
    clock.begun = () => controller.abort(new Error('stopped'))
    const stopped = own.read([image], { signal: controller.signal })
    await expect(stopped).rejects.toThrow('stopped')
    clock.begun = (timeIsOver) => timeIsOver()
    await expect(own.read([image])).rejects.toMatchObject({ code: 'document_timed_out', retryable: true })
    clock.begun = undefined
    expect((await own.read([image]))[0]?.lines.length).toBe(1)
    await own.close()
    await expect(own.read([image])).rejects.toMatchObject({ code: 'ocr_closed' })
  })

  it('ends with the signal while its thread starts, and nothing of that ends the process', async () => {
    const unheard: unknown[] = []
    const note = (error: unknown): void => void unheard.push(error)
    process.on('unhandledRejection', note)
    const clock = new FakeClock()
    const own = createTesseractOcr({ clock })
    const image = { bytes: pictureOf(['Some words']).png, contentType: 'image/png' } as const
    const controller = new AbortController()
    const stopped = expect(own.read([image], { signal: controller.signal })).rejects.toThrow('stopped')
    while (clock.timers === 0) await clock.advance(0)
    controller.abort(new Error('stopped'))
    await stopped
    expect((await own.read([image]))[0]?.lines.length).toBe(1)
    await own.close()
    process.off('unhandledRejection', note)
    expect(unheard).toEqual([])
  })

  it('leaves no timer when it is closed in the middle, which would keep the process', async () => {
    const clock = new FakeClock()
    const own = createTesseractOcr({ clock })
    const reading = own.read([{ bytes: pictureOf(['Some words']).png, contentType: 'image/png' }])
    const refused = expect(reading).rejects.toMatchObject({ code: 'ocr_closed' })
    while (clock.timers === 0) await clock.advance(0)
    await own.close()
    await refused
    expect(clock.timers).toBe(0)
  })
})
