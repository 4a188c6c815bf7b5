/** Tokens of a trusted issuer with a good signature, and one thing wrong with what they say or how they are spelled. @module */
import { encode } from '../token-bench.ts'
import type { Forgery } from './forgeries.ts'
import { rsa, rsaIssuer, signAs } from './issuer-bench.ts'

const rsaHeader = { alg: 'RS256', kid: 'rsa-1' }

export const wrongClaims: readonly Forgery[] = [
  [
    'an issuer that nobody trusts',
    (bench) =>
      [
        'https://attacker.example',
        `${rsaIssuer.issuer}/`,
        rsaIssuer.issuer.toUpperCase(),
        `${rsaIssuer.issuer}\0`,
        ` ${rsaIssuer.issuer}`,
        `${rsaIssuer.issuer}@attacker.example`,
        '__proto__',
        'constructor',
        'plinth',
        'undefined',
        '',
      ].map((iss) => bench.token(bench.claims({ iss }))),
  ],
  [
    'no issuer, or one that is no text',
    (bench) =>
      [undefined, null, 1, true, [rsaIssuer.issuer], { 0: rsaIssuer.issuer }].map((iss) => bench.token(bench.claims({ iss }))),
  ],
  [
    'no audience of ours',
    (bench) =>
      [undefined, null, '', 'other', 'PLINTH', 'plinth ', [], ['other'], [['plinth']], { plinth: 'plinth' }, 1, true].map((aud) =>
        bench.token(bench.claims({ aud })),
      ),
  ],
  ['an audience that is partly no text', (bench) => bench.token(bench.claims({ aud: ['plinth', 1] }))],
  [
    'a tenant that is no text',
    (bench) =>
      [undefined, null, ['alpha'], [], 1, 0, true, { alpha: 'alpha' }, { $ne: '' }, { toString: 'alpha' }, ''].map((tenant_id) =>
        bench.token(bench.claims({ tenant_id })),
      ),
  ],
  [
    'no expiry, or one that is no number',
    (bench) => [undefined, null, '9999999999', [bench.now + 60], true, {}].map((exp) => bench.token(bench.claims({ exp }))),
  ],
  ['an expiry beyond all numbers', (bench) => bench.token(JSON.stringify(bench.claims()).replace(/"exp":\d+/, '"exp":1e999'))],
  [
    'a beginning that is later, or no number',
    (bench) => [bench.now + 6, '1', null, [1]].map((nbf) => bench.token(bench.claims({ nbf }))),
  ],
  [
    'a time of issue that is to come, or no number',
    (bench) => [bench.now + 6, bench.now + 1e9, '1', null, [1], true].map((iat) => bench.token(bench.claims({ iat }))),
  ],
  [
    'a time of issue beyond all numbers',
    (bench) => bench.token(JSON.stringify(bench.claims()).replace(/"iat":\d+/, '"iat":-1e999')),
  ],
  [
    'a user that is no name',
    (bench) =>
      [null, 1, [], ['ada'], {}, '', 'a'.repeat(257), 'ada\0', 'ada\nbob', 'ada\u0085', 'ada\ud800'].map((user_id) =>
        bench.token(bench.claims({ user_id })),
      ),
  ],
  [
    'a subject that is no name, beside a good user',
    (bench) => [null, 1, [], ''].map((sub) => bench.token(bench.claims({ sub }))),
  ],
  [
    'permissions that are no list of words',
    (bench) =>
      ['*', '', null, 1, {}, { 0: '*' }, [1], [['*']], [null], ['a'.repeat(257)], new Array(101).fill('requests:read')].map(
        (permissions) => bench.token(bench.claims({ permissions })),
      ),
  ],
  [
    'groups that are no list of names',
    (bench) =>
      ['staff', null, 1, {}, [1], [null], [''], ['a\0b'], ['a'.repeat(257)], new Array(201).fill('staff')].map((groups) =>
        bench.token(bench.claims({ groups })),
      ),
  ],
  [
    'claims that are there twice',
    (bench) => {
      const text = JSON.stringify(bench.claims())
      return [
        '"tenant_id":"beta"',
        '"tenant_id":"alpha"',
        '"tenant\\u005fid":"beta"',
        '"exp":1',
        '"x":{"a":1,"a":1}',
        '"aud":"plinth"',
      ].flatMap((twice) => [bench.token(`{${twice},${text.slice(1)}`), bench.token(`${text.slice(0, -1)},${twice}}`)])
    },
  ],
  [
    'a header that says something twice',
    (bench) =>
      ['"alg":"none"', '"alg":"RS256"', '"kid":"rsa-1"', '"x":[{"a":1,"a":1}]'].flatMap((twice) => [
        bench.token(bench.claims(), `{${twice},"alg":"RS256","kid":"rsa-1"}`),
        bench.token(bench.claims(), `{"alg":"RS256","kid":"rsa-1",${twice}}`),
      ]),
  ],
  [
    'extensions that must be understood',
    (bench) =>
      [
        { crit: ['exp'] },
        { crit: [], x: 1 },
        { crit: ['b64'], b64: false },
        { b64: false },
        { b64: true, crit: ['b64'] },
        { crit: null },
      ].map((extra) => bench.token(bench.claims(), { ...rsaHeader, ...extra })),
  ],
]

