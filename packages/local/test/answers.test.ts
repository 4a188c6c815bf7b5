import { keyOf, rowOf } from '@plinth/core/contracts'
import { scriptedModels } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { Answers } from '../src/database/answers.ts'
import { localPlatform } from '../src/index.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function many(count: number, given: number[]): (() => void)[] {
  return Array.from({ length: count }, (_, index) => () => given.push(index))
}

it('answers are given in order, a few in each turn of the loop, so that others have theirs in between', async () => {
  const answers = new Answers()
  const given: number[] = []
  answers.add(many(100, given))
  const inTurns = [given.length]
  while (answers.waiting > 0) {
    await turn()
    inTurns.push(given.length)
  }
  expect(given).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(inTurns.length).toBeGreaterThanOrEqual(4)
  expect(inTurns[0]).toBeLessThan(50)
})

it('of many that wait a share is given in each turn, so that what is new does not go before what is done', async () => {
  const answers = new Answers()
  const given: number[] = []
  answers.add(many(10_000, given))
  expect(given).toHaveLength(1_000)
  await turn()
  expect(given).toHaveLength(1_900)
  let turns = 2
  for (; answers.waiting > 0; turns++) await turn()
  expect(turns).toBeLessThan(70)
  expect(given).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
})

it('how late they are is told by the oldest that waits, whichever of them came last', async () => {
  const answers = new Answers()
  const given: number[] = []
  expect(answers.lateness()).toBe(0)
  answers.add(many(60, given))
  const began = performance.now()
  while (performance.now() - began < 30);
  expect(answers.lateness()).toBeGreaterThanOrEqual(30)
  answers.add(many(60, given))
  expect(answers.lateness()).toBeGreaterThanOrEqual(30)
  while (given.length < 60) await turn()
  expect(answers.waiting).toBeGreaterThan(0)
  while (answers.waiting > 0) await turn()
  expect(given).toHaveLength(120)
  expect(answers.lateness()).toBe(0)
})

it('where there is no later all are given at once, each once', async () => {
  const answers = new Answers()
  const given: number[] = []
  answers.add(many(70, given))
  answers.add(many(70, given))
  answers.giveAll()
  expect(given).toHaveLength(140)
  await turn()
  expect(given).toHaveLength(140)
  expect([answers.waiting, answers.lateness()]).toEqual([0, 0])
})

it('a platform tells how late they are, and that they are not', async () => {
  const platform = await localPlatform({ directory: temporaryFolder(), models: scriptedModels(() => 'An answer.') })
  const { store } = platform.operate()
  let latest = 0
  let left = 400
  for (let index = 0; index < 400; index++)
    void store.commit({ writes: [{ put: rowOf(keyOf('t', `row-${index}`)) }] }).then(() => {
      latest = Math.max(latest, platform.lateness())
      left--
    })
  while (left > 0) await turn()
  expect(latest).toBeGreaterThan(0)
  expect(platform.lateness()).toBe(0)
  await platform.close()
})
