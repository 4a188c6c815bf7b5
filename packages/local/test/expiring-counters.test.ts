import { keyOf, rowOf } from '@plinth/core/contracts'
import { afterEach, expect, it } from 'vitest'
import { SqliteSubject } from './sqlite-subject.ts'

const subject = new SqliteSubject()
afterEach(() => subject.dispose())

it('a counter whose time ends between two additions of one transaction begins anew, on disk too', async () => {
  const { state } = await subject.open()
  const { clock } = subject
  const [made, kept] = [keyOf('t', 'made'), keyOf('t', 'kept')]
  const over = clock.now() + 1_000
  const add = (amount: number, expires: number): Promise<void> =>
    state.commit({ writes: [made, kept].map((key) => ({ add: key, amounts: { count: amount }, max: { count: 5 }, expires })) })
  await state.commit({
    writes: [{ put: rowOf(kept, { expires: over, index: { count: 1 }, sealed: { text: new Uint8Array(9) } }) }],
  })
  const additions = [add(3, over)]
  clock.jump(over)
  additions.push(add(4, over + 500), add(1, over + 9_000))
  await Promise.all(additions)
  for (const key of [made, kept])
    expect(await state.get(key)).toEqual({ ...rowOf(key, { index: { count: 5 }, expires: over + 500 }), version: 2 })
  clock.jump(over + 500)
  expect(await state.get(made)).toBeUndefined()
})
