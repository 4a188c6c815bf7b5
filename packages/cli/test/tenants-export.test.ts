import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type StatementKeys, statementKeys } from '@plinth/core'
import fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { plinthCommand } from '../../../test/e2e/support/command.ts'
import { PlinthProcess, type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { mintToken } from '../src/local-identity.ts'
import { type ExportVerdict, verifyExport } from '../src/tenants/verify-export.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

let folder: string
let server: RunningPlinth
let environment: Record<string, string>
let file: string
/** The lines of a good export, each with its line feed. */
let exported: string[]
let keySet: { keys: JWK[] }
let keys: StatementKeys

beforeAll(async () => {
  folder = temporaryFolder()
  server = await startPlinth(folder)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
  const token = await mintToken({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }, { PLINTH_DATA_DIR: folder })
  await plinth(['submit', 'The canary sings at noon'], { ...environment, PLINTH_TOKEN: token })
  await until('the audit trail has a block', async () => {
    const { body } = await call<{ entries: number }>(server.url, '/api/tenants/demo/audit/verify', { token })
    return body.entries > 1
  })
  file = join(folder, 'demo.jsonl')
  const run = await plinth(['tenants', 'export', 'demo', '--out', file], environment)
  expect([run.exit.code, run.stderr]).toEqual([0, ''])
  exported = readFileSync(file, 'utf8').split(/(?<=\n)/)
  keySet = (await call<{ keys: JWK[] }>(server.url, '/.well-known/jwks.json')).body
  keys = await statementKeys(keySet)
})

async function verify(content: string | Uint8Array, known: StatementKeys = keys): Promise<ExportVerdict> {
  const bytes = Buffer.from(content)
  // In pieces that end anywhere.
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.byteLength; start += 1_000) yield bytes.subarray(start, start + 1_000)
  }
  return verifyExport(pieces(), known)
}

const codesOf = ({ faults }: ExportVerdict): string[] => faults.map(({ code }) => code)
const endOf = (): Record<string, unknown> => JSON.parse(exported.at(-1) ?? '')

describe('plinth tenants export', () => {
  it("has all that is the tenant's, opened, and is readable for its owner alone", () => {
    const found = exported.map((line) => JSON.parse(line) as { type: string })
    expect(new Set(found.map(({ type }) => type))).toEqual(new Set(['tenant', 'record', 'event', 'audit', 'end']))
    expect(exported.join('')).toContain('The canary sings at noon')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(existsSync(`${file}.part`)).toBe(false)
  })

  it('to standard output, and nothing else there', async () => {
    const run = await plinth(['tenants', 'export', 'demo'], environment)
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    expect(await verify(run.stdout)).toMatchObject({ valid: true, tenant_id: 'demo' })
  })

  it('ends without a stack when nobody reads on', async () => {
    const [program = '', ...args] = plinthCommand()
    const child = spawn(program, [...args, 'tenants', 'export', 'demo'], { env: { PATH: process.env.PATH, ...environment } })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text))
    child.stdout.destroy()
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect([code, words]).toEqual([1, 'What reads the output has closed it.\n'])
  })

  it('--json says what was written', async () => {
    const out = join(folder, 'json.jsonl')
    const run = await plinth(['tenants', 'export', 'demo', '--out', out, '--json'], environment)
    const { sha256, lines: count } = JSON.parse(lines(readFileSync(out, 'utf8')).at(-1) ?? '') as {
      sha256: string
      lines: number
    }
    expect(JSON.parse(run.stdout)).toEqual({
      file: out,
      tenant_id: 'demo',
      lines: count,
      sha256,
      at: expect.stringMatching(/Z$/),
    })
  })

  it.each([
    ['a folder', () => folder, /is a folder/],
    ['a place that is not there', () => '/nowhere/at/all.jsonl', /can't be written.*ENOENT/],
  ])('refuses %s', async (_, out, words) => {
    expect(refusalOf(await plinth(['tenants', 'export', 'demo', '--out', out()], environment))).toMatch(words)
  })

  it('refuses beside another one to the same file', async () => {
    const out = join(folder, 'busy.jsonl')
    writeFileSync(`${out}.part`, 'half')
    expect(refusalOf(await plinth(['tenants', 'export', 'demo', '--out', out], environment))).toMatch(
      /busy\.jsonl\.part is there/,
    )
    expect(readFileSync(`${out}.part`, 'utf8')).toBe('half')
    expect(existsSync(out)).toBe(false)
  })
})

