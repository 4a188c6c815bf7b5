import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findingValue, holds, valueAt } from '../../../src/analytics/alerts/conditions.ts'
import { rulesBody, showRules } from '../../../src/analytics/alerts/forms.ts'
import { judgeInsight } from '../../../src/analytics/alerts/judge-insight.ts'
import { replaceRules, userRules } from '../../../src/analytics/alerts/keep-rules.ts'
import { concerns, defaultRules, operators } from '../../../src/analytics/alerts/rules.ts'
import type { JsonValue } from '../../../src/json.ts'
import { AlertBench, insightOf, ruleOf } from './alert-bench.ts'

const good = { rule_id: 'hot', alert_type: 'too_hot', on: 'record', field: 'temperature', operator: '>', threshold: 90 }

/** The fields at fault. */
function faults(rules: unknown, more: object = {}): readonly string[] {
  const parsed = rulesBody.safeParse({ rules, ...more })
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'))
}

describe('the form of rules', () => {
  it('fills in what is not given', () => {
    expect(rulesBody.parse({ rules: [good] })).toEqual({ rules: [ruleOf()] })
  })

  it.each([
    ['a window', { on: 'window', field: 'temperature.p95', window: '1m', for_seconds: 300 }],
    ['a window of a nested field', { on: 'window', field: 'motor.temperature.max' }],
    ['a rate', { on: 'window', field: 'rate' }],
    ['a category of windows', { on: 'window', field: 'state.distinct' }],
    ['an insight', { on: 'insight', field: 'analysis.risk_level', operator: '==', threshold: 'high', severity: 'high' }],
    ['absence', { operator: 'absent', threshold: undefined, for_seconds: 60 }],
    ['all keys that begin so', { key: 'pump-*', stream: 'machine', name: 'Hot pumps' }],
    ['a text', { operator: 'contains', threshold: 'fail' }],
  ])('takes %s', (_, parts) => {
    expect(faults([JSON.parse(JSON.stringify({ ...good, ...parts }))])).toEqual([])
  })

  it.each([
    [{ rule_id: '' }, 'rule_id'],
    [{ rule_id: 'a b' }, 'rule_id'],
    [{ name: '' }, 'name'],
    [{ alert_type: 'Too Hot' }, 'alert_type'],
    [{ alert_type: 'too-hot' }, 'alert_type'],
    [{ alert_type: 'high_risk' }, 'alert_type'],
    [{ alert_type: 'anomaly_detected' }, 'alert_type'],
    [{ alert_type: 'x'.repeat(65) }, 'alert_type'],
    [{ stream: '' }, 'stream'],
    [{ key: '' }, 'key'],
    [{ key: 'a*b' }, 'key'],
    [{ key: 'x'.repeat(257) }, 'key'],
    [{ on: 'alert' }, 'on'],
    [{ window: '1m' }, 'window'],
    [{ field: '' }, 'field'],
    [{ field: 'a..b' }, 'field'],
    [{ field: 'x'.repeat(129) }, 'field'],
    [{ on: 'window', field: 'temperature' }, 'field'],
    [{ on: 'window', field: 'temperature.median' }, 'field'],
    [{ on: 'window', field: '.p95' }, 'field'],
    [{ on: 'insight', field: 'risk_level' }, 'field'],
    [{ on: 'insight', field: 'analysis.' }, 'field'],
    [{ operator: '=>' }, 'operator'],
    [{ on: 'window', field: 'rate', operator: 'contains', threshold: 1 }, 'operator'],
    [{ threshold: '90' }, 'threshold'],
    [{ threshold: undefined }, 'threshold'],
    [{ threshold: null }, 'threshold'],
    [{ threshold: true }, 'threshold'],
    [{ operator: '==', threshold: '' }, 'threshold'],
    [{ operator: 'absent' }, 'threshold'],
    [{ on: 'window', field: 'rate', operator: '==', threshold: 'a' }, 'threshold'],
    [{ for_seconds: -1 }, 'for_seconds'],
    [{ on: 'insight', field: 'key', operator: '==', threshold: 'a', for_seconds: 1 }, 'for_seconds'],
    [{ cool_down_seconds: 1e9 }, 'cool_down_seconds'],
    [{ severity: 'unknown' }, 'severity'],
    [{ enabled: 'yes' }, 'enabled'],
    [{ built_in: true }, ''],
  ])('refuses %j, and names the field of the rule', (parts, field) => {
    const name = field === '' ? 'rules.1' : `rules.1.${field}`
    const found = faults([good, { ...good, rule_id: 'other', ...parts }])
    expect(found.length).toBeGreaterThan(0)
    expect(new Set(found.map((one) => (one.startsWith(`${name}.`) ? name : one)))).toContain(name)
  })

  it('refuses two of one id, more than a hundred, and other fields', () => {
    expect(faults([good, good])).toEqual(['rules.1.rule_id'])
    const many = (amount: number) => Array.from({ length: amount }, (_, index) => ({ ...good, rule_id: `r${index}` }))
    expect(faults(many(100))).toEqual([])
    expect(faults(many(101))).toEqual(['rules'])
    expect(faults([], { version: -1 })).toEqual(['version'])
    expect(faults([], { more: 1 })).toEqual([''])
  })

  it('never throws, and what it takes the judges take', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<JsonValue>(...operators, 'record', 'window', 'insight', 'a.b', 'rate', 5),
    )
    const rule = fc.record(
      Object.fromEntries(
        [...Object.keys(good), 'for_seconds', 'key', 'window', 'enabled'].map((name) => [
          name,
          fc.oneof({ weight: 4, arbitrary: fc.constant((good as Record<string, JsonValue>)[name] ?? 1) }, value),
        ]),
      ),
      { requiredKeys: Object.keys(good) },
    )
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), fc.jsonValue(), (rules, data) => {
        const parsed = rulesBody.safeParse({ rules })
        if (!parsed.success) return
        judgeInsight(parsed.data.rules, insightOf({ data: { temperature: data as JsonValue } }))
        expect(rulesBody.parse(parsed.data)).toEqual(parsed.data)
      }),
    )
  })
})

