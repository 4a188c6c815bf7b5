import { describe, expect, it } from 'vitest'
import { applyTenantFilters } from '../../src/tenancy/filters/apply-tenant-filters.ts'
import { filterKinds, noFilters } from '../../src/tenancy/filters/filter-settings.ts'
import { rulesFor, settings } from './support.ts'

const letter = 'Mail bob@example.com or call +44 20 7946 0958. Card 4111 1111 1111 1111.'

describe('the filters of a tenant', () => {
  it('leave a text alone when nothing is set [X69]', () => {
    expect(applyTenantFilters(letter, noFilters, 'output')).toEqual({ text: letter, findings: [] })
  })

  it('mask each value by the mark of its kind, and count what they found [R103, X69]', () => {
    const set = settings({ email: 'mask', phone: 'mask', payment_card: 'mask' })
    expect(applyTenantFilters(letter, set, 'output')).toEqual({
      text: 'Mail [email] or call [phone]. Card [payment_card].',
      findings: [
        { kind: 'email', action: 'mask', count: 1 },
        { kind: 'phone', action: 'mask', count: 1 },
        { kind: 'payment_card', action: 'mask', count: 1 },
      ],
    })
  })

  it('refuse the whole text for a kind to block, and give nothing of it [R103, X69]', () => {
    const filtered = applyTenantFilters(letter, settings({ email: 'mask', payment_card: 'block' }), 'output')
    expect(filtered).toMatchObject({ text: '', blocked: 'payment_card' })
    expect(filtered.findings).toContainEqual({ kind: 'payment_card', action: 'block', count: 1 })
    expect(applyTenantFilters('Nothing here.', settings({ payment_card: 'block' }), 'output')).toEqual({
      text: 'Nothing here.',
      findings: [],
    })
  })

  it('name of several kinds that block the first in their order, wherever it stands', () => {
    const set = settings({ email: 'block', payment_card: 'block' })
    expect(applyTenantFilters('4111 1111 1111 1111, then bob@example.com', set, 'input').blocked).toBe('email')
  })

  it('let a text with something to flag pass, and note it [R103]', () => {
    expect(applyTenantFilters(letter, settings({ email: 'flag' }), 'output')).toEqual({
      text: letter,
      findings: [{ kind: 'email', action: 'flag', count: 1 }],
    })
  })

  it('look for nothing that has no rule', () => {
    expect(applyTenantFilters(letter, settings({ email: 'mask' }), 'output').text).toBe(
      letter.replace('bob@example.com', '[email]'),
    )
  })

  it('keep the rules of input and output apart [R103, X69]', () => {
    const set = { ...noFilters, input: { email: 'mask' }, output: { phone: 'mask' } } as const
    expect(applyTenantFilters(letter, set, 'input').text).toBe(letter.replace('bob@example.com', '[email]'))
    expect(applyTenantFilters(letter, set, 'output').text).toBe(letter.replace('+44 20 7946 0958', '[phone]'))
  })

  it('know their marks again without finding anything in them', () => {
    const set = settings(rulesFor('mask', filterKinds), { deny_list: ['acme'] })
    const once = applyTenantFilters(letter, set, 'output').text
    expect(applyTenantFilters(once, set, 'output')).toEqual({ text: once, findings: [] })
  })
})