describe('an export that is cut off', () => {
  let edge: Server
  let answer: (response: ServerResponse) => void
  let there: Record<string, string>

  beforeAll(async () => {
    edge = createServer(({ url }, response) => {
      if (url === '/healthz') return response.end('{}')
      response.setHeader('content-type', 'application/x-ndjson')
      return answer(response)
    })
    await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve))
    there = { PLINTH_URL: `http://127.0.0.1:${(edge.address() as AddressInfo).port}`, PLINTH_TOKEN: 'a.b.c' }
  })
  afterAll(() => {
    edge.closeAllConnections()
    edge.close()
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['the connection breaks', (response) => response.write(exported.slice(0, 3).join(''), () => response.destroy())],
    ['it ends without its end', (response) => response.end(exported.slice(0, -1).join(''))],
    ['in the middle of a line', (response) => response.end(exported.join('').slice(0, -40))],
    ['a line is missing', (response) => response.end([...exported.slice(0, 2), ...exported.slice(3)].join(''))],
    ['nothing comes', (response) => response.end()],
  ])('is an error, and has no file: %s', async (_, cut) => {
    answer = cut
    const out = join(temporaryFolder(), 'out.jsonl')
    writeFileSync(out, 'the export of last month')
    const run = await plinth(['tenants', 'export', 'demo', '--out', out], there)
    expect(refusalOf(run)).toMatch(/did not come whole/)
    expect(run.stdout).toBe('')
    expect(existsSync(`${out}.part`)).toBe(false)
    expect(readFileSync(out, 'utf8')).toBe('the export of last month')
    expect((await plinth(['tenants', 'export', 'demo'], there)).exit.code).toBe(1)
  })

  it('by whoever asked for it: the same', async () => {
    answer = (response) => response.write(exported.slice(0, 3).join(''))
    const out = join(temporaryFolder(), 'out.jsonl')
    const run = new PlinthProcess(['tenants', 'export', 'demo', '--out', out], { environment: there })
    await until('it writes', () => existsSync(`${out}.part`), { within: 30_000 })
    run.signal('SIGINT')
    expect(await run.exited).toEqual({ code: 1, signal: null })
    expect(run.stderr).toMatch(/^Interrupted/)
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false])
  })

  it('what is no export is not taken for one', async () => {
    answer = (response) => response.setHeader('content-type', 'text/html').end('<p>Log in</p>')
    expect(refusalOf(await plinth(['tenants', 'export', 'demo'], there))).toMatch(/no Plinth/)
  })
})

describe('plinth tenants verify-export', () => {
  it('a good one: whole, unchanged, with its audit trail', async () => {
    const run = await plinth(['tenants', 'verify-export', file], environment)
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(
      /is whole and unchanged: all of demo at 20\S+Z, \d+ lines\.\nThe audit trail in it is whole: \d+ entr/,
    )
    expect(await verify(exported.join(''))).toMatchObject({
      valid: true,
      faults: [],
      key_id: keySet.keys[0]?.kid,
      audit: { valid: true },
    })
  })

  it('when the server is gone: by its key set in a file, and without a token', async () => {
    const gone = { PLINTH_URL: 'http://127.0.0.1:9' }
    expect(refusalOf(await plinth(['tenants', 'verify-export', file], gone))).toMatch(/npm start.*--jwks/)
    const jwks = join(folder, 'jwks.json')
    writeFileSync(jwks, JSON.stringify(keySet))
    const run = await plinth(['tenants', 'verify-export', file, '--jwks', jwks, '--json'], gone)
    expect([run.exit.code, JSON.parse(run.stdout)]).toEqual([0, expect.objectContaining({ valid: true, tenant_id: 'demo' })])
    const url = `${server.url}/.well-known/jwks.json`
    expect((await plinth(['tenants', 'verify-export', file, '--jwks', url], gone)).exit.code).toBe(0)
  })

  it('a tampered one: says what is wrong, and exits 1', async () => {
    const tampered = join(folder, 'tampered.jsonl')
    writeFileSync(tampered, exported.join('').replace('canary', 'cuckoo'))
    const run = await plinth(['tenants', 'verify-export', tampered], environment)
    expect([run.exit.code, run.stderr]).toEqual([1, ''])
    expect(run.stdout).toMatch(/NOT a good export:\n {2}Its content is not what was exported/)
    const json = await plinth(['tenants', 'verify-export', tampered, '--json'], environment)
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, faults: [{ code: 'content_changed' }] })
  })

  it('refuses what is no file, and what is no key set', async () => {
    expect(refusalOf(await plinth(['tenants', 'verify-export', '/nowhere.jsonl'], environment))).toMatch(/no file \/nowhere/)
    expect(refusalOf(await plinth(['tenants', 'verify-export', folder], environment))).toMatch(/can't be read/)
    expect(refusalOf(await plinth(['tenants', 'verify-export', file, '--jwks', file], environment))).toMatch(/no JSON object/)
    const healthz = `${server.url}/healthz`
    expect(refusalOf(await plinth(['tenants', 'verify-export', file, '--jwks', healthz], environment))).toMatch(/no key set/)
  })
})

