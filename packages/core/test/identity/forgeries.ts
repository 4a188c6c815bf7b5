/** Tokens that somebody made who lacks the key of the issuer, or has it and does not what the issuer is trusted with. @module */
import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { encode, type Json } from '../token-bench.ts'
import {
  ec,
  ecIssuer,
  ed,
  edIssuer,
  type IssuerBench,
  otherEc,
  otherRsa,
  publicJwk,
  rsa,
  signAs,
  signedToken,
} from './issuer-bench.ts'

export type Forgery = readonly [words: string, make: (bench: IssuerBench) => string | readonly string[]]

const rsaHeader = { alg: 'RS256', kid: 'rsa-1' }
const ecHeader = { alg: 'ES256', kid: 'ec-1' }
const edHeader = { alg: 'EdDSA', kid: 'ed-1' }

/** The order of the group of P-256, and of edwards25519. */
const orderP256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const orderEd25519 = 2n ** 252n + 27742317777372353535851937790883648493n

function unsigned(header: Json | string, claims: Json | string): string {
  return `${encode(header)}.${encode(claims)}`
}

function hmac(algorithm: string, header: Json, claims: Json, secret: string | Buffer): string {
  const content = unsigned({ ...header, alg: algorithm }, claims)
  return `${content}.${createHmac(`sha${algorithm.slice(2)}`, secret)
    .update(content)
    .digest('base64url')}`
}

/** All in which a public key is handed around. */
function spellings(key: KeyObject, kid: string): (string | Buffer)[] {
  const shown = createPublicKey(key)
  const pem = shown.export({ type: 'spki', format: 'pem' }).toString()
  const jwk = shown.export({ format: 'jwk' })
  const members = [jwk.n, jwk.x].filter((member) => member !== undefined)
  return [
    ...[pem, pem.trimEnd(), pem.replaceAll('\n', ''), pem.replaceAll('\n', '\r\n')],
    shown.export({ type: 'spki', format: 'der' }),
    ...[jwk, { ...jwk, kid }, { keys: [{ ...jwk, kid }] }].map((value) => JSON.stringify(value)),
    ...members.flatMap((member) => [member, Buffer.from(member, 'base64url')]),
    ...[kid, '', '\0', 'secret'],
  ]
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

/** An ES256 token with another signature than the one that it should have. */
function ecToken(bench: IssuerBench, change: (r: Buffer, s: Buffer, whole: Buffer) => Buffer): string {
  const content = unsigned(ecHeader, bench.claims({ iss: ecIssuer.issuer }))
  const whole = signAs('ES256', content, ec)
  return `${content}.${change(whole.subarray(0, 32), whole.subarray(32), whole).toString('base64url')}`
}

function rsaToken(bench: IssuerBench, change: (signature: Buffer) => Buffer): string {
  const content = unsigned(rsaHeader, bench.claims())
  return `${content}.${change(signAs('RS256', content, rsa)).toString('base64url')}`
}

function edToken(bench: IssuerBench, change: (signature: Buffer) => Buffer): string {
  const content = unsigned(edHeader, bench.claims({ iss: edIssuer.issuer }))
  return `${content}.${change(signAs('EdDSA', content, ed)).toString('base64url')}`
}

const algorithms: readonly Forgery[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].map(
    (alg): Forgery => [
      `algorithm "${alg}", signed or not`,
      (bench) => {
        const content = unsigned({ ...rsaHeader, alg }, bench.claims())
        const { signature = '' } = /\.(?<signature>[^.]+)$/.exec(bench.token())?.groups ?? {}
        return [
          content,
          `${content}.`,
          `${content}.AA`,
          `${content}.${signature}`,
          signedToken({ ...rsaHeader, alg }, bench.claims(), rsa, 'RS256'),
        ]
      },
    ],
  ),
  ...['HS256', 'HS384', 'HS512'].flatMap((alg): Forgery[] => [
    [
      `${alg} with the RSA key as its secret`,
      (bench) => spellings(rsa, 'rsa-1').map((secret) => hmac(alg, rsaHeader, bench.claims(), secret)),
    ],
    [
      `${alg} with the EC key as its secret`,
      (bench) => spellings(ec, 'ec-1').map((secret) => hmac(alg, ecHeader, bench.claims({ iss: ecIssuer.issuer }), secret)),
    ],
  ]),
  [
    'the name of a good algorithm over an HMAC',
    (bench) => {
      const content = unsigned(rsaHeader, bench.claims())
      return spellings(rsa, 'rsa-1').map(
        (secret) => `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`,
      )
    },
  ],
  ...['PS256', 'RS384', 'RS512', 'PS384', 'PS512'].map(
    (alg): Forgery => [
      `${alg}, well signed with its key, which the issuer's list lacks`,
      (bench) => signedToken({ ...rsaHeader, alg }, bench.claims(), rsa, alg),
    ],
  ),
  ['a good algorithm in lower case', (bench) => signedToken({ ...rsaHeader, alg: 'rs256' }, bench.claims(), rsa, 'RS256')],
  ['RS256 over a signature of PS256', (bench) => signedToken(rsaHeader, bench.claims(), rsa, 'PS256')],
  ['RS256 over a signature with another digest', (bench) => signedToken(rsaHeader, bench.claims(), rsa, 'RS512')],
  [
    'an algorithm of another issuer',
    (bench) => [
      signedToken({ ...rsaHeader, alg: 'ES256' }, bench.claims(), ec, 'ES256'),
      signedToken({ alg: 'ES256', kid: 'ec-1' }, bench.claims(), ec, 'ES256'),
      signedToken({ ...ecHeader, alg: 'RS256' }, bench.claims({ iss: ecIssuer.issuer }), rsa, 'RS256'),
    ],
  ],
]

