import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replaceRules } from '../../../src/analytics/alerts/keep-rules.ts'
import { RecordRules, type RuleState, recordRulesFor, repeatMilliseconds } from '../../../src/analytics/alerts/record-rules.ts'
import { AlertBench, at, ruleOf } from './alert-bench.ts'

const second = 1_000

/** Times (seconds) at which the rule fired, of records that come at these. */
function firedAt(
  rules: RecordRules,
  records: readonly (readonly [time: number, temperature: number | null])[],
): readonly number[] {
  const state: RuleState = {}
  return records.flatMap(([time, temperature]) =>
    rules.check('pump-1', { temperature }, at + time * second, state).map((hit) => (hit.timestamp - at) / second),
  )
}

describe('rules on records', () => {
  it('tell what was seen, in words', () => {
    const rules = new RecordRules([ruleOf({ name: 'Hot', severity: 'medium' })])
    expect(rules.check('pump-1', { temperature: '97' }, at, {})).toEqual([
      {
        key: 'pump-1',
        field: 'temperature',
        timestamp: at,
        kind: 'category',
        value: '97',
        score: 0.85,
        reason: 'temperature is 97, above 90 (rule Hot).',
        rule: 'hot',
      },
    ])
  })

  it('read a field by its name, else by its path, with or without data before it', () => {
    const fires = (field: string, data: object): boolean =>
      new RecordRules([ruleOf({ field })]).check('k', data as never, at, {}).length > 0
    expect(fires('temperature', { temperature: 91 })).toBe(true)
    expect(fires('data.temperature', { temperature: 91 })).toBe(true)
    expect(fires('motor.temperature', { motor: { temperature: 91 } })).toBe(true)
    expect(fires('data.motor.temperature', { motor: { temperature: 91 } })).toBe(true)
    expect(fires('motor.temperature', { 'motor.temperature': 91 })).toBe(true)
    expect(fires('temperature', { motor: { temperature: 91 } })).toBe(false)
    expect(fires('constructor', {})).toBe(false)
  })

  it('are of their keys alone, and each is judged by itself', () => {
    const rules = new RecordRules([
      ruleOf({ rule_id: 'one', key: 'pump-1' }),
      ruleOf({ rule_id: 'pumps', key: 'pump-*' }),
      ruleOf({ rule_id: 'all', threshold: 95 }),
    ])
    const of = (key: string, temperature: number): readonly string[] =>
      rules.check(key, { temperature }, at, {}).map(({ rule }) => rule)
    expect(of('pump-1', 97)).toEqual(['one', 'pumps', 'all'])
    expect(of('pump-2', 94)).toEqual(['pumps'])
    expect(of('valve', 97)).toEqual(['all'])
    expect(of('pump-1', 90)).toEqual([])
  })

  it('fire when their condition held for long enough without a break, in event time', () => {
    const rules = new RecordRules([ruleOf({ for_seconds: 30 })])
    expect(
      firedAt(rules, [
        [0, 91],
        [10, 92],
        [29, 91],
        [30, 91],
      ]),
    ).toEqual([30])
    expect(
      firedAt(rules, [
        [0, 91],
        [20, 80],
        [25, 91],
        [54, 91],
        [55, 91],
      ]),
    ).toEqual([55])
    expect(
      firedAt(rules, [
        [0, 91],
        [20, null],
        [40, 91],
      ]),
    ).toEqual([])
    // A late record from before it began says nothing; one from between says that it broke.
    expect(
      firedAt(rules, [
        [10, 91],
        [5, 80],
        [40, 91],
      ]),
    ).toEqual([40])
    expect(
      firedAt(rules, [
        [10, 91],
        [15, 80],
        [40, 91],
      ]),
    ).toEqual([])
  })

  it('[X51] tell once a minute of what goes on, and of what comes and goes', () => {
    const rules = new RecordRules([ruleOf()])
    const steady = Array.from({ length: 1_200 }, (_, index) => [index * 0.1, 97] as const)
    expect(firedAt(rules, steady)).toEqual([0, 60])
    const flickering = Array.from({ length: 1_200 }, (_, index) => [index * 0.1, index % 2 === 0 ? 97 : 20] as const)
    expect(firedAt(rules, flickering)).toEqual([0, 60])
  })

  it('keep no state where nothing holds, and lose what is of rules that are gone', () => {
    const rules = new RecordRules([ruleOf()])
    const state: RuleState = {}
    rules.check('pump-1', { temperature: 20 }, at, state)
    expect(state).toEqual({})
    rules.check('pump-1', { temperature: 97 }, at, state)
    expect(Object.keys(state)).toEqual(['hot'])
    rules.check('pump-1', { temperature: 20 }, at + repeatMilliseconds, state)
    expect(state).toEqual({})
    const old: RuleState = { gone: [at, null] }
    new RecordRules([]).check('pump-1', { temperature: 97 }, at, old)
    expect(old).toEqual({})
  })

  it('go on where they were when their state was packed as JSON between any two records', () => {
    const rules = new RecordRules([ruleOf(), ruleOf({ rule_id: 'long', for_seconds: 45, threshold: 50 })])
    const record = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom(20, 60, 97))
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        const whole: RuleState = {}
        let packed = '{}'
        for (const [time, temperature] of records) {
          const state = JSON.parse(packed) as RuleState
          const data = { temperature }
          expect(rules.check('k', data, at + time * second, state)).toEqual(rules.check('k', data, at + time * second, whole))
          packed = JSON.stringify(state)
        }
      }),
    )
  })

  it('are those of the stream that are enabled; without any there is nothing to do', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    expect((await recordRulesFor(scope, 'machine')).isEmpty).toBe(true)
    await replaceRules(scope, [
      ruleOf({ stream: 'machine' }),
      ruleOf({ rule_id: 'off', enabled: false }),
      ruleOf({ rule_id: 'insight', on: 'insight', field: 'data_point.temperature' }),
    ])
    const rules = await recordRulesFor(scope, 'machine')
    expect(rules.check('k', { temperature: 97 }, at, {}).map(({ rule }) => rule)).toEqual(['hot'])
    expect((await recordRulesFor(scope, 'other')).isEmpty).toBe(true)
    expect((await recordRulesFor(await bench.scope('beta'), 'machine')).isEmpty).toBe(true)
  })
})
