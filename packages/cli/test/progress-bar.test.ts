import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProgressBar } from '../src/progress-bar.ts'

const { isTTY } = process.stderr
let written: string[]

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  written = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  process.stderr.isTTY = isTTY
})

describe('the progress of a verb', () => {
  it('is drawn over itself on a terminal, ten times a second at most, and stays when it ends', () => {
    process.stderr.isTTY = true
    const bar = new ProgressBar({ total: 40, label: 'documents' })
    vi.advanceTimersByTime(2_000)
    bar.advanceTo(10)
    vi.advanceTimersByTime(99)
    bar.advanceTo(15)
    vi.advanceTimersByTime(1)
    bar.advanceTo(20)
    bar.advance()
    vi.advanceTimersByTime(1_900)
    bar.advanceTo(40)
    bar.end()
    const drawn = (filled: number, words: string): string => `\r[${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${words} `
    expect(written).toEqual([
      drawn(8, '10/40 documents, 5/s'),
      drawn(15, '20/40 documents, 10/s'),
      drawn(30, '40/40 documents, 10/s'),
      drawn(30, '40/40 documents, 10/s'),
      '\n',
    ])
  })

  it('is whole where there was nothing to do', () => {
    process.stderr.isTTY = true
    new ProgressBar({ total: 0, label: 'documents' }).end()
    expect(written).toEqual([`\r[${'#'.repeat(30)}] 0/0 documents, 0/s `, '\n'])
  })

  it('is not drawn where nobody looks', () => {
    process.stderr.isTTY = false
    const bar = new ProgressBar({ total: 2, label: 'documents' })
    bar.advance()
    bar.end()
    expect(written).toEqual([])
  })
})