describe('values that overlap', () => {
  const numbers = rulesFor('mask', ['iban', 'payment_card', 'ssn', 'ip_address', 'phone'])

  it.each([
    ['a card, not a phone', 'My mobile card 3782 822463 10005.', 'My mobile card [payment_card].'],
    ['an address, not a phone', 'Call 10.20.30.40 please.', 'Call [ip_address] please.'],
    ['a social security number, not a phone', 'phone or ssn: 078-05-1120.', 'phone or ssn: [ssn].'],
    ['an account, not the card within', 'IBAN DE12 5001 0517 0648 4898 90', 'IBAN [iban]'],
  ])('are %s', (_, text, expected) => {
    expect(applyTenantFilters(text, settings(numbers), 'output').text).toBe(expected)
  })

  it('are of one kind only where they are numbers, even if the special one is merely flagged', () => {
    const set = settings({ payment_card: 'flag', phone: 'mask' })
    expect(applyTenantFilters('My mobile card 3782 822463 10005.', set, 'output')).toEqual({
      text: 'My mobile card 3782 822463 10005.',
      findings: [{ kind: 'payment_card', action: 'flag', count: 1 }],
    })
  })

  it('are one even where a looser kind alone would have taken them', () => {
    const text = 'Call 10.20.30.40 please.'
    expect(applyTenantFilters(text, settings({ phone: 'mask' }), 'output').text).toBe('Call [phone] please.')
    expect(applyTenantFilters(text, settings({ phone: 'mask', ip_address: 'flag' }), 'output')).toEqual({
      text,
      findings: [{ kind: 'ip_address', action: 'flag', count: 1 }],
    })
  })

  it('count once, as the longer or more special, unless more is done about the other', () => {
    const text = 'password=bob@example.com'
    expect(applyTenantFilters(text, settings({ credential: 'mask', email: 'mask' }), 'output').findings).toEqual([
      { kind: 'credential', action: 'mask', count: 1 },
    ])
    expect(applyTenantFilters(text, settings({ credential: 'mask', email: 'block' }), 'output').blocked).toBe('email')
  })

  it('leave one mark where one lies within the other', () => {
    const set = settings({ email: 'mask', deny_list: 'mask' }, { deny_list: ['example'] })
    expect(applyTenantFilters('To bob@example.com, an example.', set, 'output').text).toBe('To [email], an [deny_list].')
  })

  it('are masked within what is only flagged', () => {
    const text = 'password=bob@example.com'
    expect(applyTenantFilters(text, settings({ credential: 'flag', email: 'mask' }), 'output').text).toBe('password=[email]')
    expect(applyTenantFilters(text, settings({ credential: 'mask', email: 'mask' }), 'output').text).toBe('password=[credential]')
  })

  it('leave nothing of either where a denied phrase reaches into a value', () => {
    const set = settings({ email: 'mask', deny_list: 'mask' }, { deny_list: ['write to bob'] })
    expect(applyTenantFilters('Please write to bob@example.com now.', set, 'output')).toEqual({
      text: 'Please [deny_list][email] now.',
      findings: [
        { kind: 'email', action: 'mask', count: 1 },
        { kind: 'deny_list', action: 'mask', count: 1 },
      ],
    })
  })
})

describe('a text without blanks', () => {
  it('has each of its values masked once, wherever it stands [R103]', () => {
    const set = settings({ email: 'mask', iban: 'mask', phone: 'mask' })
    for (let place = 0; place < 1100; place += place > 485 && place < 520 ? 1 : 7) {
      const before = '{"k":0},'.repeat(200).slice(-place - 3)
      const text = `${before}{"m":"bob@example.com","p":"+442079460958","i":"GB29NWBK60161331926819"},${'{"k":0},'.repeat(160)}`
      const masked = applyTenantFilters(text, set, 'output')
      expect(masked.text).toBe(
        text
          .replace('bob@example.com', '[email]')
          .replace('+442079460958', '[phone]')
          .replace('GB29NWBK60161331926819', '[iban]'),
      )
      expect(masked.findings.map(({ count }) => count)).toEqual([1, 1, 1])
    }
  })

  it('has values masked that stand one in the other over every place', () => {
    const set = settings({ email: 'mask', credential: 'mask' })
    const value = `password="${'x'.repeat(200)}9",`
    const masked = applyTenantFilters(value.repeat(40), set, 'output')
    expect(masked.text).toBe('password="[credential]",'.repeat(40))
    expect(masked.findings).toEqual([{ kind: 'credential', action: 'mask', count: 40 }])
  })
})

describe('the size', () => {
  it('cuts to its characters, never through a mark or a surrogate pair [R103]', () => {
    const cut = (text: string, max_characters: number) =>
      applyTenantFilters(text, settings({ size: 'mask', email: 'mask' }, { max_characters }), 'output')
    expect(cut('abcdefghij', 4)).toEqual({ text: 'abcd', findings: [{ kind: 'size', action: 'mask', count: 1 }] })
    expect(cut('abcd', 4)).toEqual({ text: 'abcd', findings: [] })
    expect(cut('abc😀d', 4).text).toBe('abc')
    expect(cut('to bob@example.com now', 8).text).toBe('to ')
    expect(cut('to bob@example.com now', 11).text).toBe('to [email] ')
  })

  it('refuses or notes a text that is longer as it came', () => {
    expect(applyTenantFilters('abcde', settings({ size: 'block' }, { max_characters: 4 }), 'input')).toMatchObject({
      text: '',
      blocked: 'size',
    })
    expect(applyTenantFilters('abcde', settings({ size: 'flag' }, { max_characters: 4 }), 'input').findings).toHaveLength(1)
    expect(applyTenantFilters('abcd', settings({ size: 'block' }, { max_characters: 4 }), 'input')).toEqual({
      text: 'abcd',
      findings: [],
    })
  })

  it('means nothing without a number', () => {
    expect(applyTenantFilters('abcde', settings({ size: 'block' }), 'input')).toEqual({ text: 'abcde', findings: [] })
  })
})
