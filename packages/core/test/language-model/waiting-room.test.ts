import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { laneWeights } from '../../src/index.ts'
import { type Waiting, WaitingRoom } from '../../src/language-model/waiting-room.ts'

interface Item extends Waiting {
  readonly number: number
}

const weights = { a: 1, b: 3, c: 10 }
const items = fc.array(
  fc.record({
    lane: fc.constantFrom('high' as const, 'normal' as const, 'low' as const),
    tenant: fc.constantFrom('a' as const, 'b' as const, 'c' as const),
    worker: fc.constantFrom(true, true, false),
  }),
  { maxLength: 40 },
)

function roomOf(parts: readonly Omit<Item, 'number' | 'weight'>[]): { room: WaitingRoom<Item>; all: Item[] } {
  const room = new WaitingRoom<Item>()
  const all = parts.map((part, number) => ({ ...part, number, weight: weights[part.tenant as keyof typeof weights] }))
  for (const item of all) room.add(item)
  return { room, all }
}

describe('those who wait', () => {
  it('are each served once, in the order of arrival of their tenant and lane', () => {
    fc.assert(
      fc.property(items, fc.array(fc.nat(), { maxLength: 10 }), (parts, gone) => {
        const { room, all } = roomOf(parts)
        const left = new Set(all)
        for (const index of gone) {
          const item = all[index % (all.length || 1)]
          if (!item) continue
          room.remove(item)
          left.delete(item)
        }
        const latest = new Map<string, number>()
        expect([...room].sort((one, other) => one.number - other.number)).toEqual([...left])
        expect([...room.workers]).toEqual([...left].filter(({ worker }) => worker))
        while (left.size > 0) {
          expect(room.size).toBe(left.size)
          const next = room.next()
          const item = room.take()
          if (!item) throw new Error('Someone was forgotten.')
          expect(item).toBe(next)
          expect(left.delete(item)).toBe(true)
          const name = `${item.lane} ${item.tenant}`
          expect(item.number).toBeGreaterThan(latest.get(name) ?? -1)
          latest.set(name, item.number)
        }
        expect([room.size, room.take(), room.next(), room.workers.size]).toEqual([0, undefined, undefined, 0])
      }),
    )
  })

  it('go, when they are too many, where a lane and a tenant have the most places for their weight', () => {
    fc.assert(
      fc.property(items, (parts) => {
        const { room } = roomOf(parts)
        for (let excess = room.excess(); room.workers.size > 0; excess = room.excess()) {
          const next = room.next()
          const others = [...room.workers].filter((item) => item !== next)
          if (others.length === 0) {
            expect(excess).toBeUndefined()
            return
          }
          if (!excess) throw new Error('Nobody goes.')
          expect(excess).not.toBe(next)
          const lane = (item: Item): number =>
            (others.filter((other) => other.lane === item.lane).length - 0.5) / laneWeights[item.lane]
          const tenant = (item: Item): number =>
            (others.filter((other) => other.lane === item.lane && other.tenant === item.tenant).length - 0.5) / item.weight
          for (const other of others) {
            expect(lane(other)).toBeLessThanOrEqual(lane(excess))
            if (other.lane !== excess.lane) continue
            expect(tenant(other)).toBeLessThanOrEqual(tenant(excess))
            // The newest of its own goes.
            if (other.tenant === excess.tenant) expect(other.number).toBeLessThanOrEqual(excess.number)
          }
          room.remove(excess)
        }
      }),
    )
  })
})
