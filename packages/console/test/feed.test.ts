import { expect, it } from 'vitest'
import { StreamFeed } from '../src/screens/streams/feed.ts'

it('of more keys than the page keeps, the one that is looked at is kept, and new ones take the place of those that fell silent', () => {
  const feed = new StreamFeed()
  const tell = (key: string, second: number): void =>
    feed.point({ key, timestamp: new Date(second * 1_000).toISOString(), values: { x: 1 }, expected: {}, anomalous: [] })
  for (let key = 0; key < 400; key++) tell(`first ${key}`, 1_000)
  const most = feed.keys.size
  expect(most).toBeLessThan(400)
  feed.asked = 'looked at'
  tell('looked at', 1_001)
  expect(feed.keys.get('looked at')).toHaveLength(1)
  for (let key = 0; key < 400; key++) tell(`later ${key}`, 2_000)
  expect(feed.keys.has('later 0')).toBe(true)
  expect(feed.keys.has('looked at')).toBe(true)
  expect(feed.keys.size).toBeLessThanOrEqual(most + 1)
})
