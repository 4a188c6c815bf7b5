import { createServer, type Server } from 'node:net'
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { DescribeKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms'
import { DeleteQueueCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { examineActions } from '../../aws/src/examine/permissions.ts'
import { operation, refuse, route, useFaultProxy } from '../../aws/test/support/fault-proxy.ts'
import { describeWithMoto, freePort, motoRegion, motoVariables } from '../../aws/test/support/moto.ts'
import type { Finding } from '../src/checks/finding.ts'
import { plinth } from './support/plinth.ts'

interface Diagnosed {
  readonly code: number | null
  readonly findings: ReadonlyMap<string, Finding>
  readonly milliseconds: number
}

async function diagnose(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Diagnosed> {
  const started = performance.now()
  // Whatever credentials this machine has are not looked for.
  const run = await plinth(['doctor', '--json', ...args], {
    HOME: temporaryFolder(),
    AWS_EC2_METADATA_DISABLED: 'true',
    ...environment,
  })
  const { findings } = JSON.parse(run.stdout) as { findings: Finding[] }
  return {
    code: run.exit.code,
    findings: new Map(findings.map((finding) => [finding.check, finding])),
    milliseconds: performance.now() - started,
  }
}

const namesOf = ({ findings }: Diagnosed, status: Finding['status']): string[] =>
  [...findings.values()].filter((finding) => finding.status === status).map(({ check }) => check)

const haiku = 'bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0'

describe('plinth doctor on AWS', () => {
  it('says in its help what it does there, and by which actions', async () => {
    const { stdout } = await plinth(['doctor', '--help'], {})
    expect(stdout).toMatch(/PLINTH_PLATFORM=aws/)
    expect(stdout).toMatch(/--deep .*costs/s)
    for (const action of examineActions) expect(stdout).toContain(`  ${action}\n`)
  })

  it('names all settings that are wrong, and asks nobody', async () => {
    const wrong = { PLINTH_TABLE: 'x', PLINTH_BUCKET: 'Not_A_Bucket' }
    const found = await diagnose({ ...motoVariables('http://127.0.0.1:9'), ...wrong })
    expect(found.code).toBe(1)
    expect(found.findings.get('aws settings')?.message).toMatch(/PLINTH_TABLE.*PLINTH_BUCKET/)
    expect(found.findings.has('identity')).toBe(false)
  })
})

describeWithMoto('plinth doctor on AWS, on an emulator', (moto) => {
  const proxy = useFaultProxy(moto)
  const listeners: Server[] = []
  afterAll(() => {
    for (const listener of listeners) listener.close()
  })

  it('finds a platform that was just made sound, but for what only the stack sets up', async () => {
    const variables = { ...motoVariables(proxy.endpoint), PLINTH_AWS_CREATE: 'on' }
    expect((await plinth(['token', '--tenant', 'demo'], variables)).exit.code).toBe(0)
    const made = proxy.requests.length
    const found = await diagnose({ ...variables, PLINTH_AWS_CREATE: 'off' })
    expect([found.code, namesOf(found, 'problem')]).toEqual([0, []])
    const well = ['region', 'identity', 'clock', 'table', 'table expiry', 'issuer key', 'bucket', 'bus', 'queues', 'pooled key']
    expect(namesOf(found, 'ok')).toEqual(expect.arrayContaining([...well, 'key use', 'jobs', 'dead letters', 'relay']))
    const lacking = ['table stream', 'table recovery', 'table protection', 'bucket versions', 'event stream', 'key rotation']
    expect(namesOf(found, 'warning')).toEqual(expect.arrayContaining(lacking))
    for (const finding of found.findings.values())
      if (finding.status !== 'ok') expect(finding.remedy, finding.check).toMatch(/\w/)
    expect(found.findings.get('identity')?.message).toMatch(/^Account 123456789012, as arn:aws:/)
    const asked = proxy.requests.slice(made).flatMap((each) => each.operation ?? [])
    expect(asked.filter((name) => !/^(?:Describe|Get|List|Query|Encrypt)/.test(name))).toEqual([])
    // Those of S3 have no name, and those of SNS and STS are told apart by their body.
    expect(proxy.requests.slice(made).filter(({ method }) => method === 'PUT' || method === 'DELETE')).toEqual([])
  })

  it('asks no model unless it is told to, and then says what the call met', async () => {
    const variables = {
      ...motoVariables(proxy.endpoint),
      PLINTH_MODEL: haiku,
      PLINTH_EMBEDDING_MODEL: 'bedrock/amazon.titan-embed-text-v2:0',
    }
    const calls = proxy.inject(route('POST', /^\/model\//), refuse(403, 'AccessDeniedException'), Number.POSITIVE_INFINITY)
    const looked = await diagnose(variables)
    expect([calls.met, looked.findings.has('model call'), looked.findings.has('model access')]).toEqual([0, false, true])
    const deep = await diagnose(variables, '--deep')
    expect(calls.met).toBe(2)
    for (const check of ['model call', 'embedding model call'])
      expect(deep.findings.get(check)).toMatchObject({
        status: 'problem',
        message: expect.stringContaining('model_access_denied'),
      })
    const [prompt] = proxy.requests.filter(({ path }) => path.endsWith('/converse'))
    expect(JSON.parse(prompt?.body.toString() ?? '')).toMatchObject({ inferenceConfig: { maxTokens: 1 } })
  })

  it('tells of jobs that nobody takes, and of dead letters', async () => {
    const send = async (QueueName: string): Promise<void> => {
      const { QueueUrl } = await moto.clients.sqs.send(new GetQueueUrlCommand({ QueueName }))
      await moto.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }))
    }
    await send('plinth-rag-ingest-normal')
    await send('plinth-dead')
    const { findings } = await diagnose(motoVariables(moto.endpoint))
    expect(findings.get('jobs')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('plinth-rag-ingest-normal'),
    })
    expect(findings.get('dead letters')).toMatchObject({
      status: 'warning',
      remedy: expect.stringMatching(/start-message-move-task --source-arn arn:aws:sqs:us-east-1:123456789012:plinth-dead$/),
    })
  })

  it('takes a denied call for a finding of its own', async () => {
    proxy.inject(
      ({ body }) => !body.toString().includes('GetCallerIdentity'),
      refuse(403, 'AccessDeniedException'),
      Number.POSITIVE_INFINITY,
    )
    const found = await diagnose({ ...motoVariables(proxy.endpoint), PLINTH_MODEL: haiku })
    expect([found.code, namesOf(found, 'problem')]).toEqual([0, []])
    const said = [...found.findings.values()].map(({ message }) => /no leave for ([\w:]+)/.exec(message)?.[1])
    const denied = [
      'dynamodb:DescribeTable',
      'dynamodb:Query',
      's3:ListBucket',
      'sqs:GetQueueUrl',
      'kms:Encrypt',
      'sns:GetTopicAttributes',
    ]
    expect(said).toEqual(expect.arrayContaining([...denied, 'lambda:GetAccountSettings']))
    // Three are asked of it at a time, and whichever is denied first is told.
    expect(said).toContainEqual(expect.stringMatching(/^bedrock:Get(InferenceProfile|FoundationModel(Availability)?)$/))
  })

  it('says that credentials are missing, and asks no more', async () => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...variables } = motoVariables(proxy.endpoint)
    const found = await diagnose(variables)
    expect([found.code, namesOf(found, 'problem')]).toEqual([1, ['identity']])
    expect(found.findings.get('identity')?.message).toMatch(/no credentials/)
    expect([found.findings.has('table'), proxy.requests]).toEqual([false, []])
  })

  it('says that AWS refuses the credentials, and asks no more', async () => {
    proxy.inject(({ body }) => body.toString().includes('GetCallerIdentity'), refuse(403, 'ExpiredToken'))
    const found = await diagnose(motoVariables(proxy.endpoint))
    expect(found.findings.get('identity')).toMatchObject({ status: 'problem', message: expect.stringContaining('expired') })
    expect([found.code, proxy.requests.length]).toEqual([1, 1])
  })

  it('comes back within half a minute where nobody answers', async () => {
    const silent = createServer(() => {})
    listeners.push(silent)
    const port = await freePort()
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
    const found = await diagnose({ ...motoVariables(`http://127.0.0.1:${port}`), PLINTH_MODEL: haiku }, '--deep')
    expect(found.code).toBe(1)
    expect(found.findings.get('identity')).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining('AWS_ENDPOINT_URL'),
    })
    // Once for all, not check by check.
    expect([...found.findings.values()].filter(({ message }) => /answer/.test(message))).toHaveLength(1)
    expect([found.findings.has('table'), found.findings.has('model call')]).toEqual([false, false])
    expect(found.milliseconds).toBeLessThan(30_000)
  })

  it('names each piece that was taken away', async () => {
    const { dynamodb, sqs, kms } = moto.clients
    await dynamodb.send(new DeleteTableCommand({ TableName: 'plinth' }))
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'plinth-rag-ingest-normal' }))
    await sqs.send(new DeleteQueueCommand({ QueueUrl }))
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/plinth-pooled-key' }))
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.KeyId }))
    // moto goes on using a key that is disabled.
    proxy.inject(operation('Encrypt'), refuse(400, 'DisabledException'))
    const found = await diagnose({ ...motoVariables(proxy.endpoint), PLINTH_AWS_CREATE: 'off', PLINTH_BUCKET: 'another' })
    expect([found.code, namesOf(found, 'problem')]).toEqual([1, ['table', 'bucket', 'queues', 'pooled key', 'key use']])
    expect(found.findings.get('queues')?.message).toBe(`There is no queue plinth-rag-ingest-normal in ${motoRegion}.`)
    expect(found.findings.get('pooled key')?.remedy).toContain(`enable-key --key-id ${KeyMetadata?.KeyId}`)
    expect(found.findings.get('bucket')?.message).toContain('another')
    for (const gone of ['table stream', 'table expiry', 'issuer key', 'relay', 'bucket access', 'key rotation'])
      expect(found.findings.has(gone), gone).toBe(false)
  })
})
