import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { serverEnvironment, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import type { Finding } from '../src/checks/finding.ts'
import { issuers } from '../src/checks/issuers.ts'
import type { Patient } from '../src/checks/patient.ts'
import { peers, refuseBadPeers } from '../src/checks/peers.ts'
import { plinth, refusalOf } from './support/plinth.ts'

const root = temporaryFolder()
const own = join(root, 'own')
const europe = join(root, 'eu')
const file = join(root, 'a-file')
const entry = { issuer: 'https://idp.example', audience: 'plinth', algorithms: ['EdDSA'], tenants: ['acme'] }

beforeAll(async () => {
  for (const folder of [own, europe]) mkdirSync(folder)
  symlinkSync(own, join(root, 'link'))
  writeFileSync(file, '')
  const { publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  writeFileSync(join(root, 'jwks.json'), JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] }))
  writeFileSync(join(root, 'issuers.json'), JSON.stringify([{ ...entry, keys: 'jwks.json' }]))
  writeFileSync(join(root, 'broken.json'), JSON.stringify([{ ...entry, keys: 'gone.json' }]))
})

const look = (check: typeof peers, variables: Readonly<Record<string, string>>) => check.look({ variables } as unknown as Patient)
const home = { PLINTH_DATA_DIR: own, PLINTH_REGION: 'us-east-1' }

const badPeers: readonly [string, () => string, RegExp][] = [
  [
    "the process's own region",
    () => `us-east-1=${europe}`,
    /PLINTH_REGIONS names us-east-1, which is the region of this process/,
  ],
  ['its own region behind a URL', () => 'us-east-1=https://us.example.com', /names us-east-1.*of this process/],
  [
    "the process's own folder",
    () => `eu-central-1=${own}`,
    /gives eu-central-1 the folder .*own, which is the data folder of this process/,
  ],
  [
    'its own folder by another name',
    () => `eu-central-1=${join(root, 'link')}`,
    /folder .*link, which is the data folder of this process/,
  ],
  ['a folder that is not there', () => `eu-central-1=${join(root, 'gone')}`, /folder .*gone, which is not there/],
  ['a file', () => `eu-central-1=${file}`, /folder .*a-file, which is no folder/],
  [
    'one folder for two regions',
    () => `eu-central-1=${europe},eu-west-1=${europe}/`,
    /gives eu-west-1 .*data folder of eu-central-1/,
  ],
]

describe('PLINTH_REGIONS [X75]', () => {
  it.each(badPeers)('with %s is a problem, and so it is for a start, in the same words', async (_, regions, words) => {
    const found = await look(peers, { ...home, PLINTH_REGIONS: regions() })
    expect(found).toMatchObject({ status: 'problem', message: expect.stringMatching(words), remedy: expect.stringMatching(/\S/) })
    const places = new Map(
      regions()
        .split(',')
        .map((part) => part.split('=') as [string, string]),
    )
    expect(() => refuseBadPeers({ directory: own, region: 'us-east-1', regions: places })).toThrow(
      `${found?.message} ${found?.remedy}`,
    )
  })

  it('with good peers is fine, before the first start too; without them, or malformed, there is nothing to look at here', async () => {
    const regions = `eu-central-1=${europe},eu-west-1=https://eu.example.com`
    for (const PLINTH_DATA_DIR of [own, join(root, 'not-yet')])
      expect(await look(peers, { ...home, PLINTH_DATA_DIR, PLINTH_REGIONS: regions })).toEqual({
        status: 'ok',
        message: 'This is us-east-1; its peers are eu-central-1, eu-west-1.',
      })
    for (const PLINTH_REGIONS of ['', 'nonsense', 'a=x,a=y'])
      expect(await look(peers, { ...home, PLINTH_REGIONS })).toBeUndefined()
  })
})

describe('PLINTH_ISSUERS [X75]', () => {
  it('that is good is told, and no URL is asked', async () => {
    expect(await look(issuers, { PLINTH_ISSUERS: join(root, 'issuers.json') })).toEqual({
      status: 'ok',
      message: '1 issuer besides this Plinth: https://idp.example.',
    })
    const url = JSON.stringify([{ ...entry, keys: 'https://127.0.0.1:9/jwks.json' }])
    expect(await look(issuers, { PLINTH_ISSUERS: url })).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/behind URLs/),
    })
    expect(await look(issuers, {})).toBeUndefined()
  })

  it.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => join(root, 'none.json'), /none\.json can not be read/],
    ['a file that is no list', () => file, /no JSON list/],
    ['an entry that is wrong', () => '[{"issuer":"plinth"}]', /0\.issuer: Must not be plinth/],
    ['a file of keys that is not there', () => join(root, 'broken.json'), /gone\.json can not be read/],
  ])('with %s is a problem', async (_, setting, words) => {
    expect(await look(issuers, { PLINTH_ISSUERS: setting() })).toMatchObject({
      status: 'problem',
      message: expect.stringMatching(words),
      remedy: expect.stringMatching(/PLINTH_ISSUERS/),
    })
  })
})

describe('the command [X75]', () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['regions', { PLINTH_REGIONS: `us-east-1=${europe}` }, 'PLINTH_REGIONS'],
    ['environment', { PLINTH_REGIONS: `eu-central-1=${europe},eu-central-1=${own}` }, 'PLINTH_REGIONS'],
    ['issuers', { PLINTH_ISSUERS: join(root, 'broken.json') }, 'PLINTH_ISSUERS'],
  ])('doctor finds %s wrong and exits 1; start refuses in the same words', async (check, wrong, name) => {
    const doctor = await plinth(['doctor', '--json'], { ...home, PLINTH_URL: 'http://127.0.0.1:9', ...wrong })
    expect(doctor.exit.code).toBe(1)
    const { findings } = JSON.parse(doctor.stdout) as { findings: Finding[] }
    const problems = findings.filter(({ status }) => status === 'problem')
    expect(problems.map((finding) => finding.check)).toEqual([check])
    const message = problems[0]?.message ?? ''
    expect(message).toContain(name)
    const start = refusalOf(await plinth(['start'], serverEnvironment(own, { ...home, ...wrong })))
    expect(start).toContain(message)
  })

  it('start takes good ones', async () => {
    const good = { PLINTH_REGIONS: `eu-central-1=${europe}`, PLINTH_ISSUERS: join(root, 'issuers.json') }
    const { process } = await startPlinth(own, { ...home, ...good })
    expect((await process.stop()).code).toBe(0)
  })
})