describe('an export that was tampered with', () => {
  /** A line of the content. */
  const place = () => fc.nat({ max: exported.length - 2 })
  const bad = async (content: string | Uint8Array): Promise<void> => {
    expect((await verify(content)).valid).toBe(false)
  }

  it('a byte changed anywhere', async () => {
    const bytes = Buffer.from(exported.join(''))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.byteLength - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(bytes)
        changed[at] = (bytes[at] ?? 0) ^ change
        await bad(changed)
      }),
      { numRuns: 300 },
    )
  })

  it('cut anywhere, by one byte too', async () => {
    const content = exported.join('')
    await bad(content.slice(0, -1))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: content.length - 1 }), async (length) => bad(content.slice(0, length))),
      { numRuns: 200 },
    )
    expect(codesOf(await verify(exported.slice(0, -1).join('')))).toContain('cut_off')
    expect(codesOf(await verify(''))).toContain('cut_off')
  })

  it('a line removed, doubled or put elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(place(), place(), async (from, to) => {
        await bad(exported.toSpliced(from, 1).join(''))
        await bad(exported.toSpliced(to, 0, exported[from] ?? '').join(''))
        if (from !== to)
          await bad(
            exported
              .toSpliced(from, 1)
              .toSpliced(to, 0, exported[from] ?? '')
              .join(''),
          )
      }),
      { numRuns: 60 },
    )
    expect(codesOf(await verify(exported.toSpliced(1, 1).join('')))).toEqual(
      expect.arrayContaining(['lines_missing_or_added', 'content_changed']),
    )
  })

  it('lines behind its end', async () => {
    for (const line of ['{"type":"record"}\n', '\n', exported.at(-1) ?? '', exported[0] ?? ''])
      expect(codesOf(await verify(exported.join('') + line))).toContain('lines_after_end')
  })

  it('its end rewritten to fit, under the old signature', async () => {
    const changed = exported.slice(0, -1).join('').replace('canary', 'cuckoo')
    const { sha256 } = await verify(changed + exported.at(-1))
    expect(codesOf(await verify(`${changed}${JSON.stringify({ ...endOf(), sha256 })}\n`))).toEqual(['signature_forged'])
    for (const other of [{ tenant_id: 'acme' }, { at: 1 }, { lines: 1 }])
      expect(codesOf(await verify(`${exported.slice(0, -1).join('')}${JSON.stringify({ ...endOf(), ...other })}\n`))).toContain(
        'signature_forged',
      )
  })

  it('an end that says more than what is signed, or something twice', async () => {
    const content = exported.slice(0, -1).join('')
    const end = exported.at(-1) ?? ''
    for (const other of [end.replace('{"type":"end",', '{"type":"end","note":1,'), end.replace('"lines":', '"lines":1,"lines":')])
      expect(codesOf(await verify(content + other))).toContain('cut_off')
  })

  it('times that no date can tell', async () => {
    await bad(`${exported.slice(0, -1).join('')}${JSON.stringify({ ...endOf(), at: 1e15 })}\n`)
  })
})

