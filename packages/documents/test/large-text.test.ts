import { expect, it } from 'vitest'
import { openReader } from './support/reader.ts'

const megabyte = 1_000_000

/** English of that many bytes, with a paragraph each 600 and one character of another script. */
function textOf(bytes: number): Uint8Array<ArrayBuffer> {
  const paragraph = new TextEncoder().encode(`${'These words say something about the matter. '.repeat(14).trim()}\n\n`)
  const content = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += paragraph.length) content.set(paragraph.subarray(0, bytes - at), at)
  content.set(new TextEncoder().encode('Ω'), 0)
  return content
}

it('reads a text of 200 MB in less than a gigabyte of memory [R25, X26]', { timeout: 300_000 }, async () => {
  const reader = openReader({ threads: 1, timeLimit: 300_000 })
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 50)
  const before = process.memoryUsage.rss()
  const { text, chunks } = await reader.read({ name: 'a.txt', contentType: 'text/plain', bytes: textOf(200 * megabyte) })
  clearInterval(watch)
  expect(text.length).toBe(200 * megabyte - 1)
  expect(chunks.length).toBeGreaterThan(300_000)
  let reached = 0
  for (const { start, end } of chunks) {
    if (start > reached && text.slice(reached, start).trim() !== '') throw new Error(`left out: ${reached}–${start}`)
    reached = end
  }
  expect(text.slice(reached).trim()).toBe('')
  expect(most - before).toBeLessThan(0.9e9)
})