const signatures: readonly Forgery[] = [
  ['r = s = 0', (bench) => ecToken(bench, () => Buffer.alloc(64))],
  ['r = 0', (bench) => ecToken(bench, (_, s) => Buffer.concat([Buffer.alloc(32), s]))],
  ['s = 0', (bench) => ecToken(bench, (r) => Buffer.concat([r, Buffer.alloc(32)]))],
  ['r = s = n', (bench) => ecToken(bench, () => Buffer.concat([toBytes(orderP256, 32), toBytes(orderP256, 32)]))],
  ['r = n, s = 0', (bench) => ecToken(bench, () => Buffer.concat([toBytes(orderP256, 32), Buffer.alloc(32)]))],
  ['r = s = 1', (bench) => ecToken(bench, () => Buffer.concat([toBytes(1n, 32), toBytes(1n, 32)]))],
  ['r and s of all ones', (bench) => ecToken(bench, () => Buffer.alloc(64, 0xff))],
  ['r and s changed for each other', (bench) => ecToken(bench, (r, s) => Buffer.concat([s, r]))],
  [
    'r and s in DER',
    (bench) => {
      const content = unsigned(ecHeader, bench.claims({ iss: ecIssuer.issuer }))
      return `${content}.${sign('sha256', Buffer.from(content), ec).toString('base64url')}`
    },
  ],
  ['r and s of 33 bytes', (bench) => ecToken(bench, (r, s) => Buffer.concat([Buffer.alloc(1), r, Buffer.alloc(1), s]))],
  [
    'an EC signature cut off',
    (bench) => [63, 62, 32, 1].map((length) => ecToken(bench, (_, __, whole) => whole.subarray(0, length))),
  ],
  [
    'an EC signature with more behind it',
    (bench) => [1, 2, 64].map((more) => ecToken(bench, (_, __, whole) => Buffer.concat([whole, Buffer.alloc(more)]))),
  ],
  ['an RSA signature of zero', (bench) => [1, 255, 256, 257].map((length) => rsaToken(bench, () => Buffer.alloc(length)))],
  ['an RSA signature of one', (bench) => rsaToken(bench, () => toBytes(1n, 256))],
  ['an RSA signature that is the modulus', (bench) => rsaToken(bench, () => Buffer.from(publicJwk(rsa).n ?? '', 'base64url'))],
  ['an RSA signature cut off', (bench) => [255, 128].map((length) => rsaToken(bench, (whole) => whole.subarray(0, length)))],
  [
    'an RSA signature with zeros about it',
    (bench) => [
      rsaToken(bench, (whole) => Buffer.concat([Buffer.alloc(1), whole])),
      rsaToken(bench, (whole) => Buffer.concat([whole, Buffer.alloc(1)])),
    ],
  ],
  [
    'an RSA signature plus the modulus',
    (bench) =>
      rsaToken(bench, (whole) => {
        const modulus = BigInt(`0x${Buffer.from(publicJwk(rsa).n ?? '', 'base64url').toString('hex')}`)
        return toBytes(BigInt(`0x${whole.toString('hex')}`) + modulus, 257)
      }),
  ],
  ['an Ed25519 signature of zero', (bench) => edToken(bench, () => Buffer.alloc(64))],
  [
    'an Ed25519 signature with s plus the order',
    (bench) =>
      edToken(bench, (whole) => {
        const s = BigInt(`0x${Buffer.from(whole.subarray(32)).reverse().toString('hex')}`) + orderEd25519
        return Buffer.concat([whole.subarray(0, 32), toBytes(s, 32).reverse()])
      }),
  ],
  [
    'an Ed25519 signature cut off, or longer',
    (bench) => [
      edToken(bench, (whole) => whole.subarray(0, 63)),
      edToken(bench, (whole) => Buffer.concat([whole, Buffer.alloc(1)])),
    ],
  ],
  [
    'any bit of the signature changed',
    (bench) =>
      Array.from({ length: 64 }, (_, byte) =>
        ecToken(bench, (__, ___, whole) => {
          const changed = Buffer.from(whole)
          changed[byte] = (changed[byte] ?? 0) ^ (1 << (byte % 8))
          return changed
        }),
      ),
  ],
  [
    'claims of another token',
    (bench) => {
      const [header, , signature] = bench.token().split('.')
      return [
        `${header}.${encode(bench.claims({ tenant_id: 'beta' }))}.${signature}`,
        `${header}.${encode(JSON.stringify(bench.claims(), null, 1))}.${signature}`,
      ]
    },
  ],
  [
    'a header of another token',
    (bench) => {
      const [, claims, signature] = bench.token().split('.')
      return [{ ...rsaHeader, typ: 'JWT' }, { alg: 'RS256' }, { kid: 'rsa-1', alg: 'RS256' }].map(
        (header) => `${encode(header)}.${claims}.${signature}`,
      )
    },
  ],
]

