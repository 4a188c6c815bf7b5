import { describe, expect, it } from 'vitest'
import { openOnce } from '../src/handlers/open-once.ts'

describe('what a function opens', () => {
  it('is opened once by all who ask, and anew after it failed, once again', async () => {
    let opened = 0
    const open = openOnce(async () => {
      opened++
      if (opened === 1) throw new Error('not yet')
      return opened
    })
    const first = [open(), open()]
    // Who learns of the failure first opens it again; it isn't lost by the others who learn of it.
    const again = first.map((one) => one.catch(() => open()))
    expect(await Promise.all([...again, ...again.map((one) => one.then(() => open()))])).toEqual([2, 2, 2, 2])
    expect(opened).toBe(2)
  })
})