describe('the signature of an export', () => {
  const content = () => exported.slice(0, -1).join('')
  const signedAs = (signature: string) => verify(`${content()}${JSON.stringify({ ...endOf(), signature })}\n`).then(codesOf)
  const signatureOf = () => String(endOf().signature)
  const claims = () => decodeJwt(signatureOf())

  it('by a key of somebody else: under the id of ours, under its own, or brought along', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const header = { alg: 'EdDSA', typ: 'plinth-statement+jwt', kid: String(keySet.keys[0]?.kid) }
    expect(decodeProtectedHeader(signatureOf())).toEqual(header)
    const sign = (headers: object) => new SignJWT(claims()).setProtectedHeader({ ...header, ...headers }).sign(privateKey)
    expect(await signedAs(await sign({}))).toEqual(['signature_forged'])
    expect(await signedAs(await sign({ kid: 'mine' }))).toEqual(['signature_unknown_key'])
    expect(await signedAs(await sign({ jwk: await exportJWK(publicKey) }))).toEqual(['signature_forged'])
  })

  it('none, another algorithm, or what is signed for something else', async () => {
    const [, payload, signature] = signatureOf().split('.')
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url')
    const kid = String(keySet.keys[0]?.kid)
    const typ = 'plinth-statement+jwt'
    // The same bytes in another spelling: the last of 86 letters has four bits that mean nothing.
    const respelt = signatureOf().replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1))
    for (const odd of [
      '',
      respelt,
      'a.b.c',
      `${signatureOf()}.${signature}`,
      `${signatureOf()} `,
      `${encode({ alg: 'none', typ, kid })}.${payload}.`,
      `${encode({ alg: 'HS256', typ, kid })}.${payload}.${signature}`,
      `${encode({ alg: 'EdDSA', typ, kid, crit: ['b64'], b64: false })}.${payload}.${signature}`,
      await mintToken({ tenant: 'demo', user: 'ann', permissions: [], lifetime: 600 }, { PLINTH_DATA_DIR: folder }),
    ])
      expect(await signedAs(odd), odd).toEqual(['signature_malformed'])
  })

  it('of another export', async () => {
    const other = join(folder, 'other.jsonl')
    await plinth(['tenants', 'export', 'demo', '--out', other], environment)
    const end = JSON.parse(lines(readFileSync(other, 'utf8')).at(-1) ?? '') as { signature: string }
    expect(await signedAs(end.signature)).toEqual(['signature_forged'])
  })

  it('holds for what a Plinth signed; the audit trail is looked at all the same', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const own = await statementKeys({ keys: [{ ...(await exportJWK(publicKey)), kid: 'own' }] })
    const seal = async (content: readonly string[], claims: object = {}): Promise<ExportVerdict> => {
      const sha256 = createHash('sha256').update(content.join('')).digest('hex')
      const end = { tenant_id: 'demo', lines: content.length, sha256, at: 1_800_000_000 }
      const signature = await new SignJWT({ ...end, iss: 'plinth', aud: 'plinth-statement', ...claims })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'plinth-statement+jwt', kid: 'own' })
        .sign(privateKey)
      return verify(`${content.join('')}${JSON.stringify({ type: 'end', ...end, signature })}\n`, own)
    }
    const lines = exported.slice(0, -1)
    const isBlock = (line: string): boolean => line.startsWith('{"type":"audit","kind":"audit-block"')
    expect(await seal(lines)).toMatchObject({ valid: true, key_id: 'own', at: '2027-01-15T08:00:00.000Z' })
    for (const claims of [{ aud: 'plinth' }, { iss: 'https://idp.example.com' }])
      expect(codesOf(await seal(lines, claims))).toEqual(['signature_forged'])
    expect(codesOf(await seal(lines.filter((line) => !isBlock(line))))).toEqual(['audit_broken'])
    expect(codesOf(await seal(lines.filter((line) => !line.startsWith('{"type":"audit"'))))).toEqual(['audit_broken'])
    const others = [`{"type":"audit","kind":"audit-head","tenant_id":"acme","sequence":0,"hash":"${'0'.repeat(64)}","total":0}\n`]
    expect((await seal(others)).faults).toEqual([{ code: 'audit_broken', message: 'The audit trail in it is of acme.' }])
  })

  it('key sets: those of another, with a key twice, with keys that are none', async () => {
    expect(codesOf(await verify(exported.join(''), await statementKeys({ keys: [] })))).toEqual(['signature_unknown_key'])
    const [key = {}] = keySet.keys
    const rsa = { kty: 'RSA', kid: String(key.kid), n: 'AQAB', e: 'AQAB' }
    expect((await verify(exported.join(''), await statementKeys({ keys: [rsa, key, null, 7] }))).valid).toBe(true)
    for (const set of [null, [], {}, { keys: {} }, { keys: [key, key] }, { keys: [{ ...key, x: 'AQAB' }] }])
      await expect(statementKeys(set)).rejects.toThrow(/key/)
    expect(codesOf(await verify(exported.join(''), await statementKeys({ keys: [{ ...key, use: 'enc' }] })))).toEqual([
      'signature_unknown_key',
    ])
  })
})
