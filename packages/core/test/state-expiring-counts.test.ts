import { expect, it } from 'vitest'
import { count } from '../src/scope/state.ts'
import { counts, StateBench } from './state-bench.ts'

const today = { partition: 'today' }

it('counts expire at the first whole millisecond that was given, and then begin anew', async () => {
  const { state, clock } = new StateBench()
  const add = (expires?: number): Promise<unknown> =>
    state.commit({ writes: [count(counts, today, { used: 2 }, { used: 5 }, expires)] })
  const over = clock.now() + 1_000
  await add()
  await add(over - 0.5)
  await clock.advance(999)
  expect((await state.get(counts, today))?.fields).toEqual({ used: 4 })
  await clock.advance(1)
  expect(await state.get(counts, today)).toBeUndefined()
  await add(over + 1_000)
  expect((await state.get(counts, today))?.fields).toEqual({ used: 2 })
})
