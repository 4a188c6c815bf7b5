import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectionThreshold } from '../../../src/analytics/detect/detector.ts'
import type { Finding } from '../../../src/analytics/finding.ts'
import { gapOf, incidentLimits, scoreOf, strengthOf } from '../../../src/analytics/incidents/incident.ts'
import { noIncidents, OpenIncidents, type PackedIncidents } from '../../../src/analytics/incidents/open-incidents.ts'
import { finding, minute, noon } from '../support-findings.ts'

function fold(findings: readonly Finding[], now = noon): OpenIncidents {
  const incidents = OpenIncidents.unpack('s')
  for (const each of findings) incidents.add(each, now)
  return incidents
}

const open = (incidents: OpenIncidents): PackedIncidents['open'] => incidents.pack().open

describe('incidents [X51]', () => {
  it('hold what comes of one key near in time, in any order', () => {
    const times = [0, 9, 4, -8, 18]
    const incidents = fold(times.map((at) => finding({ timestamp: noon + at * minute })))
    expect(open(incidents)).toMatchObject([{ findings: 5, keys: 1, first: noon - 8 * minute, last: noon + 18 * minute }])
  })

  it('begin anew when their key was quiet for ten minutes', () => {
    const incidents = fold([0, 10, 20.1].map((at) => finding({ timestamp: noon + at * minute })))
    expect(open(incidents).map(({ findings }) => findings)).toEqual([2, 1])
  })

  it('give a key that is measured seldom ten of its usual intervals', () => {
    const hourly = Array.from({ length: 8 }, (_, index) => [noon - (8 - index) * 60 * minute, 1] as const)
    expect(gapOf({ recent: hourly })).toBe(600 * minute)
    const incidents = fold([0, 540].map((at) => finding({ timestamp: noon + at * minute, recent: hourly })))
    expect(open(incidents)).toMatchObject([{ findings: 2 }])
  })

  it('join keys that go wrong at the same time, and go on with each of them', () => {
    const incidents = fold([
      finding({ key: 'a' }),
      finding({ key: 'b', timestamp: noon + 30_000 }),
      finding({ key: 'b', timestamp: noon + 8 * minute }),
      finding({ key: 'c', timestamp: noon + 8 * minute }),
    ])
    expect(open(incidents).map(({ findings, keys }) => [findings, keys])).toEqual([
      [3, 2],
      [1, 1],
    ])
  })

  it('keep what rules of the user found apart, by rule', () => {
    const incidents = fold([finding(), finding({ rule: 'hot' }), finding({ rule: 'cold' }), finding({ rule: 'hot', key: 'b' })])
    expect(open(incidents).map(({ rule, findings }) => [rule, findings])).toEqual([
      [undefined, 1],
      ['hot', 2],
      ['cold', 1],
    ])
  })

  it("end by the stream's time or by ours, and not before", () => {
    const incidents = fold([finding()])
    expect(incidents.nextEnd).toBe(noon + 10 * minute)
    expect(incidents.endQuiet(noon + 10 * minute - 1, noon + 10 * minute - 1)).toEqual([])
    expect(incidents.endQuiet(noon, noon + 10 * minute)).toHaveLength(1)
    expect(fold([finding()]).endQuiet(noon + 10 * minute)).toHaveLength(1)
    expect([incidents.size, incidents.nextEnd]).toEqual([0, undefined])
  })

  it('are at most so many: the one that was quiet longest ends for another', () => {
    const incidents = OpenIncidents.unpack('s')
    const first = incidents.add(finding({ key: 'key 0' }), noon).incident
    for (let index = 1; index < incidentLimits.open; index++)
      expect(incidents.add(finding({ key: `key ${index}`, timestamp: noon + index * 60 * minute }), noon + index).ended).toEqual(
        [],
      )
    incidents.add(finding({ key: 'key 0', timestamp: noon + 1 }), noon + 1_000)
    const { ended } = incidents.add(finding({ key: 'one more', timestamp: noon - 60 * minute }), noon + 2_000)
    expect(ended.map(({ id }) => id)).not.toContain(first.id)
    expect([ended.length, incidents.size]).toEqual([1, incidentLimits.open])
  })

  it('remember a bounded number of keys, and count at least these', () => {
    const incidents = OpenIncidents.unpack('s')
    for (let index = 0; index < 3_000; index++) incidents.add(finding({ key: `key ${index}` }), noon)
    expect(open(incidents)).toMatchObject([{ findings: 3_000, keys: incidentLimits.members }])
    for (let one = 1; one < 100; one++)
      for (let index = 0; index < 200; index++)
        incidents.add(finding({ key: `${one} ${index}`, timestamp: noon + one * 60 * minute }), noon)
    const packed = incidents.pack()
    expect(packed.open).toHaveLength(100)
    expect(packed.open.every(({ keys }) => keys >= incidentLimits.insights)).toBe(true)
    expect(JSON.stringify(packed).length).toBeLessThan(250_000)
  })

  it('score higher for stronger findings, more of them and more keys, within [0,1]', () => {
    const strength = fc.double({ min: 0, max: 1, noNaN: true })
    const amount = fc.integer({ min: 1, max: 1e6 })
    fc.assert(
      fc.property(strength, amount, amount, (score, findings, keys) => {
        const base = scoreOf({ strength: score, findings, keys })
        expect(base).toBeGreaterThanOrEqual(score - 1e-12)
        expect(base).toBeLessThanOrEqual(1)
        expect(scoreOf({ strength: score, findings: findings * 2, keys })).toBeGreaterThanOrEqual(base)
        expect(scoreOf({ strength: score, findings, keys: keys * 2 })).toBeGreaterThanOrEqual(base)
      }),
    )
    expect(scoreOf({ strength: 0.5, findings: 1, keys: 1 })).toBe(0.5)
    expect(scoreOf({ strength: 0.5, findings: 1, keys: 4 })).toBeGreaterThan(scoreOf({ strength: 0.5, findings: 4, keys: 1 }))
  })

  const findings = fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      timestamp: fc.integer({ min: 0, max: 120 }).map((at) => noon + at * minute),
      rule: fc.constantFrom(undefined, 'hot'),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 60 },
  )

  it('count every finding once, whatever the batches and the order [X50]', () => {
    fc.assert(
      fc.property(findings, fc.array(fc.integer({ min: 1, max: 9 })), (drawn, sizes) => {
        const all = drawn.map(({ rule, ...more }) => finding({ ...more, ...(rule === undefined ? {} : { rule }) }))
        let packed: PackedIncidents = noIncidents
        const ended: PackedIncidents['open'][number][] = []
        for (let from = 0, turn = 0; from < all.length; turn++) {
          const size = sizes[turn % Math.max(1, sizes.length)] ?? 5
          const incidents = OpenIncidents.unpack('s', JSON.parse(JSON.stringify(packed)) as PackedIncidents)
          for (const each of all.slice(from, from + size)) ended.push(...incidents.add(each, noon + turn).ended)
          if (turn % 3 === 2) ended.push(...incidents.endQuiet(noon + turn, noon + turn * 5 * minute))
          packed = incidents.pack()
          from += size
        }
        const incidents = [...ended, ...packed.open]
        expect(incidents.reduce((sum, each) => sum + each.findings, 0)).toBe(all.length)
        expect(new Set(incidents.map(({ id }) => id)).size).toBe(incidents.length)
        for (const each of incidents) expect(each.keys).toBe(new Set(each.members).size)
      }),
    )
  })

  it('come to the same whether they are packed between findings or not', () => {
    fc.assert(
      fc.property(findings, (drawn) => {
        const all = drawn.map(({ rule, ...more }) => finding({ ...more, ...(rule === undefined ? {} : { rule }) }))
        let packed: PackedIncidents = noIncidents
        for (const each of all) {
          const incidents = OpenIncidents.unpack('s', packed)
          incidents.add(each, noon)
          packed = incidents.pack()
        }
        expect(packed).toEqual(fold(all).pack())
      }),
    )
  })
})

describe('how strong a finding is', () => {
  it('goes by how many times its score is the threshold, and rises from 0 to 1', () => {
    const of = (score: number, rule?: string): number => strengthOf({ score, ...(rule === undefined ? {} : { rule }) })
    expect([0, detectionThreshold, 2 * detectionThreshold].map((score) => of(score))).toEqual([0, 0.5, 0.75])
    expect(of(1)).toBeGreaterThan(0.9)
    expect(of(0.7, 'hot')).toBe(0.7)
    const score = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(score, score, (one, other) => {
        if (one < other) expect(of(one)).toBeLessThanOrEqual(of(other))
        expect(of(one)).toBeGreaterThanOrEqual(0)
        expect(of(one)).toBeLessThanOrEqual(1)
      }),
    )
  })
})
