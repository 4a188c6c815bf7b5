import { type Authenticator, LocalIssuer, type Operator, systemTenant, TenantRegistry, VirtualKeys } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type AuthorizerEvent, admit, openGate } from '../src/api-gate.ts'

let bench: ReturnType<typeof memoryPlatform>
let operator: Operator
let registry: TenantRegistry
let gate: Authenticator
let token: string
let key: string

beforeEach(async () => {
  bench = memoryPlatform({ models: scriptedModels(() => 'Fine.') })
  operator = bench.platform.operate()
  registry = new TenantRegistry(operator)
  await registry.create('acme', 'Acme')
  token = await tokenOf('acme')
  gate = await openGate(operator)
  const caller = await gate.authenticate(`Bearer ${token}`, 'test')
  const made = await new VirtualKeys(operator).create(caller, 'acme', { permissions: ['models:write'] })
  key = made.key
})

describe('[R114] the authorizer takes', () => {
  it('a token, and lets it into the whole stage, for that one request', async () => {
    expect(await admit(asked('/api/requests', { Authorization: `Bearer ${token}` }), gate)).toEqual({
      principalId: 'acme',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/live/*',
          },
        ],
      },
      context: { tenant_id: 'acme' },
    })
  })

  it('a token or a virtual key under any guarded path, whatever the case of its header', async () => {
    for (const path of ['/api', '/v1/models', '/v1/messages', '/model/a%3Ab/converse', '/mcp', '/metrics', '/openapi.json'])
      for (const credential of [token, key])
        for (const name of ['Authorization', 'authorization'])
          expect(await verdict(path, { [name]: `Bearer ${credential}` }), path).toBe('acme')
  })

  it("an x-api-key alone, on the paths of Anthropic's protocol", async () => {
    for (const path of ['/v1/messages', '/v1/messages/count_tokens', '/v1/models/../messages'])
      for (const credential of [token, key]) expect(await verdict(path, { 'X-Api-Key': credential }), path).toBe('acme')
  })

  it('an x-api-key beside the same token, and refuses two that differ', async () => {
    const both = (authorization: string, apiKey: string) => verdict('/v1/messages', { authorization, 'x-api-key': apiKey })
    expect(await both(`bearer ${key}`, key)).toBe('acme')
    expect(await both(`Bearer ${token}`, key)).toBe('token_missing')
    expect(await both(`Bearer ${key}`, 'plk_other')).toBe('token_missing')
    expect(await both(`Bearer plk_other`, key)).toBe('token_missing')
    expect(await both('', key)).toBe('token_missing')
  })

  it('a cookie alone, on the paths of the console, for the server to judge', async () => {
    for (const path of ['/api', '/api/requests', '/v1/../api/requests'])
      expect(await verdict(path, { Cookie: 'a=b' })).toBe('unknown')
  })
})

describe('[R114] the authorizer refuses', () => {
  it('who brings nothing', async () => {
    for (const multiValueHeaders of [{}, null])
      await expect(admit({ ...asked('/api/requests', {}), multiValueHeaders }, gate)).rejects.toMatchObject({
        code: 'token_missing',
      })
  })

  it('what nobody issued', async () => {
    const forged = `${token.slice(0, -4)}AAAA`
    const bad = ['', 'Bearer', 'Bearer x', `Bearer ${forged}`, token, `Basic ${token}`, `Bearer ${token} x`, `Bearer ${key}x`]
    for (const authorization of bad)
      expect(await verdict('/api/requests', { authorization }), authorization).toMatch(/^token_(missing|invalid)$/)
    for (const apiKey of ['', 'x', forged, `Bearer ${token}`, `${key}x`])
      expect(await verdict('/v1/messages', { 'x-api-key': apiKey }), apiKey).toMatch(/^token_(missing|invalid)$/)
  })

  it('anything else that somebody thinks of, by the same words: nothing of it breaks the gate', async () => {
    const end = key.slice(-43)
    const thought = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[\w-]{1,9}\.[\w-]{1,9}\.[\w-]{1,9}$/),
      fc.string().map((text) => `plk_${text}_${end}`),
      fc.nat({ max: token.length - 2 }).map((at) => token.slice(0, at) + token.slice(at + 1)),
      fc.nat({ max: key.length - 1 }).map((at) => key.slice(0, at) + key.slice(at + 1)),
    )
    await fc.assert(
      fc.asyncProperty(thought, async (credential) => {
        const authorization = `Bearer ${credential}`
        expect(await verdict('/api/requests', { authorization })).toMatch(/^token_(missing|invalid)$/)
        expect(await verdict('/v1/messages', { 'x-api-key': credential })).toMatch(/^token_(missing|invalid)$/)
      }),
      { numRuns: 300 },
    )
  })

  it('a header that came twice', async () => {
    const twice = [`Bearer ${token}`, `Bearer ${token}`]
    expect(await verdict('/api/requests', { authorization: twice })).toBe('token_missing')
    expect(await verdict('/v1/messages', { 'x-api-key': [key, key] })).toBe('token_missing')
  })

  it('a bad token, whatever cookie is beside it', async () => {
    expect(await verdict('/api/requests', { authorization: 'Bearer x', cookie: 'a=b' })).toBe('token_invalid')
    expect(await verdict('/api/requests', { authorization: '', cookie: 'a=b' })).toBe('token_missing')
  })

  it('an x-api-key anywhere else, and a cookie anywhere else', async () => {
    const keyed = /^\/v1\/messages(\/|$)/
    const consoles = /^\/api(\/|$)/
    const segment = fc.constantFrom(
      'v1',
      'messages',
      'messagesx',
      'api',
      'apis',
      'model',
      '%6Dessages',
      'mcp',
      'Messages',
      '..',
      '.',
      '',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 5 }), async (segments) => {
        const path = `/${segments.join('/')}`
        const { pathname } = new URL(`http://x${path}`)
        expect(await verdict(path, { 'x-api-key': key })).toBe(keyed.test(pathname) ? 'acme' : 'token_missing')
        expect(await verdict(path, { cookie: 'a=b' })).toBe(consoles.test(pathname) ? 'unknown' : 'token_missing')
      }),
    )
  })
})

describe('[R95] [R114] the authorizer leaves to the server what it has no words for', () => {
  it.each(['suspended', 'offboarded'] as const)('a tenant that is %s, by token and by key', async (status) => {
    await registry.setStatus('acme', status)
    expect(await verdict('/api/requests', { authorization: `Bearer ${token}` })).toBe('unknown')
    expect(await verdict('/v1/messages', { 'x-api-key': key })).toBe('unknown')
    await registry.setStatus('acme', 'active')
    expect(await verdict('/api/requests', { authorization: `Bearer ${token}` })).toBe('acme')
  })

  it('a tenant that there is not', async () => {
    for (const tenant of ['nobody', systemTenant])
      expect(await verdict('/api/requests', { authorization: `Bearer ${await tokenOf(tenant)}` })).toBe('unknown')
  })

  it('a token that has expired or was revoked', async () => {
    await registry.change('acme', (settings) => ({ ...settings, tokens_not_before: bench.clock.now() / 1_000 + 60 }))
    expect(await verdict('/api/requests', { authorization: `Bearer ${token}` })).toBe('unknown')
    await bench.clock.advance(3_700_000)
    expect(await verdict('/api/requests', { authorization: `Bearer ${token}` })).toBe('unknown')
  })

  it('a virtual key that was revoked', async () => {
    const keys = new VirtualKeys(operator)
    const [, , keyId = ''] = key.split('_')
    await keys.revoke('acme', keyId)
    expect(await verdict('/v1/messages', { 'x-api-key': key })).toBe('unknown')
    expect(await verdict('/v1/messages', { 'x-api-key': key.slice(0, -1) })).toBe('token_invalid')
  })

  it('but no token that it can not check: that is neither let in nor called bad', async () => {
    const failing = await openGate(operator)
    const fault = new Error('The table is away.')
    const { system } = operator
    Object.defineProperty(operator, 'system', {
      value: new Proxy(system, { get: () => () => Promise.reject(fault) }),
      configurable: true,
    })
    await expect(admit(asked('/api/requests', { authorization: `Bearer ${token}` }), failing)).rejects.toBe(fault)
  })
})

/** Who is let in, or the code of the refusal. */
async function verdict(path: string, headers: Readonly<Record<string, string | readonly string[]>>): Promise<string> {
  return admit(asked(path, headers), gate).then(
    ({ principalId }) => principalId,
    ({ code }: { code: string }) => code,
  )
}

/** As API Gateway's documents show it, for the method `ANY /{path+}` of a stage. */
function asked(path: string, headers: Readonly<Record<string, string | readonly string[]>>): AuthorizerEvent {
  const [, root = '', ...rest] = path.split('/')
  const event = {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:us-east-1:123456789012:abcdef123/live/POST${path}`,
    resource: `/${root}/{path+}`,
    path,
    httpMethod: 'POST',
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [values].flat().at(-1)])),
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [values].flat()])),
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    pathParameters: { path: rest.join('/') },
    stageVariables: {},
    requestContext: {
      path: `/live${path}`,
      stage: 'live',
      requestId: 'r-1',
      resourcePath: `/${root}/{path+}`,
      httpMethod: 'POST',
    },
  }
  return event
}

async function tokenOf(tenant: string): Promise<string> {
  const issuer = await LocalIssuer.open(operator)
  return issuer.sign({ tenant, user: 'ada', permissions: ['*'], lifetime: 3_600 })
}
