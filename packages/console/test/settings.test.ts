import fc from 'fast-check'
import { expect, it } from 'vitest'
import { askCall, describeSettings, faultsOf, readSettings } from '../src/screens/knowledge/settings.ts'

it('the settings of a question are taken from the address, whatever somebody wrote there', () => {
  const settings = { top_k: 7, filter: 'team: plant', model_id: 'one', agent: true, dense_weight: 0.5 }
  expect(readSettings(JSON.stringify(settings))).toEqual(settings)
  expect(readSettings(JSON.stringify({ ...settings, filter: 5, model_id: { id: 'one' }, query: 'another' }))).toEqual({
    ...{ top_k: 7, agent: true, dense_weight: 0.5 },
  })
  const anything = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ filter: fc.jsonValue(), top_k: fc.jsonValue() }).map((each) => JSON.stringify(each)),
  )
  fc.assert(
    fc.property(anything, (text) => {
      const found = readSettings(text)
      expect(typeof describeSettings(found)).toBe('string')
      if (Object.keys(faultsOf(found)).length === 0) expect(askCall('Why?', found).body).toMatchObject({ query: 'Why?' })
    }),
  )
})
