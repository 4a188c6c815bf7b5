import { expect, it } from 'vitest'
import { LoadLimit } from '../src/load-limit.ts'
import { LoopWatch } from '../src/loop-watch.ts'
import { toldLimit } from './support/told-limit.ts'

/** Nothing else runs meanwhile: what is due then is late. */
function holdUp(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

function isFull(limit: LoadLimit): boolean {
  try {
    limit.enter('one')()
    return false
  } catch {
    return true
  }
}

it('a loop that is late all the time lets fewer in, and one that has nothing to do forgets that', async () => {
  const limit = new LoadLimit()
  const watch = new LoopWatch(limit, { lateness: () => 0 })
  const inside = Array.from({ length: 200 }, () => limit.enter('one'))
  watch.touch()
  for (let turn = 0; turn < 100 && !isFull(limit); turn++) {
    holdUp(150)
    await new Promise(setImmediate)
  }
  expect(isFull(limit)).toBe(true)
  for (const leave of inside) leave()
  // It takes a look to see that the rush is over.
  for (let took = 0; took < 1_000; ) {
    const taken: (() => void)[] = []
    while (!isFull(limit)) taken.push(limit.enter('one'))
    took = taken.length
    for (const leave of taken) leave()
    await new Promise(setImmediate)
  }
})

it('answers of the platform that wait count as lateness where the loop is on time', async () => {
  const { limit, told } = toldLimit()
  for (let count = 0; count < 20; count++) limit.enter('one')
  new LoopWatch(limit, { lateness: () => 60_000 }).touch()
  expect(await told).toBe(60_000)
})
