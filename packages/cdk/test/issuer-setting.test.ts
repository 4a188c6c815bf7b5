import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CfnParameter, Stack } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { checkIssuerSetting } from '../src/issuer-setting.ts'
import { handlerFolder, plinthStack } from './support/synthesised.ts'

const entry = { issuer: 'https://idp.example', audience: 'plinth', algorithms: ['RS256'], tenants: ['acme'] }
const list = (keys: unknown) => JSON.stringify([{ ...entry, keys }])
const url = 'https://idp.example/jwks.json'
const keySet = JSON.stringify({
  keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'one' }],
})
const ofEd = (keys: unknown) => JSON.stringify([{ ...entry, algorithms: ['EdDSA'], keys }])

/** A folder of handlers with these files, by their path in it. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = handlerFolder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** In the folders of both functions that check tokens. */
function inBoth(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const both = ['api', 'authorizer'].flatMap((name) =>
    Object.entries(files).map(([path, content]) => [`${name}/${path}`, content]),
  )
  return Object.fromEntries(both)
}

describe('PLINTH_ISSUERS of the functions', () => {
  it.each<[string, string | undefined, Readonly<Record<string, string>>]>([
    ['nothing', undefined, {}],
    ['an empty text, which is nothing', '', {}],
    ['a list', list(url), {}],
    ['a file of both functions', 'issuers.json', inBoth({ 'issuers.json': list(url) })],
    [
      'one in a folder, whose keys are beside it',
      'idp/issuers.json',
      inBoth({ 'idp/issuers.json': ofEd('keys.json'), 'idp/keys.json': keySet }),
    ],
    ['a list with keys of both functions', ofEd('keys.json'), inBoth({ 'keys.json': keySet })],
    ['what is known at deployment only', new CfnParameter(new Stack(), 'Issuers').valueAsString, {}],
  ])('may be %s', (_, setting, files) => {
    expect(() => checkIssuerSetting(setting, folderWith(files))).not.toThrow()
  })

  it.each<[string, string, Readonly<Record<string, string>>, RegExp]>([
    ['a file that is nowhere', 'issuers.json', {}, /PLINTH_ISSUERS .*issuers\.json can not be read.*handlerFolder/],
    ['a file of the server alone', 'issuers.json', { 'api/issuers.json': list(url) }, /issuers\.json can not be read/],
    ['a file of the authorizer alone', 'issuers.json', { 'authorizer/issuers.json': list(url) }, /issuers\.json can not be read/],
    [
      'a file of this machine',
      join(folderWith(inBoth({ 'issuers.json': list(url) })), 'api/issuers.json'),
      {},
      /can not be read.*named from there/,
    ],
    ['keys that are nowhere', ofEd('keys.json'), { 'api/keys.json': keySet }, /keys\.json can not be read/],
    ['a list that is none', '[{"issuer": "x"}]', {}, /Trusted issuers/],
  ])('may not be %s', (_, setting, files, words) => {
    expect(() => checkIssuerSetting(setting, folderWith(files))).toThrow(words)
    expect(() => checkIssuerSetting(setting, folderWith(files))).toThrow(/^functions\.environment: PLINTH_ISSUERS/)
  })

  it('is looked at by the construct', () => {
    const environment = { PLINTH_ISSUERS: 'issuers.json' }
    expect(() => plinthStack({ props: { functions: { environment } } })).toThrow(/issuers\.json can not be read/)
    const made = () =>
      plinthStack({ props: { functions: { environment, handlerFolder: folderWith(inBoth({ 'issuers.json': list(url) })) } } })
    expect(made).not.toThrow()
  })
})
