import { afterAll, describe, expect, it } from 'vitest'
import type { ValueKind } from '../../src/tenancy/filters/matches.ts'
import { type Measured, measure } from './measure.ts'
import { cardNegatives, cardPositives } from './sets/cards.ts'
import { emailNegatives, emailPositives } from './sets/emails.ts'
import { ibanNegatives, ibanPositives } from './sets/ibans.ts'
import { ipNegatives, ipPositives } from './sets/ips.ts'
import { phoneNegatives } from './sets/phone-look-alikes.ts'
import { phonePositives } from './sets/phones.ts'
import type { Sample } from './sets/sample.ts'
import { ssnNegatives, ssnPositives } from './sets/ssns.ts'

interface Goal {
  readonly kind: ValueKind
  readonly precision: number
  readonly recall: number
  readonly positives: readonly Sample[]
  readonly negatives: readonly Sample[]
}

const goals: readonly Goal[] = [
  { kind: 'email', precision: 0.97, recall: 0.97, positives: emailPositives(), negatives: emailNegatives() },
  { kind: 'phone', precision: 0.9, recall: 0.85, positives: phonePositives(), negatives: phoneNegatives() },
  { kind: 'payment_card', precision: 0.97, recall: 0.97, positives: cardPositives(), negatives: cardNegatives() },
  { kind: 'iban', precision: 0.97, recall: 0.97, positives: ibanPositives(), negatives: ibanNegatives() },
  { kind: 'ssn', precision: 0.97, recall: 0.97, positives: ssnPositives(), negatives: ssnNegatives() },
  { kind: 'ip_address', precision: 0.97, recall: 0.97, positives: ipPositives(), negatives: ipNegatives() },
]

describe('on our own sets', () => {
  const results: (Measured & { readonly kind: string })[] = []

  it.each(goals)('$kind reaches its goals [R103, X69]', ({ kind, positives, negatives, precision, recall }) => {
    const measured = measure(kind, positives, negatives)
    results.push({ kind, ...measured })
    expect(positives.length).toBeGreaterThanOrEqual(300)
    expect(negatives.length).toBeGreaterThanOrEqual(300)
    expect.soft(measured.precision, measured.wrong.join('\n')).toBeGreaterThanOrEqual(precision)
    expect.soft(measured.recall, measured.missed.join('\n')).toBeGreaterThanOrEqual(recall)
  })

  afterAll(() => {
    const lines = results.map(({ kind, precision, recall, positives, negatives }) =>
      [
        kind.padEnd(14),
        precision.toFixed(3).padStart(9),
        recall.toFixed(3).padStart(7),
        String(positives).padStart(10),
        String(negatives).padStart(10),
      ].join(' '),
    )
    console.log(['kind           precision  recall  positives  negatives', ...lines].join('\n'))
  })
})
