import { describe, expect, it } from 'vitest'
import type { ValueKind } from '../../src/tenancy/filters/matches.ts'
import { found } from './measure.ts'

/** The text of a kind, and the values in it. Each stands for a rule that a detector has. */
const cases: readonly (readonly [kind: ValueKind, text: string, ...values: string[]])[] = [
  ['email', 'bob@exa\u200bmple.com', 'bob@exa\u200bmple.com'],
  ['email', 'ｂｏｂ＠example.com', 'ｂｏｂ＠example.com'],
  ['email', 'ssh -p 22 deploy@prod.example.com'],
  ['email', 'Message-ID: <abc.123@mail.example.com>'],
  ['email', 'https://user@example.com/x and git@github.com:a/b.git'],
  ['email', 'https://example.com/?to=bob@example.com&x=1', 'bob@example.com'],
  ['email', 'https://lists.example.org/unsubscribe/bob.smith@example.com', 'bob.smith@example.com'],
  ['email', 'https://example.org/#bob.smith@example.com', 'bob.smith@example.com'],
  ['email', 'icon@2x.png, react@18.2.0, @jane, @user@mastodon.social'],
  ['email', `${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ['phone', '(212) 555-0123 ext. 12', '(212) 555-0123 ext. 12'],
  ['phone', 'Call 1-800-FLOWERS now', '1-800-FLOWERS'],
  ['phone', '٠٦ ١٢ ٣٤ ٥٦ ٧٨', '٠٦ ١٢ ٣٤ ٥٦ ٧٨'],
  ['phone', 'order 212-555-0123; call 212-555-0199', '212-555-0199'],
  ['phone', '01.02.2024 10.30 and 2019-2020 and 12-05-2024-1'],
  ['phone', 'call 555-123-4567 555-987-6543', '555-123-4567', '555-987-6543'],
  ['phone', '+44 20 7946 0958 2024', '+44 20 7946 0958'],
  ['phone', '+1234 and 5+12025550123 and UTC+02001234567'],
  ['phone', 'phones sold: 12 345 678 units, phone 12 345 678', '12 345 678'],
  [
    'payment_card',
    '4111\u00a01111\u00a01111\u00a01111 and 4111‑1111‑1111‑1111',
    '4111\u00a01111\u00a01111\u00a01111',
    '4111‑1111‑1111‑1111',
  ],
  ['payment_card', '4111 1111 1111 1112 and 0000 0000 0000 0000'],
  ['payment_card', 'IMEI 378282246310005, card 378282246310005', '378282246310005'],
  ['payment_card', 'card 4111 1111 1111 1111 12/27 123', '4111 1111 1111 1111'],
  ['payment_card', 'EAN-like 4006381333931 and card 4222222222222', '4222222222222'],
  ['iban', 'gb29 nwbk 6016 1331 9268 19', 'gb29 nwbk 6016 1331 9268 19'],
  ['iban', 'IBANDE89370400440532013000', 'DE89370400440532013000'],
  ['iban', 'DE88370400440532013000, XX89370400440532013000, DE8937040044053201300'],
  ['ssn', '666-12-3456, 000-12-3456, 900-12-3456, 123-00-4567, 123-45-0000'],
  ['ssn', '123-45-6789, 123 45 6789, 123-45 6789, 1-123-45-6789', '123-45-6789'],
  ['ssn', 'SSN 123 45 6789 or ssn 123456789', '123 45 6789', '123456789'],
  ['ssn', 'part 123-45-6789; SSN 123-45-6788', '123-45-6788'],
  ['ip_address', 'version 10.1.2.3, v1.2.3.4, foo-1.2.3.4.jar, ==1.2.3.4, OID 1.3.6.1'],
  ['ip_address', 'ping 1.2.3.4, 10.0.0.1:80, http://8.8.4.4/, 1.1.1.1', '1.2.3.4', '10.0.0.1', '8.8.4.4', '1.1.1.1'],
  ['ip_address', '256.1.1.1, 1.2.3, 1.2.3.4.5, 01.2.3.4, 255.255.255.0'],
  [
    'ip_address',
    '[2001:db8::1]:443, fe80::1%eth0, ::1, ::ffff:192.0.2.1',
    '2001:db8::1',
    'fe80::1%eth0',
    '::1',
    '::ffff:192.0.2.1',
  ],
  ['ip_address', 'std::vector, 10:30:45, 00:1b:44:11:3a:b7, x[::1], a::b, aa:bb:cc:dd:ee:ff:00:11'],
  ['ip_address', 'IPv6:2001:db8:0:0:0:0:0:1', '2001:db8:0:0:0:0:0:1'],
]

describe('a detector', () => {
  it.each(cases.map(([kind, text, ...values]) => ({ kind, text, values })))(
    'of $kind finds in $text what is there [R103, X69]',
    ({ kind, text, values }) => {
      expect(found(kind, text)).toEqual(values)
    },
  )
})