describe('a condition', () => {
  it.each<[(typeof operators)[number], number | string | undefined, JsonValue | undefined, boolean]>([
    ['>', 90, 90, false],
    ['>', 90, 90.1, true],
    ['>', 90, '91', true],
    ['>', 90, ' 9.1e1 ', true],
    ['>', 90, 'hot', false],
    ['>', 90, '0x5b1', false],
    ['>', 90, [91], false],
    ['>', -1, '', false],
    ['>', -1, null, false],
    ['>', -1, undefined, false],
    ['>', -1, false, false],
    ['>=', 90, 90, true],
    ['<', 90, 90, false],
    ['<', 90, 89, true],
    ['<=', 90, 90, true],
    ['==', 90, 90, true],
    ['==', 90, '90.0', true],
    ['==', 'high', 'high', true],
    ['==', 'high', 'High', false],
    ['==', 'true', true, true],
    ['==', '90', 90, true],
    ['!=', 90, 91, true],
    ['!=', 90, 90, false],
    ['!=', 'ok', 'fail', true],
    ['!=', 'ok', undefined, false],
    ['contains', 'Fail', 'it has FAILED', true],
    ['contains', 'fail', ['ok', 'Failure'], true],
    ['contains', 'fail', ['ok'], false],
    ['contains', 'fail', { fail: 1 }, false],
    ['contains', 4, 1_400, true],
    ['absent', undefined, undefined, true],
    ['absent', undefined, null, true],
    ['absent', undefined, 0, false],
  ])('%s %j of %j is %s [X46]', (operator, threshold, value, expected) => {
    expect(holds(threshold === undefined ? { operator } : { operator, threshold }, value)).toBe(expected)
  })

  it('follows a path into objects, and only what is their own', () => {
    const data = { a: { b: 1 }, list: [1] }
    expect(valueAt(data, ['a', 'b'])).toBe(1)
    for (const path of [['a', 'c'], ['a', 'b', 'c'], ['list', '0'], ['toString'], ['__proto__'], ['a', 'constructor']])
      expect(valueAt(data, path)).toBeUndefined()
  })

  it('keeps a value short', () => {
    expect(findingValue('x'.repeat(500))).toHaveLength(100)
    expect(findingValue({ a: 1 })).toBe('{"a":1}')
    expect(findingValue(undefined)).toBeNull()
  })
})

describe('a rule concerns', () => {
  it.each([
    [{}, true],
    [{ stream: 'machine' }, true],
    [{ stream: 'other' }, false],
    [{ key: 'pump-1' }, true],
    [{ key: 'pump-' }, false],
    [{ key: 'pump-*' }, true],
    [{ key: '*' }, true],
    [{ key: 'valve-*' }, false],
    [{ stream: 'other', key: 'pump-1' }, false],
  ])('%j: %s', (parts, expected) => {
    expect(concerns(parts, 'machine', 'pump-1')).toBe(expected)
  })
})

describe('the rules of a tenant', () => {
  it('are replaced as a whole, and are its own', async () => {
    const bench = await AlertBench.open()
    const scope = await bench.scope()
    expect(await userRules(scope)).toEqual({ version: 0, rules: [] })
    expect(await replaceRules(scope, [ruleOf()])).toEqual({ version: 1, rules: [ruleOf()] })
    const other = ruleOf({ rule_id: 'cold', operator: '<' })
    await replaceRules(scope, [other], 1)
    expect(await userRules(scope)).toEqual({ version: 2, rules: [other] })
    expect((await userRules(await bench.scope('beta'))).rules).toEqual([])
    await expect(replaceRules(scope, [], 1)).rejects.toMatchObject({ code: 'wrong_state' })
    expect((await userRules(scope)).rules).toEqual([other])
    expect(await replaceRules(scope, [])).toEqual({ version: 3, rules: [] })
    expect(await userRules(scope)).toEqual({ version: 3, rules: [] })
  })

  it('fit in their row at their longest', async () => {
    const bench = await AlertBench.open()
    const wide = (length: number): string => '語'.repeat(length)
    const rules = Array.from({ length: 100 }, (_, index) =>
      ruleOf({
        rule_id: `${index}`.padEnd(128, 'x'),
        name: wide(100),
        key: wide(256),
        field: wide(128),
        operator: 'contains',
        threshold: wide(256),
      }),
    )
    expect(faults(rules)).toEqual([])
    const scope = await bench.scope()
    await replaceRules(scope, rules)
    expect((await userRules(scope)).rules).toEqual(rules)
  })

  it('are shown with those that are built in, which are marked', () => {
    const shown = showRules({ version: 4, rules: [ruleOf()] }) as { items: { built_in?: true }[]; version: number }
    expect(shown.items).toHaveLength(4)
    expect(shown.items.filter((rule) => rule.built_in)).toHaveLength(defaultRules.length)
    expect(shown.items.filter((rule) => !rule.built_in)).toEqual([ruleOf()])
    expect(faults(shown.items.filter((rule) => !rule.built_in))).toEqual([])
  })
})
