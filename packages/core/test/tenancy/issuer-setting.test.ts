import { describe, expect, it } from 'vitest'
import { InvalidInputError, readIssuerSetting } from '../../src/index.ts'
import { publicJwk, rsa } from '../identity/issuer-bench.ts'

const set = { keys: [publicJwk(rsa, { kid: 'rsa-1' })] }
const entry = { issuer: 'https://idp.example', audience: 'plinth', algorithms: ['RS256'], tenants: ['acme'] }
const list = (...keys: readonly unknown[]) =>
  JSON.stringify(keys.map((each, index) => ({ ...entry, issuer: `https://${index}.example`, keys: each })))

/** Reads from these files, which lie beside the one that names them. */
function read(setting: string, files: Readonly<Record<string, string>> = {}) {
  return readIssuerSetting(setting, (name, namedIn) => {
    const path = namedIn === undefined ? name : `${namedIn.replace(/[^/]*$/, '')}${name}`
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  })
}

describe('PLINTH_ISSUERS', () => {
  it('is a list, or a file with one; keys are a set, a URL, or a file with a set', () => {
    const url = 'https://idp.example/jwks.json'
    const keysOf = (setting: string, files?: Readonly<Record<string, string>>) => read(setting, files).map(({ keys }) => keys)
    const files = { 'jwks.json': JSON.stringify(set), '/etc/keys/jwks.json': JSON.stringify(set) }
    expect(keysOf(list(set, url, 'jwks.json'), files)).toEqual([set, url, set])
    expect(
      keysOf('/etc/keys/issuers.json', {
        '/etc/keys/issuers.json': list('jwks.json', url),
        '/etc/keys/jwks.json': JSON.stringify(set),
      }),
    ).toEqual([set, url])
    expect(read(' []')).toEqual([])
  })

  it.each<[string, string, Readonly<Record<string, string>>, RegExp]>([
    ['a file that is not there', 'issuers.json', {}, /The file issuers\.json can not be read/],
    ['a file with something else', 'issuers.json', { 'issuers.json': '{}' }, /Trusted issuers/],
    ['no JSON', '[{]', {}, /JSON list/],
    ['a key twice', '[{"keys":"jwks.json","keys":"jwks.json"}]', { 'jwks.json': JSON.stringify(set) }, /key twice/],
    ['a file of keys that is not there', list('jwks.json'), {}, /The file jwks\.json can not be read/],
    ['a file of keys that is no JSON', list('jwks.json'), { 'jwks.json': '{' }, /The file jwks\.json holds no key set/],
    ['a file of keys with a list', list('jwks.json'), { 'jwks.json': '[]' }, /The file jwks\.json holds no key set/],
    ['a file of no keys', list('jwks.json'), { 'jwks.json': '{"keys":[]}' }, /0\.keys\.keys/],
    [
      'a private key',
      list('jwks.json'),
      { 'jwks.json': JSON.stringify({ keys: [{ ...set.keys[0], d: 'AQAB' }] }) },
      /0\.keys\.keys\.0\.d: Must be a public key/,
    ],
    ['keys behind http', list('http://idp.example/jwks.json'), {}, /0\.keys: Must be https/],
    ['keys of another scheme', list('file:///etc/jwks.json'), {}, /0\.keys/],
    ['keys of nothing', list(''), {}, /0\.keys/],
  ])('refuses %s, and names the variable', (_, setting, files, words) => {
    expect(() => read(setting, files)).toThrow(InvalidInputError)
    expect(() => read(setting, files)).toThrow(words)
    expect(() => read(setting, files)).toThrow(/^PLINTH_ISSUERS is no JSON list/)
  })
})
