import { execFileSync } from 'node:child_process'
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeWithMoto, motoCredentials, motoRegion } from '../../packages/aws/test/support/moto.ts'
import { type Acknowledgement, call, type Page, type ShownRequest } from './support/api.ts'
import { type RunningPlinth, runPlinth, startPlinth } from './support/plinth-process.ts'
import { accept, reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

describeWithMoto('[R7] [R17] [R22] the platform aws, on an emulator', (moto) => {
  const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    PLINTH_PLATFORM: 'aws',
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_REGION: motoRegion,
    AWS_ACCESS_KEY_ID: motoCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: motoCredentials.secretAccessKey,
    ...more,
  })
  const create = (more: Readonly<Record<string, string>> = {}) => environment({ PLINTH_AWS_CREATE: 'on', ...more })

  it('does not start without its table or its bucket, and names what is missing, where, and the variable', async () => {
    const tableless = await runPlinth(['start'], { environment: environment({ PORT: '0', PLINTH_TABLE: 'nobody' }) })
    expect(tableless.exit.code).toBe(1)
    for (const word of ['nobody', 'PLINTH_TABLE', motoRegion, 'dynamodb:DescribeTable']) expect(tableless.stderr).toContain(word)
    const made = create({ PLINTH_TABLE: 'bucketless', PLINTH_QUEUE_PREFIX: 'bucketless' })
    await (await startPlinth(temporaryFolder(), made)).process.stop()
    const missing = { PORT: '0', PLINTH_TABLE: 'bucketless', PLINTH_QUEUE_PREFIX: 'bucketless', PLINTH_BUCKET: 'nobodys-bucket' }
    const bucketless = await runPlinth(['start'], { environment: environment(missing) })
    expect(bucketless.exit.code).toBe(1)
    for (const word of ['nobodys-bucket', 'PLINTH_BUCKET', 's3:ListBucket']) expect(bucketless.stderr).toContain(word)
  })

  it('is ready only while it can read its table, and serves again when it can', async () => {
    const own = create({ PLINTH_TABLE: 'taken-away', PLINTH_QUEUE_PREFIX: 'taken-away' })
    const server = await startPlinth(temporaryFolder(), own)
    const ready = async () => (await fetch(`${server.url}/readyz`)).status
    expect(await ready()).toBe(200)
    await moto.clients.dynamodb.send(new DeleteTableCommand({ TableName: 'taken-away' }))
    await until('not ready', async () => (await ready()) === 503)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await (await startPlinth(temporaryFolder(), own)).process.stop()
    await until('ready', async () => (await ready()) === 200)
    await server.process.stop()
  })

  it('goes on with what was accepted after it was killed', async () => {
    // Places of its own: an emulator goes on handing out messages to whoever listened and is gone.
    const own = create({ PLINTH_TABLE: 'killed', PLINTH_QUEUE_PREFIX: 'killed', PLINTH_BUS: 'killed' })
    const idle = await startPlinth(temporaryFolder(), { ...own, PLINTH_WORKER: 'off' })
    const token = (await runPlinth(['token', '--tenant', 'demo'], { environment: own })).stdout.trim()
    for (let number = 0; number < 5; number++) await accept(idle, token, { prompt: `p${number}`, request_id: `kept-${number}` })
    await idle.process.kill()
    const server = await startPlinth(temporaryFolder(), own)
    for (let number = 0; number < 5; number++) await reach(server, token, `kept-${number}`, 'completed', 60_000)
    await server.process.stop()
  })

  describe('whose resources it made itself', () => {
    let server: RunningPlinth
    let token: string
    let told: () => Promise<readonly { readonly source: string; readonly 'detail-type': string; readonly detail: object }[]>
    beforeAll(async () => {
      server = await startPlinth(temporaryFolder(), create({ PLINTH_MODEL: 'scripted' }))
      const minted = await runPlinth(['token', '--tenant', 'demo'], { environment: environment() })
      token = minted.stdout.trim()
      told = await listen()
    })

    it('takes a request, works it and tells of it, as on the embedded platform', async () => {
      const body = { prompt: 'What drains a queue?', request_id: 'first' }
      const headers = { 'idempotency-key': 'one' }
      const sent = await call<Acknowledgement>(server.url, '/api/requests', { token, body, headers })
      expect(sent.status).toBe(202)
      const again = await call<Acknowledgement>(server.url, '/api/requests', { token, body, headers })
      expect([again.status, again.body]).toEqual([202, sent.body])
      const shown = await reach(server, token, 'first', 'completed')
      expect(shown.result?.text).not.toBe('')
      const { items } = (await call<Page<{ type: string; sequence: number }>>(server.url, '/api/events', { token })).body
      expect(items.map(({ type, sequence }) => [type, sequence])).toEqual([
        ['genai.request.received', 1],
        ['genai.request.completed', 2],
      ])
    })

    it('[X1] [X2] what it told is on the bus genai-eventbus, for a rule of its source', async () => {
      const events = await until('both events', async () => {
        const found = await told()
        return found.length >= 2 && found
      })
      expect(events.map(({ source, 'detail-type': type }) => [source, type])).toEqual([
        ['genai.service', 'genai.request.received'],
        ['genai.service', 'genai.request.completed'],
      ])
    })

    it('keeps state and events in one table, as another client sees it, and no prompt in plain text', () => {
      const items = scan('plinth')
      const keys = items.map(({ pk }) => pk.S)
      expect(keys).toContain('demo#requests#first')
      expect(keys.filter((key) => key === 'demo##events')).toHaveLength(2)
      expect(keys.filter((key) => key === 'demo##jobs')).toEqual([])
      for (const key of keys) expect(key).toMatch(/^(?:demo|_system)#/)
      expect(JSON.stringify(items)).not.toContain('What drains')
      const request = items.find(({ pk }) => pk.S === 'demo#requests#first')
      expect(request?.f_status?.S).toBe('"completed"')
    })

    it('cancels, fails and redrives', async () => {
      await accept(server, token, { prompt: 'later', request_id: 'later', not_before: '2999-01-01T00:00:00Z' })
      expect((await call(server.url, '/api/requests/later', { token, method: 'DELETE' })).status).toBe(202)
      await reach(server, token, 'later', 'cancelled')
      await accept(server, token, { prompt: '[[fail]]', request_id: 'failing' })
      await reach(server, token, 'failing', 'failed')
      expect((await call(server.url, '/api/dead-letters/failing/redrive', { token, method: 'POST' })).status).toBe(202)
      await until('the second failure', async () => {
        const { body } = await call<ShownRequest>(server.url, '/api/requests/failing', { token })
        return body.timeline.filter(({ type }) => type === 'failed').length === 2
      })
    })

    it('is reached by the verbs of the command line, which read the key of tokens from the table', async () => {
      const variables = environment({ PLINTH_URL: server.url })
      const submitted = await runPlinth(['submit', 'What fills a queue?', '--json'], { environment: variables })
      expect(submitted.stderr).toBe('')
      expect(JSON.parse(submitted.stdout)).toMatchObject({ status: 'completed' })
      // As of a stack that was made without streams.
      const token = await runPlinth(['token', '--tenant', 'demo'], {
        environment: { ...variables, PLINTH_STREAM: 'nobodys-stream' },
      })
      expect(token.stdout).toMatch(/^ey/)
      const tenants = await runPlinth(['tenants', 'list', '--json'], { environment: variables })
      expect(tenants.stdout).toContain('"demo"')
      // Where the data of a server that answers isn't said, it asks for that, or a token.
      const elsewhere = await runPlinth(['submit', 'x'], {
        environment: { PLINTH_URL: server.url, PLINTH_DATA_DIR: temporaryFolder() },
      })
      expect([elsewhere.exit.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('PLINTH_TOKEN')])
    })

    it('stops in good order', async () => {
      const { code, milliseconds } = await server.process.stop()
      expect(code).toBe(0)
      expect(milliseconds).toBeLessThan(10_000)
    })

    /** Puts a rule on the bus for everything of its source, and a queue behind it. */
    async function listen(): Promise<typeof told> {
      const { sqs, eventbridge } = moto.clients
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'listener' }))
      const rule = { Name: 'all', EventBusName: 'genai-eventbus' }
      await eventbridge.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['genai.service'] }) }))
      const Arn = `arn:aws:sqs:${motoRegion}:123456789012:listener`
      await eventbridge.send(
        new PutTargetsCommand({ Rule: rule.Name, EventBusName: rule.EventBusName, Targets: [{ Id: 'q', Arn }] }),
      )
      const heard: Awaited<ReturnType<typeof told>>[number][] = []
      return async () => {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
        heard.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '')))
        return heard
      }
    }

    /** All items of a table, by the AWS CLI. */
    function scan(table: string): readonly (Record<string, { S?: string }> & { pk: { S: string } })[] {
      const args = [
        '--region',
        motoRegion,
        '--endpoint-url',
        moto.endpoint,
        'dynamodb',
        'scan',
        '--table-name',
        table,
        '--output',
        'json',
      ]
      return JSON.parse(execFileSync('aws', args, { env: { ...process.env, ...environment() }, encoding: 'utf8' })).Items
    }
  })
})
