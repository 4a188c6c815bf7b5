import { isIP } from 'node:net'
import { OutboundError } from '@plinth/core'
import { systemClock } from '@plinth/local'
import { GuardedHttp } from '@plinth/outbound'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublicAddress, plainAddress } from '../src/address-rules.ts'

const guard = new GuardedHttp({ clock: systemClock })

/** What a look at a URL says, without a call. */
function verdict(url: string, outbound = guard): string {
  try {
    outbound.checkUrl(url)
    return 'taken'
  } catch (error) {
    if (error instanceof OutboundError) return error.code
    throw error
  }
}

const closed = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.0', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.254', '169.254.0.1', '169.254.169.254', '169.254.170.2', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1', '192.168.255.255', '198.18.0.1', '198.19.255.255'],
  ...['198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1'],
  ...[
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
  ],
  ...[
    '2001::1',
    '2001:0:7f00:1::',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '3fff::1',
    '5f00::1',
    '4000::1',
  ],
]
const open = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.1', '93.184.215.14', '100.63.255.255', '100.128.0.1', '126.255.255.255'],
  ...['128.0.0.1', '169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.1', '192.167.255.255', '192.169.0.1'],
  ...['198.17.255.255', '198.20.0.1', '223.255.255.255', '168.63.129.15', '::ffff:8.8.8.8', '64:ff9b::808:808'],
  ...['2600:1f18::1', '2a00:1450:4001:80e::200e', '2001:4860:4860::8888', '2606:2800:220:1::', '3ffe:ffff::1'],
]

