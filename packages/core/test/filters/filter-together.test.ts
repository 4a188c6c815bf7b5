import { describe, expect, it } from 'vitest'
import { filterRequest } from '../../src/gateway/filter-request.ts'
import type { Scope } from '../../src/index.ts'
import { filterTogether } from '../../src/tenancy/filters/filter-together.ts'
import { inTurns, settings } from './support.ts'

const masks = settings({ email: 'mask' })

describe('many short texts that are read together', () => {
  it('let others have turns as one long text does', async () => {
    const texts = Array.from({ length: 2_000 }, (_, day) => `Ask for the queue and the worker of day ${day}. `)
    const { turns } = await inTurns((clock) => filterTogether(clock, texts, masks, 'input'))
    // Two looks at all of them, and one at each by itself.
    expect(turns).toBeGreaterThan((3 * texts.join('').length) / 8_192 - 3)
  })

  it('get their shares of what was found by looking at some of them, not at all of them for each', async () => {
    let reads = 0
    const texts = Array.from({ length: 1_000 }, (_, at) => `Write to ada${at}@example.com. `)
    const counting = new Proxy(texts, {
      get(target, name, receiver) {
        reads++
        return Reflect.get(target, name, receiver)
      },
    })
    const { result } = await inTurns((clock) => filterTogether(clock, counting, masks, 'input'))
    expect(result.map(({ text }) => text)).toEqual(texts.map(() => 'Write to [email]. '))
    expect(reads).toBeLessThan(100 * texts.length)
  })
})

it('many words of a tool that have to stay as they are let others have turns, too', async () => {
  const words = Array.from({ length: 2_000 }, (_, at) => `part-4711-of-the-plant-${at}`)
  const tools = [{ type: 'function' as const, name: 'look', inputSchema: { enum: words } }]
  const { turns } = await inTurns((clock) =>
    filterRequest({ clock, tenant: { filters: masks } } as unknown as Scope, { modelId: 'any', prompt: [], tools }),
  )
  expect(turns).toBeGreaterThan(words.join('').length / 8_192 - 1)
})
