import { describe, expect, it } from 'vitest'
import { applyTenantFilters } from '../../src/tenancy/filters/apply-tenant-filters.ts'
import { filterKinds } from '../../src/tenancy/filters/filter-settings.ts'
import { everyPlace, rulesFor, settings, streamed } from './support.ts'

const only = settings({ credential: 'mask' })
const masked = (text: string): string => applyTenantFilters(text, only, 'output').text

const header = '-----BEGIN PRIVATE KEY-----'
const footer = '-----END PRIVATE KEY-----'
const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'
const lines = (count: number): string => `${line}\n`.repeat(count)
const fullWidth = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))

/** A text with a private key, and what is left of it. */
const keys: readonly (readonly [string, string, string])[] = [
  ['in lines', `Here: ${header}\n${lines(3)}ab==\n${footer}\nThanks.`, 'Here: [credential]\nThanks.'],
  ['shorter than a line', `a\n${header}\nabc\n${footer}\nb`, 'a\n[credential]\nb'],
  ['on one line', `a ${header} ${lines(3).replaceAll('\n', ' ')}${footer} b`, 'a [credential] b'],
  ['without a blank', `a ${header}abc${footer} b`, 'a [credential] b'],
  ['without a body', `${header}\n${footer}\nb`, '[credential]\nb'],
  ['cut off after a line', `a\n${header}\n${lines(2)}`, 'a\n[credential]\n'],
  ['cut off within a line', `a\n${header}\n${lines(2)}BKcwgg`, 'a\n[credential]'],
  ['cut off in its first line', `a\n${header}\nMIIE`, 'a\n[credential]'],
  ['cut off, with prose after it', `${header}\n${lines(2)}\nThat was it, I think.`, '[credential]\n\nThat was it, I think.'],
  ['with carriage returns', `${header}\r\n${lines(3).replaceAll('\n', '\r\n')}${footer}\r\nb`, '[credential]\r\nb'],
  [
    'of RSA, encrypted',
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n${lines(3)}-----END RSA PRIVATE KEY-----\n`,
    '[credential]\n',
  ],
  [
    'of OpenPGP',
    `a -----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\n${lines(3)}=abcd\n-----END PGP PRIVATE KEY BLOCK----- b`,
    'a [credential] b',
  ],
  [
    'of SSH2',
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: mine\n${lines(3)}---- END SSH2 ENCRYPTED PRIVATE KEY ----\nb`,
    '[credential]\nb',
  ],
  [
    'in JSON',
    `${JSON.stringify({ private_key: `${header}\n${lines(3)}ab==\n${footer}\n`, id: 1 })}`,
    '{"private_key":"[credential]\\n","id":1}',
  ],
  [
    'in JSON in JSON',
    JSON.stringify(JSON.stringify({ key: `${header}\n${lines(3)}${footer}\n` })),
    '"{\\"key\\":\\"[credential]\\\\n\\"}"',
  ],
  ['in YAML', `key: |\n  ${header}\n  ${lines(3).replaceAll('\n', '\n  ')}${footer}\nnext: 1`, 'key: |\n  [credential]\nnext: 1'],
  [
    'in a quoted e-mail',
    `> ${header}\n> ${lines(3).replaceAll('\n', '\n> ')}ab==\n> ${footer}\n> Bye.`,
    '> [credential]\n> Bye.',
  ],
  [
    'in strings of a program',
    `"${header}\\n" +\n${`  "${line}\\n" +\n`.repeat(3)}  "ab==\\n" +\n  "${footer}";`,
    '"[credential]";',
  ],
  ['named', `private_key="${header}\n${lines(3)}${footer}"\nnext=1`, 'private_key="[credential]"\nnext=1'],
  ['with invisible characters', `${header}\n${lines(3).replaceAll('B', 'B\u200b')}${footer} b`, '[credential] b'],
  [
    'with more invisible characters than are looked at',
    `${header}\n${'\u200b'.repeat(700)}${lines(2)}${footer} b`,
    '[credential] b',
  ],
  ['in full-width letters', `${fullWidth(header)}\n${fullWidth(lines(3))}${fullWidth(footer)} b`, '[credential] b'],
  ['one after the other', `${header}\n${lines(2)}${footer}\n${header}\n${lines(2)}${footer}\nb`, '[credential]\n[credential]\nb'],
  [
    'with shared dashes',
    `${header}\nabc\n-----END PRIVATE KEY-----BEGIN PRIVATE KEY-----\nabc\n${footer} b`,
    '[credential][credential] b',
  ],
  [
    'with other secrets behind it',
    `${header}\nabc\n${footer}\npassword=hunter22 and so on`,
    '[credential]\npassword=[credential] and so on',
  ],
]

describe('private keys', () => {
  it.each(keys)('are masked as a whole: %s [R103, X69]', (_, text, expected) => {
    expect(masked(text)).toBe(expected)
  })

  it.each(keys)('are masked in a stream that is split anywhere: %s [R103, X69]', (_, text, expected) => {
    for (const place of everyPlace(text)) expect(streamed(text, only, [place]).text, `split at ${place}`).toBe(expected)
    const { given, findings } = streamed(text, only, everyPlace(text))
    expect(given.join('')).toBe(expected)
    expect(findings).toEqual(applyTenantFilters(text, only, 'output').findings)
  })

  it('are masked as a whole when every kind is looked for', () => {
    const every = settings(
      rulesFor(
        'mask',
        filterKinds.filter((kind) => kind !== 'size'),
      ),
    )
    for (const [name, text, expected] of keys) expect(applyTenantFilters(text, every, 'output').text, name).toBe(expected)
  })

  it.each([
    [
      'a mention',
      `It begins with ${header} and then come lines of base64.`,
      'It begins with [credential] and then come lines of base64.',
    ],
    [
      'a mention of both marks',
      `It begins with ${header}. It ends with ${footer}.`,
      `It begins with [credential]. It ends with ${footer}.`,
    ],
    ['the next field', `{"key":"${header}\\n","identification":"abc"}`, '{"key":"[credential]\\n","identification":"abc"}'],
  ])('leave what is no key: %s', (_, text, expected) => {
    expect(masked(text)).toBe(expected)
  })

  it('are not certificates or public keys', () => {
    for (const kind of ['CERTIFICATE', 'PUBLIC KEY', 'PGP MESSAGE']) {
      const text = `-----BEGIN ${kind}-----\nMIIB\n-----END ${kind}-----`
      expect(masked(text)).toBe(text)
    }
  })
})