describe('[R21] addresses that are open to everyone, and those that are not', () => {
  it.each(closed)('%s is closed', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(open)('%s is open', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', 'g::1', '1.2.3.4/8', '[::1]'])(
    '%j is no address, so closed',
    (text) => {
      expect(isPublicAddress(text)).toBe(false)
    },
  )

  it('an IPv6 address that stands for an IPv4 address is judged as that', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const tail = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        for (const prefix of ['::ffff:', '0:0:0:0:0:FFFF:', '64:ff9b::', '0064:ff9b:0:0:0:0:']) {
          expect(plainAddress(prefix + tail)).toBe(address)
          expect(plainAddress(prefix + address)).toBe(address)
          expect(isPublicAddress(prefix + tail)).toBe(isPublicAddress(address))
        }
        expect(isPublicAddress(`2002:${tail}::1`)).toBe(false)
        expect(isPublicAddress(`::${tail}`)).toBe(false)
      }),
    )
  })

  it('only 2000::/3 is ever open, and never what it sets apart', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        if (plainAddress(address) !== address || !isPublicAddress(address)) return
        const first = Number.parseInt(new URL(`http://[${address}]/`).hostname.slice(1).split(':')[0] ?? '', 16)
        expect(first).toBeGreaterThanOrEqual(0x2000)
        expect(first).toBeLessThan(0x4000)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** Every way to write an IPv4 address that some parser takes: parts in three bases, the last ones run together, a dot behind. */
function spellings([a, b, c, d]: readonly [number, number, number, number], base: readonly string[], dot: string): string[] {
  const write = (value: number, index: number): string => {
    const how = base[index % base.length]
    if (how === 'octal') return `0${value.toString(8)}`
    return how === 'hex' ? `0x${value.toString(16)}` : how === 'HEX' ? `0X${value.toString(16).toUpperCase()}` : String(value)
  }
  const forms = [[a, b, c, d], [a, b, c * 256 + d], [a, b * 65_536 + c * 256 + d], [((a * 256 + b) * 256 + c) * 256 + d]]
  return forms.map((parts) => parts.map(write).join('.') + dot)
}

const byte = fc.integer({ min: 0, max: 255 })
const bases = fc.array(fc.constantFrom('decimal', 'octal', 'hex', 'HEX'), { minLength: 1, maxLength: 4 })

describe('[R21] odd spellings of a host', () => {
  it('every spelling of an IPv4 address is judged as that address', () => {
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), bases, fc.constantFrom('', '.'), (parts, base, dot) => {
        const expected = isPublicAddress(parts.join('.')) ? 'taken' : 'address_refused'
        for (const host of spellings(parts, base, dot)) expect(verdict(`http://${host}:8080/x`), host).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('full-width and circled digits, ideographic dots and percent signs hide nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.1.1'),
        fc.array(fc.constantFrom('plain', 'wide', 'percent', 'circled'), { minLength: 1, maxLength: 15 }),
        fc.constantFrom('.', '。', '．', '｡'),
        (address, styles, dot) => {
          const host = [...address].map((character, index) => {
            if (character === '.') return dot
            const style = styles[index % styles.length]
            if (style === 'wide') return String.fromCodePoint(0xff10 + Number(character))
            if (style === 'percent') return `%3${character}`
            return style === 'circled' && character !== '0' ? String.fromCodePoint(0x245f + Number(character)) : character
          })
          expect(verdict(`https://${host.join('')}/`), host.join('')).toBe('address_refused')
        },
      ),
    )
  })

  it.each([
    ...['localhost', 'LOCALHOST', 'localhost.', 'LocalHost.:80', 'api.localhost', 'a.b.localhost.', 'ⓛocalhost', 'loc%61lhost'],
    ...[
      '[::1]',
      '[0:0:0:0:0:0:0:1]',
      '[::FFFF:7F00:1]',
      '[::ffff:127.0.0.1]',
      '[0000::1]',
      '[::]',
      '[fe80::1]',
      '[64:ff9b::10.0.0.1]',
    ],
    ...['0', '0.0.0.0', '0x0', '00', '127.1', '127.0.1', '0x7f.1', '2130706433', '017700000001', '0x7f000001', '3232235777'],
  ])('http://%s/ is refused', (host) => {
    expect(verdict(`http://${host}/`)).toBe('address_refused')
    expect(verdict(`https://${host}/a?b`)).toBe('address_refused')
  })

  it.each([
    'http://[fe80::1%25eth0]/',
    'http://127.0.0.1%00.example.test/',
    'http://a@127.0.0.1/',
    'http://127.0.0.1\t/',
    'http:/\\127.0.0.1',
  ])('%j is no URL at all', (url) => {
    expect(verdict(url)).toBe('url_invalid')
  })

  it.each([
    'https://example.com/',
    'http://example.com./a',
    'https://EXAMPLE.com:8443',
    'https://bücher.example/',
    'https://localhost.example.com/',
    'http://8.8.8.8/',
  ])('%s is taken', (url) => {
    expect(verdict(url)).toBe('taken')
  })

  it('whatever a URL holds, a host that is an address is a public one', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.webAuthority({ withUserInfo: true, withPort: true }),
    )
    fc.assert(
      fc.property(fc.constantFrom('http:', 'https:', 'HTTP:'), host, fc.webPath(), (scheme, authority, path) => {
        const url = `${scheme}//${authority}${path}`
        if (verdict(url) !== 'taken') return
        const { hostname, username } = new URL(url)
        expect(username).toBe('')
        const address = hostname.replace(/^\[|\]$/g, '')
        if (isIP(address) !== 0) expect(isPublicAddress(address)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('what is allowed besides', () => {
  const allowing = (...allow: string[]): ((url: string) => string) => {
    const outbound = new GuardedHttp({ clock: systemClock, allow })
    return (url) => verdict(url, outbound)
  }

  it('an address, at every port or at one', () => {
    const look = allowing('127.0.0.1', '10.1.2.3:8080', '[::1]:9000', 'fd00::5', '[fd00::6]')
    expect(['http://127.0.0.1/', 'http://127.1:9/', 'http://[::ffff:127.0.0.1]/', 'http://10.1.2.3:8080/'].map(look)).toEqual(
      Array(4).fill('taken'),
    )
    expect(['http://[::1]:9000/', 'http://[fd00::5]/', 'http://[fd00:0::6]:5/'].map(look)).toEqual(Array(3).fill('taken'))
    const others = [
      'http://127.0.0.2/',
      'http://10.1.2.3/',
      'http://10.1.2.3:8081/',
      'http://[::1]/',
      'http://localhost/',
      'http://[fd00::7]/',
    ]
    expect(others.map(look)).toEqual(others.map(() => 'address_refused'))
  })

  it("a scheme's own port", () => {
    const look = allowing('10.0.0.1:80', '10.0.0.2:443')
    expect(look('http://10.0.0.1/')).toBe('taken')
    expect(look('https://10.0.0.1/')).toBe('address_refused')
    expect(look('https://10.0.0.2/')).toBe('taken')
    expect(look('http://10.0.0.2/')).toBe('address_refused')
  })

  it('a block of addresses', () => {
    const look = allowing('192.168.0.0/16', 'fd00::/8')
    expect(
      ['http://192.168.7.7/', 'http://[fdab::1]:1/', 'http://[::ffff:192.168.1.1]/', 'http://[64:ff9b::c0a8:101]/'].map(look),
    ).toEqual(Array(4).fill('taken'))
    expect(['http://192.169.0.1/', 'http://10.0.0.1/', 'http://[fc00::1]/', 'http://127.0.0.1/'].map(look)).toEqual([
      'taken',
      ...Array(3).fill('address_refused'),
    ])
  })

  it('a host by name, in any case, and no other below or above it', () => {
    const look = allowing('localhost:4000', 'Api.Localhost', 'bücher.localhost')
    expect(
      ['http://localhost:4000/', 'http://LOCALHOST.:4000/', 'http://api.localhost/', 'http://xn--bcher-kva.localhost/'].map(look),
    ).toEqual(Array(4).fill('taken'))
    expect(
      ['http://localhost/', 'http://localhost:4001/', 'http://b.api.localhost/', 'http://127.0.0.1:4000/'].map(look),
    ).toEqual(Array(4).fill('address_refused'))
  })

  it.each([
    '*',
    '*.example.com',
    '',
    ' ',
    'http://10.0.0.1',
    '10.0.0.1/',
    '10.0.0.0/33',
    '10.0.0.0/7',
    '0.0.0.0/0',
    '::/0',
    'fd00::/129',
    '10.0.0/8',
    'a b',
    'user@host',
    'host:port',
    'host:99999',
    '[::1',
    '10.0.0.1,10.0.0.2',
    'host/path',
    '?',
    'host:',
  ])('%j is no entry', (entry) => {
    expect(() => allowing(entry)).toThrow('PLINTH_OUTBOUND_ALLOW')
  })
})
