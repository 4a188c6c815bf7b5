import { randomBytes } from 'node:crypto'
import type { Clock, ReadDocument } from '@plinth/core'
import { type ClosableDocumentReader, createDocumentReader, type DocumentReaderOptions } from '@plinth/documents'
import { afterAll, expect } from 'vitest'
import { faultsOf } from './whole.ts'

/** The system's time: threads and parsers run by themselves, so what ends them must too. */
export const wallClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  randomBytes: (length) => randomBytes(length),
  setTimer: (delay, run) => {
    const timer = setTimeout(run, delay).unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** A reader that is closed after the tests of the file. */
export function openReader(options: Partial<DocumentReaderOptions> = {}): ClosableDocumentReader {
  const reader = createDocumentReader({ clock: wallClock, ...options })
  afterAll(() => reader.close())
  return reader
}

export interface Read extends ReadDocument {
  /** What the chunks say, each under its context: `[context] words`. */
  readonly words: readonly string[]
}

/** Reads a file, and sees to it that its chunks hold all of it within the budget. */
export async function readFile(
  reader: ClosableDocumentReader,
  contentType: string,
  content: string | Uint8Array<ArrayBuffer>,
  budget?: number,
): Promise<Read> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice()
  const document = await reader.read({ name: 'file', contentType, bytes })
  expect(faultsOf(document.text, document.chunks, budget)).toEqual([])
  const words = document.chunks.map(({ start, end, context }) => {
    const path = context === undefined ? '' : `[${document.contexts[context]}] `
    return path + document.text.slice(start, end)
  })
  return { ...document, words }
}

/** The code that reading ends with. */
export async function refusalOf(
  reader: ClosableDocumentReader,
  contentType: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice()
  const error: unknown = await reader.read({ name: 'file', contentType, bytes }).then(
    ({ text }) => new Error(`read: ${text.slice(0, 100)}`),
    (error: unknown) => error,
  )
  const { code, message } = error as { code?: string; message: string }
  expect(message).not.toMatch(/undefined|\[object/)
  return code ?? message
}
