import { describe, expect, it } from 'vitest'
import { AlertSuppression, type PackedAlertSuppression } from '../../../src/analytics/detect/alert-suppression.ts'
import { minutes, monday } from './series.ts'

const hour = 60 * minutes

describe('what goes on is told once [X51]', () => {
  it('and again when it was away for an hour, is much worse, or lasts for a day', () => {
    const suppression = new AlertSuppression()
    expect(suppression.admits(0.3, monday)).toBe(true)
    expect(suppression.admits(0.4, monday + 30 * minutes)).toBe(false)
    expect(suppression.admits(0.54, monday + 80 * minutes)).toBe(false)
    expect(suppression.admits(0.55, monday + 81 * minutes)).toBe(true)
    expect(suppression.admits(0.55, monday + 141 * minutes)).toBe(true)
    const start = monday + 141 * minutes
    const told = Array.from({ length: 60 }, (_, at) => suppression.admits(0.5, start + (at + 1) * 30 * minutes))
    expect(told.filter(Boolean).length).toBe(1)
    expect(told[47]).toBe(true)
  })

  it('also when it was packed, and when one comes late', () => {
    let suppression = new AlertSuppression()
    const packed = (): void => {
      suppression = AlertSuppression.unpack(JSON.parse(JSON.stringify(suppression.pack())) as PackedAlertSuppression)
    }
    packed()
    expect(suppression.admits(0.5, -5)).toBe(true)
    packed()
    expect(suppression.admits(0.5, -hour)).toBe(false)
    packed()
    expect(suppression.admits(0.5, hour - 5)).toBe(true)
  })
})
