import fc from 'fast-check'
import { expect, it } from 'vitest'
import { answerOf } from '../src/screens/advisor/questions.ts'
import { callOf, typedOf as typedAgent } from '../src/screens/agents/agent.ts'
import { settingOf } from '../src/screens/tenants/settings.ts'

const amount = { kind: 'number', path: 'amount', label: 'Amount', numbers: { from: 0, to: 1e15 } } as const
const limit = { ...amount, isOptional: true }

/** As each form has it that takes amounts. */
const readings: Readonly<Record<string, (text: string) => unknown>> = {
  advisor: (text) => answerOf(amount, text),
  tenants: (text) => settingOf(limit, text),
  agents: (text) => {
    const { body } = callOf({ ...typedAgent(undefined, new Set()), type: 'one', limits: { turns: text } }, undefined)
    return (body as { readonly limits: { readonly turns: unknown } }).limits.turns
  },
}

for (const [form, read] of Object.entries(readings))
  it(`an amount in the form of ${form} is read as it was meant, or left for the server to refuse`, () => {
    const meant = { '1,000': 1_000, '1_000_000.5': 1_000_000.5, '12 000': 12_000, ' 7 ': 7, '-3': -3, '1e3': 1_000, '.5': 0.5 }
    for (const [text, number] of Object.entries(meant)) expect(read(text), text).toBe(number)
    for (const text of ['1,5', '1,0000', ',', '1,000,00', 'many', 'Infinity']) expect(read(text), text).toBe(text)
    fc.assert(fc.property(fc.integer(), (number) => read(number.toLocaleString('en')) === number))
  })