const attackersKeys: readonly Forgery[] = [
  [
    'a key of nobody',
    (bench) => [
      bench.token(bench.claims(), rsaHeader, otherRsa),
      signedToken(ecHeader, bench.claims({ iss: ecIssuer.issuer }), otherEc, 'ES256'),
    ],
  ],
  [
    'the key of another trusted issuer',
    (bench) => [
      signedToken(edHeader, bench.claims(), ed, 'EdDSA'),
      signedToken({ alg: 'RS256', kid: 'rsa-1' }, bench.claims({ iss: ecIssuer.issuer }), rsa, 'RS256'),
      signedToken(
        { alg: 'EdDSA', kid: bench.local.issuer.publicJwk.kid },
        bench.claims({ iss: edIssuer.issuer }),
        bench.local.key,
        'EdDSA',
      ),
      signedToken(edHeader, bench.local.claims(), ed, 'EdDSA'),
    ],
  ],
  ...(
    [
      ['jwk', () => publicJwk(otherRsa)],
      ['jwk with the key id of the issuer', () => publicJwk(otherRsa, { kid: 'rsa-1', alg: 'RS256', use: 'sig' })],
      ['jku', () => 'https://attacker.example/jwks.json'],
      ['x5u', () => 'https://attacker.example/cert.pem'],
      ['x5c', () => ['MIIB']],
    ] as const
  ).map(
    ([name, value]): Forgery => [
      `a key that it brings along in ${name}`,
      (bench) =>
        ['rsa-1', 'attacker', undefined].map((kid) =>
          bench.token(bench.claims(), { alg: 'RS256', kid, [name.split(' ')[0] ?? '']: value() }, otherRsa),
        ),
    ],
  ),
  [
    'a key id that is a path, a query, an address or a name that objects have',
    (bench) =>
      [
        '../../../../dev/null',
        '/etc/passwd',
        'rsa-1\0',
        ' rsa-1',
        'RSA-1',
        "' UNION SELECT 'AA' --",
        "rsa-1' OR '1'='1",
        '$(id)',
        '| id',
        'https://attacker.example/key',
        '__proto__',
        'constructor',
        'toString',
        '0',
        '*',
        '',
      ].map((kid) => bench.token(bench.claims(), { alg: 'RS256', kid }, otherRsa)),
  ],
  [
    'a key id that the set lacks, though the key is in it',
    (bench) => bench.token(bench.claims(), { alg: 'RS256', kid: 'rsa-2' }),
  ],
]

export const forgeries: readonly Forgery[] = [...algorithms, ...signatures, ...attackersKeys]