export const wrongSpellings: readonly Forgery[] = [
  [
    'white space in it',
    (bench) =>
      [' ', '\n', '\t', '\r\n', '\u00a0', '\u2028', '\u200b'].flatMap((space) => {
        const token = bench.token()
        return [0, 5, token.indexOf('.'), token.indexOf('.') + 1, token.lastIndexOf('.'), token.length - 1].map(
          (at) => token.slice(0, at) + space + token.slice(at),
        )
      }),
  ],
  [
    'another alphabet of base64',
    (bench) => {
      let token = bench.token()
      for (let serial = 0; !/[-_][^.]*$/.test(token); serial++) token = bench.token(bench.claims({ jti: String(serial) }))
      const at = token.lastIndexOf('.')
      return token.slice(0, at) + token.slice(at).replaceAll('-', '+').replaceAll('_', '/')
    },
  ],
  ['padding', (bench) => [`${bench.token()}=`, `${bench.token()}==`, bench.token().replace('.', '=.')]],
  [
    'spare bits',
    (bench) => {
      const token = bench.token()
      return ['A', 'Q', 'g', 'w']
        .map((character) => token.slice(0, -1) + next(character))
        .concat(token.slice(0, -1) + next(token.at(-1) ?? ''))
    },
  ],
  ['an end that was cut off', (bench) => [1, 2, 3, 10, 341, 342].map((less) => bench.token().slice(0, -less))],
  [
    'segments too few, too many or empty',
    (bench) => {
      const [header, second, signature] = bench.token().split('.')
      return [
        `${header}.${second}`,
        `${header}.${second}.`,
        `${header}..${signature}`,
        `.${second}.${signature}`,
        `${bench.token()}.`,
        `${bench.token()}.AA`,
        `.${bench.token()}`,
        `${second}.${header}.${signature}`,
      ]
    },
  ],
  [
    'the JSON form of a signature',
    (bench) => {
      const [header, payload, signature] = bench.token().split('.')
      return [JSON.stringify({ protected: header, payload, signature }), encode({ protected: header, payload, signature })]
    },
  ],
  [
    'claims that are not UTF-8',
    (bench) => {
      const content = `${encode(rsaHeader)}.${Buffer.from(`${JSON.stringify(bench.claims({ x: 'é' }))}`, 'latin1').toString('base64url')}`
      return `${content}.${signAs('RS256', content, rsa).toString('base64url')}`
    },
  ],
  ['claims behind a byte order mark', (bench) => bench.token(`\ufeff${JSON.stringify(bench.claims())}`)],
  [
    'claims that are no object',
    (bench) =>
      ['[]', 'null', '1', '"x"', '', JSON.stringify([bench.claims()]), `${JSON.stringify(bench.claims())}x`].map((text) =>
        bench.token(text),
      ),
  ],
]

/** The character after it in the alphabet: the same bytes where only spare bits differ. */
function next(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[(alphabet.indexOf(character) + 1) % 64] ?? 'A'
}
