import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workflowKeyName } from '../../packages/aws/src/environment.ts'
import { FaultProxy } from '../../packages/aws/test/support/fault-proxy.ts'
import { describeWithMoto, motoCredentials, motoRegion } from '../../packages/aws/test/support/moto.ts'
import { bundleHandlers } from '../../packages/cdk/src/index.ts'
import { definitionFor, definitionOf } from '../../packages/cdk/test/support/state-machine.ts'
import { ofType, plinthStack, templateOf } from '../../packages/cdk/test/support/synthesised.ts'
import { BundledFunctions, emulatedVariables } from './support/bundled-functions.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Shown {
  readonly workflow_id: string
  readonly status: string
  readonly plan: { readonly steps: readonly { readonly agent_type: string }[] } | null
  readonly steps: Readonly<Record<string, { readonly status: string; readonly attempts: number; readonly agent_type: string }>>
  readonly result: { readonly text: string; readonly sources: readonly string[] } | null
}

const question = 'How often is the pump PX-4711 serviced, and when does the ferry Marianne leave?'

/**
 * Bundled functions by the template's wiring, each a process of its own; API Gateway and event sources are doubles. The state machine is the
 * template's, run by moto's interpreter, and so are its queue, the bus's rule, the secret.
 */
describeWithMoto('[R68] workflows on the functions of AWS, on an emulator', (moto) => {
  const template = templateOf(plinthStack())
  const folder = temporaryFolder()
  const proxy = new FaultProxy()
  let functions: BundledFunctions
  let slow: BundledFunctions
  let token: string

  beforeAll(async () => {
    bundleHandlers({ folder })
    await proxy.open(moto.endpoint)
    proxy.isolateTransactions()
    const variables = emulatedVariables(proxy.endpoint, { PLINTH_MODEL: 'local/extractive' })
    functions = new BundledFunctions({ moto, template, folder, variables })
    const models = { PLINTH_MODEL: 'scripted', PLINTH_SCRIPTED_LATENCY_MS: '700' }
    slow = new BundledFunctions({ moto, template, folder, variables: { ...variables, ...models } })
    expect((await functions.api.ask({ path: '/readyz' })).status).toBe(200)
    token = await functions.tokenOf('demo')
  })
  afterAll(() => {
    functions?.stop()
    slow?.stop()
    return proxy.close()
  })

  it('a request over documents that were sent before becomes a plan, runs, and ends in a report that names its sources [G3, R56, R58]', {
    timeout: 600_000,
  }, async () => {
    const documents = [
      { source: 'pumps.md', content: '# Pumps\n\nThe pump PX-4711 is serviced every 400 hours.\n' },
      { source: 'boats.md', content: '# Boats\n\nThe ferry Marianne leaves at 9 o’clock.\n' },
    ]
    expect((await ask('/api/documents', { documents })).status).toBe(202)
    await workUntil('they are read', async () => {
      const { body } = await ask('/api/documents')
      return (JSON.parse(body) as { items: { embedding: string }[] }).items.every(({ embedding }) => embedding === 'done')
    })
    const id = await start({ request: question })
    const done = await ended(id)
    expect(done.status).toBe('completed')
    const agents = new Set(done.plan?.steps.map(({ agent_type }) => agent_type))
    expect(agents).toEqual(new Set(['research', 'analysis', 'report']))
    for (const { status, attempts } of Object.values(done.steps)) expect([status, attempts]).toEqual(['completed', 1])
    for (const word of ['400 hours', 'pumps.md', 'boats.md']) expect(JSON.stringify(done.result)).toContain(word)
  })

  it('a plan waits for somebody, without a message in any queue, and goes on when they agree', async () => {
    const id = await start({ request: question, approval: 'plan' })
    await workUntil('it waits', async () => (await shown(id)).status === 'awaiting_approval')
    await workUntil('nothing waits in a queue', async () => (await functions.work()) === 0)
    for (const { status } of Object.values((await shown(id)).steps)) expect(status).toBe('pending')
    expect((await ask(`/api/workflows/${id}/approve`, {})).status).toBe(200)
    expect((await ended(id)).status).toBe('completed')
  })

  it('one that is cancelled ends, and what waited is not done', async () => {
    const id = await start({ request: question, approval: 'plan' })
    await workUntil('it waits', async () => (await shown(id)).status === 'awaiting_approval')
    expect((await ask(`/api/workflows/${id}/cancel`, { reason: 'Changed my mind.' })).status).toBe(202)
    const done = await ended(id)
    expect(done.status).toBe('cancelled')
    for (const { status, attempts } of Object.values(done.steps)) expect([status, attempts]).toEqual(['cancelled', 0])
  })

  it('a function that dies with a run leaves it to the next one, which does again only what was in flight [X43]', async () => {
    const names = ['a', 'b', 'c', 'd']
    const steps = names.map((id, index) => ({
      id,
      agent_type: 'research',
      prompt: id,
      dependencies: names.slice(0, index).slice(-1),
    }))
    const id = await start({ request: 'In a row.', plan: { steps } }, slow)
    await slow.byName.relay.call({})
    const queue = 'plinth-multi-agent-advance-normal'
    const records = await slow.receive(queue, 1)
    expect(records).toHaveLength(1)
    const cut = slow.byName['workflow-worker'].call({ Records: records })
    cut.catch(() => {})
    const isDone = ({ steps: { a } }: Shown) => a?.status === 'completed'
    await until('the first step is done', async () => isDone(await shown(id, slow)), { within: 60_000, every: 20 })
    slow.byName['workflow-worker'].stop()
    await expect(cut).rejects.toThrow(/ended/)
    const before = await shown(id, slow)
    expect(before.status).toBe('running')
    await slow.giveBack(queue, records)
    const done = await ended(id, slow)
    expect(done.status).toBe('completed')
    for (const name of names) {
      const { status = '', attempts = 0 } = done.steps[name] ?? {}
      const was = before.steps[name]
      expect([name, status, attempts]).toEqual([name, 'completed', was?.status === 'running' ? was.attempts + 1 : 1])
    }
  })

  it('a function whose time is over hands its run on, and starts nothing that might not end in time', async () => {
    const steps = [{ id: 'only', agent_type: 'report', prompt: 'only' }]
    const id = await start({ request: 'In time.', plan: { steps } }, slow)
    await slow.byName.relay.call({})
    const records = await slow.receive('plinth-multi-agent-advance-normal', 1)
    const answer = await slow.byName['workflow-worker'].call({ Records: records }, 9_000)
    expect(answer).toEqual({ batchItemFailures: [] })
    expect((await shown(id, slow)).steps.only).toMatchObject({ status: 'pending', attempts: 0 })
    const done = await ended(id, slow)
    expect(done.steps.only).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('an execution of the state machine starts a run by its tenant’s own key, waits, and is told how it ended [R48]', async () => {
    const settings = { region: motoRegion, endpoint: moto.endpoint, credentials: motoCredentials, maxAttempts: 1 }
    const [sfn, secrets] = [new SFNClient(settings), new SecretsManagerClient(settings)]
    await functions.makeQueues()
    const queue = functions.queueOf('execution-worker')
    await connectBus(queue)
    await fetch(`${moto.endpoint}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
    })
    const made = await ask('/api/tenants/demo/keys', { user_id: 'nightly', permissions: ['workflows:write'] })
    const { key } = JSON.parse(made.body) as { readonly key: string }
    await secrets.send(new CreateSecretCommand({ Name: workflowKeyName('plinth', 'demo'), SecretString: key }))
    const definition = definitionFor(definitionOf(template), await functions.urlOf(queue))
    const roleArn = 'arn:aws:iam::123456789012:role/states'
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'workflows', definition, roleArn }))
    const input = JSON.stringify({ tenant_id: 'demo', request: question, include_result: true })
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'nightly-1', input }))
    const execution = () => sfn.send(new DescribeExecutionCommand({ executionArn }))
    await workUntil('the execution has ended', async () => (await execution()).status !== 'RUNNING')
    const { status, output = '{}' } = await execution()
    expect(status).toBe('SUCCEEDED')
    const told = JSON.parse(output) as Shown
    expect(told).toMatchObject({ status: 'completed', tenant_id: 'demo', result: { text: expect.stringContaining('400 hours') } })
    // It is a run like all others.
    expect(await shown(told.workflow_id)).toMatchObject({ status: 'completed', result: { text: told.result?.text } })
    await workUntil('nothing waits in a queue', async () => (await functions.work()) === 0)
    // What is neither the state machine's nor the bus's is left for the dead letters.
    const [record] = [{ messageId: 'odd', receiptHandle: 'r', body: '{}', attributes: {}, eventSourceARN: queue }]
    const answer = await functions.byName['execution-worker'].call({ Records: [record] })
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'odd' }] })
    sfn.destroy()
    secrets.destroy()
  })

  /** The rule of the template, with its target. */
  async function connectBus(queue: string): Promise<void> {
    const [, rule] = ofType(template, 'AWS::Events::Rule').find(([id]) => id.startsWith('MultiAgent')) ?? ['', {}]
    const place = { Rule: 'ended', EventBusName: 'genai-eventbus' }
    const { eventbridge } = moto.clients
    await eventbridge.send(
      new PutRuleCommand({ Name: place.Rule, EventBusName: place.EventBusName, EventPattern: JSON.stringify(rule.EventPattern) }),
    )
    const Arn = `arn:aws:sqs:${motoRegion}:123456789012:${queue}`
    await eventbridge.send(new PutTargetsCommand({ ...place, Targets: [{ Id: 'queue', Arn }] }))
  }

  function ask(path: string, body?: object, by: BundledFunctions = functions) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    return by.api.ask({ path, method: body ? 'POST' : 'GET', headers, ...(body && { body }) })
  }

  async function start(workflow: object, by: BundledFunctions = functions): Promise<string> {
    const { status, body } = await ask('/api/workflows', workflow, by)
    expect(status).toBe(202)
    return (JSON.parse(body) as Shown).workflow_id
  }

  async function shown(id: string, by: BundledFunctions = functions): Promise<Shown> {
    return JSON.parse((await ask(`/api/workflows/${id}`, undefined, by)).body) as Shown
  }

  async function ended(id: string, by: BundledFunctions = functions): Promise<Shown> {
    await workUntil('it has ended', async () => /completed|failed|cancelled/.test((await shown(id, by)).status), by)
    return shown(id, by)
  }

  async function workUntil(what: string, look: () => Promise<boolean>, by: BundledFunctions = functions): Promise<void> {
    const round = async () => {
      await by.work()
      return look()
    }
    await until(what, round, { within: 250_000, every: 50 })
  }
})
