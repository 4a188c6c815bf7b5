import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../src/index.ts'
import { BedrockStub } from './bedrock-stub.ts'
import { callOnce, failureOf } from './call.ts'
import { HandClock } from './support.ts'

/** Each way in which AWS's tools find credentials ends in a signature that AWS's own signer makes too. */
const region = 'eu-central-1'
const folder = mkdtempSync(join(tmpdir(), 'plinth-aws-'))
const before = { ...process.env }
// AWS's packages keep what they read of a file, so each test has its own.
let config = ''
let shared = ''
let tests = 0

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  config = join(folder, `config-${++tests}`)
  shared = join(folder, `credentials-${tests}`)
  // Nothing of this machine's own counts.
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: shared,
  })
  writeFileSync(config, '')
  writeFileSync(shared, '')
})
afterAll(() => {
  process.env = before
  rmSync(folder, { recursive: true, force: true })
})

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Calls, twice, a Bedrock that lets nobody in but who has these keys. */
async function callsWith(credentials: Keys): Promise<void> {
  const stub = await BedrockStub.start({ region, credentials })
  try {
    const bedrock = { region, endpoint: stub.url }
    const { resolve } = createModels({ model: 'bedrock/amazon.nova-pro-v1:0', bedrock, clock: new HandClock() })
    for (const way of ['whole', 'streamed'] as const) expect((await callOnce(resolve(), way)).text).toMatch(/^Hello/)
    expect(stub.calls).toHaveLength(2)
  } finally {
    await stub.close()
  }
}

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+' }
const session = { ...keys, sessionToken: 'token/+=' }
const answer = { AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey }
const expires = new Date(Date.now() + 3_600_000).toISOString()

describe('credentials are found', () => {
  it('in the environment', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey })
    await callsWith(keys)
  })

  it('in the environment with a session, as functions have them', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = session
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    })
    await callsWith(session)
  })

  it('in a profile of the shared files', async () => {
    writeFileSync(shared, `[work]\naws_access_key_id=AKIDEXAMPLE\naws_secret_access_key=secret/+\naws_session_token=token/+=\n`)
    process.env.AWS_PROFILE = 'work'
    await callsWith(session)
  })

  it('by a program that a profile names', async () => {
    const program = join(folder, 'credentials.sh')
    const said = JSON.stringify({ Version: 1, ...answer, SessionToken: session.sessionToken, Expiration: expires })
    writeFileSync(program, `#!/bin/sh\necho '${said}'\n`)
    chmodSync(program, 0o700)
    writeFileSync(config, `[default]\ncredential_process = ${program}\n`)
    await callsWith(session)
  })

  it('by a role that a profile assumes with the keys of another', async () => {
    const sts = await serve('text/xml', () => assumed(session))
    writeFileSync(shared, `[base]\naws_access_key_id=BASE\naws_secret_access_key=base\n`)
    writeFileSync(config, `[profile work]\nrole_arn=arn:aws:iam::123456789012:role/plinth\nsource_profile=base\n`)
    Object.assign(process.env, { AWS_PROFILE: 'work', AWS_ENDPOINT_URL_STS: sts.url })
    await callsWith(session)
    expect(sts.requests).toHaveLength(1)
    expect(sts.requests[0]).toContain('RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fplinth')
    await sts.close()
  })

  it('from what a container is given', async () => {
    const said = JSON.stringify({ ...answer, Token: session.sessionToken, Expiration: expires })
    const agent = await serve('application/json', () => said)
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${agent.url}/credentials`
    await callsWith(session)
    expect(agent.requests, 'asked once, and kept').toHaveLength(1)
    await agent.close()
  })
})

it('without credentials nothing is sent, the failure says why, and the next call looks again', async () => {
  const stub = await BedrockStub.start({ region, credentials: keys })
  const bedrock = { region, endpoint: stub.url }
  const { resolve } = createModels({ model: 'bedrock/amazon.nova-pro-v1:0', bedrock, clock: new HandClock() })
  for (const way of ['whole', 'streamed'] as const)
    expect(await failureOf(callOnce(resolve(), way))).toMatchObject({ kind: 'transient', code: 'model_credentials' })
  expect(stub.connections).toBe(0)
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey })
  expect((await callOnce(resolve(), 'whole')).text).toMatch(/^Hello/)
  await stub.close()
})

/** An answer of AssumeRole, as AWS's API reference of STS shows it. */
function assumed({ accessKeyId, secretAccessKey, sessionToken }: Keys): string {
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>ARO123EXAMPLE123:plinth</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/plinth/x</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
<SessionToken>${sessionToken}</SessionToken><Expiration>${expires}</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></AssumeRoleResponse>`
}

async function serve(type: string, body: () => string): Promise<{ url: string; requests: string[]; close(): Promise<unknown> }> {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    let text = `${request.method} ${request.url} `
    for await (const part of request.setEncoding('utf8')) text += part
    requests.push(text)
    response.writeHead(200, { 'content-type': type }).end(body())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = (): Promise<unknown> => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return { url, requests, close }
}
