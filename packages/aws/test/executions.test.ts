import { CreateSecretCommand, SecretsManagerClient, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { SFNClient } from '@aws-sdk/client-sfn'
import {
  cancelWorkflow,
  getWorkflow,
  jobNames,
  type Operator,
  patterns,
  type Scope,
  silentLog,
  TenantRegistry,
  VirtualKeys,
  WorkerHost,
  workflowIdOf,
} from '@plinth/core'
import { scriptedModels } from '@plinth/core/testing'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGate } from '../src/api-gate.ts'
import { clientSettings } from '../src/clients.ts'
import { workflowKeyName } from '../src/environment.ts'
import { readInput, readMessage } from '../src/executions/execution-message.ts'
import { TaskAnswers } from '../src/executions/task-answers.ts'
import { WorkflowExecutions } from '../src/executions/workflow-executions.ts'
import { WorkflowKeys } from '../src/executions/workflow-keys.ts'
import { type AwsPlatform, awsPlatform, readAwsEnvironment } from '../src/index.ts'
import { type Fault, operation, type ProxiedAnswer, refusal, refuse, useFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, motoCredentials, motoRegion } from './support/moto.ts'
import { scopeOf } from './support/scope-of.ts'

const plan = { steps: [{ id: 'only', agent_type: 'report', prompt: 'Only.' }] }
const arn = (name: string) => `arn:aws:states:us-east-1:123456789012:execution:workflows:${name}`

/** Step Functions is a double at the wire: moto answers one execution of its life, and none without its interpreter. */
describeWithMoto('executions of the state machine [R48, R68]', (moto) => {
  const proxy = useFaultProxy(moto)
  let platform: AwsPlatform
  let executions: WorkflowExecutions
  let operator: Operator
  let scope: Scope
  let keys: VirtualKeys
  let secrets: SecretsManagerClient
  let sfn: SFNClient

  beforeAll(async () => {
    const settings = clientSettings({
      region: motoRegion,
      endpoint: proxy.endpoint,
      credentials: motoCredentials,
      maxAttempts: 1,
    })
    secrets = new SecretsManagerClient(settings)
    sfn = new SFNClient(settings)
    platform = await awsPlatform({
      environment: readAwsEnvironment({ AWS_REGION: motoRegion, AWS_ENDPOINT_URL: moto.endpoint, PLINTH_AWS_CREATE: 'on' }),
      models: scriptedModels(() => 'The whole text.'),
      clock: systemClock,
      outbound: new GuardedHttp({ clock: systemClock }),
      jobs: jobNames,
      clients: moto.clients,
    })
    operator = platform.operate()
    scope = await scopeOf(platform)
    keys = new VirtualKeys(operator)
    await new TenantRegistry(operator).ensure('other', 'Other')
    executions = new WorkflowExecutions({
      platform,
      authenticator: await openGate(operator),
      host: new WorkerHost({ platform, patterns: [], log: silentLog, listens: false }),
      keys: new WorkflowKeys({ client: secrets, prefix: 'plinth' }),
      answers: new TaskAnswers(sfn),
      log: silentLog,
    })
    await putKey('demo', await makeKey('demo', ['workflows:write']))
  })
  afterAll(async () => {
    secrets.destroy()
    sfn.destroy()
    await platform.close()
  })

  it('starts one run however often it is asked, and tells the last who asked how it ended, once [X43]', async () => {
    const told = listen()
    for (const token of ['first', 'second']) await begin('twice', { token })
    const id = await workflowIdOf(scope, arn('twice'))
    expect((await getWorkflow(scope, id)).record.fields).toMatchObject({ user_id: 'nightly', status: 'planning' })
    await tell(id)
    expect(told).toEqual([])
    await work(id)
    await tell(id)
    expect(told).toEqual([
      {
        taskToken: 'second',
        output: expect.objectContaining({ workflow_id: id, tenant_id: 'demo', status: 'completed' }),
      },
    ])
    // Nothing of the content leaves Plinth.
    expect(JSON.stringify(told)).not.toContain('whole text')
    // Asked again after its end, as by a redrive, it is answered at once.
    await begin('twice', { token: 'third' })
    expect(told.map(({ taskToken }) => taskToken)).toEqual(['second', 'third'])
  })

  it('tells the text where it is asked for it, and leaves out what is too long', async () => {
    const told = listen()
    await begin('text', { token: 'text', input: { include_result: true } })
    const id = await workflowIdOf(scope, arn('text'))
    await work(id)
    await tell(id)
    expect(told[0]?.output).toMatchObject({ result: { text: 'The whole text.', sources: [] } })
    const long = 'ü'.repeat(200_000)
    const models = scriptedModels(() => long)
    await begin('long', { token: 'long', input: { include_result: true } })
    const longId = await workflowIdOf(scope, arn('long'))
    await work(longId, models)
    await tell(longId)
    expect(told[1]?.output).toMatchObject({ workflow_id: longId, status: 'completed', result: null })
  })

  it('a run that is cancelled fails the execution, with a name by which it can be caught', async () => {
    const told = listen()
    await begin('cancelled', { token: 'cancelled' })
    const id = await workflowIdOf(scope, arn('cancelled'))
    await cancelWorkflow(scope, id, 'No.')
    await work(id)
    await tell(id)
    expect(told).toEqual([{ taskToken: 'cancelled', error: 'WorkflowCancelled', cause: expect.stringContaining(id) }])
    expect(told[0]?.cause).not.toContain('No.')
  })

  it('an execution that has waited for too long cancels its run', async () => {
    const told = listen()
    await begin('late', { token: 'late' })
    const cancel = { task: 'cancel', execution: arn('late'), input: { tenant_id: 'demo' } } as const
    expect(await executions.take(cancel, { isLast: false })).toBe(true)
    const id = await workflowIdOf(scope, arn('late'))
    expect((await getWorkflow(scope, id)).state.stopping).toMatchObject({ status: 'cancelled' })
    // And again, and one that never began.
    expect(await executions.take(cancel, { isLast: false })).toBe(true)
    expect(await executions.take({ ...cancel, execution: arn('never') }, { isLast: false })).toBe(true)
    expect(told).toEqual([])
  })

  it.each<[string, () => Promise<unknown>, object, string]>([
    ['a tenant without a key', async () => {}, { tenant_id: 'keyless' }, 'workflow_key_missing'],
    ['a name that would be another secret', async () => {}, { tenant_id: '../demo' }, 'invalid_input'],
    [
      "another tenant's key",
      async () => putKey('stolen', await makeKey('demo', ['workflows:write'])),
      { tenant_id: 'stolen' },
      'workflow_key_foreign',
    ],
    [
      'a key that may not',
      async () => putKey('other', await makeKey('other', ['workflows:read'])),
      { tenant_id: 'other' },
      'permission_denied',
    ],
    ['a key that nobody made', () => putKey('guessed', 'plk_demo_nothing'), { tenant_id: 'guessed' }, 'token_invalid'],
    ['a plan that can not be', async () => {}, { plan: { steps: [] } }, 'invalid_plan'],
    ['a field that nobody knows', async () => {}, { colour: 'blue' }, 'invalid_input'],
  ])('refuses %s at once, starts nothing, and says which it was', async (name, prepare, input, code) => {
    await prepare()
    const told = listen()
    const before = await count()
    await begin(name, { token: name, input })
    expect(told).toEqual([{ taskToken: name, error: 'WorkflowRefused', cause: expect.stringContaining(`"code":"${code}"`) }])
    expect(await count()).toBe(before)
  })

  it('a key that was revoked starts nothing any more, and neither does one of a tenant that is suspended', async () => {
    const told = listen()
    const key = await makeKey('demo', ['workflows:write'])
    await putKey('demo', key)
    await begin('before', { token: 'before' })
    expect(told).toEqual([])
    const [, , keyId = ''] = key.split('_')
    await keys.revoke('demo', keyId)
    await begin('revoked', { token: 'revoked' })
    await putKey('demo', await makeKey('demo', ['workflows:write']))
    const registry = new TenantRegistry(operator)
    await registry.setStatus('demo', 'suspended')
    await begin('suspended', { token: 'suspended' })
    await registry.setStatus('demo', 'active')
    expect(told.map(({ cause = '' }) => (JSON.parse(cause) as { code: string }).code)).toEqual([
      'token_revoked',
      'tenant_suspended',
    ])
  })

  it('what can not be done now comes again; at the last time the execution is told, and doesn’t wait for nothing', async () => {
    proxy.inject(operation('GetSecretValue'), refuse(500, 'InternalServiceError'), 2)
    await expect(begin('again', { token: 'again' })).rejects.toMatchObject({ code: 'aws_unavailable' })
    const told = listen()
    await begin('again', { token: 'again', isLast: true })
    expect(told).toEqual([{ taskToken: 'again', error: 'WorkflowRefused', cause: '{"code":"aws_unavailable"}' }])
  })

  it('an answer that Step Functions does not take now is given again; one for which nobody waits is over', async () => {
    const told = listen({ first: async (asked) => refusal(asked, 500, 'InternalServiceError', 'a fault inside') })
    await begin('faulty', { token: 'faulty' })
    const id = await workflowIdOf(scope, arn('faulty'))
    await work(id)
    expect(await executions.take(finished(id), { isLast: false })).toBe(false)
    expect(await executions.take(finished(id), { isLast: false })).toBe(true)
    expect(told).toHaveLength(1)
    proxy.forget()
    proxy.inject(operation('SendTaskSuccess'), refuse(400, 'TaskTimedOut'), 1)
    expect(await executions.take(finished(id), { isLast: false })).toBe(true)
  })

  it('an end that somebody made up, or of a run for which nobody waits, tells nobody anything', async () => {
    const told = listen()
    for (const [tenant, workflow] of [
      ['demo', 'no-such-run'],
      ['nobody', 'no-such-run'],
      ['other', await workflowIdOf(scope, arn('twice'))],
    ] as const)
      expect(await executions.take({ ...finished(workflow), tenant }, { isLast: false })).toBe(true)
    expect(told).toEqual([])
  })

  interface Told {
    readonly taskToken: string
    readonly output?: object
    readonly error?: string
    readonly cause?: string
  }

  /** What Step Functions is told from now on in this test. */
  function listen({ first }: { readonly first?: Fault } = {}): Told[] {
    const told: Told[] = []
    if (first) proxy.inject(operation('SendTaskSuccess', 'SendTaskFailure'), first, 1)
    const taken = async (asked: { readonly body: Buffer }): Promise<ProxiedAnswer> => {
      const { output, ...rest } = JSON.parse(asked.body.toString()) as Told & { readonly output?: string }
      told.push({ ...rest, ...(output === undefined ? {} : { output: JSON.parse(output) as object }) })
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from('{}') }
    }
    proxy.inject(operation('SendTaskSuccess', 'SendTaskFailure'), taken, Number.POSITIVE_INFINITY)
    return told
  }

  function begin(
    name: string,
    { token, input = {}, isLast = false }: { readonly token: string; readonly input?: object; readonly isLast?: boolean },
  ): Promise<boolean> {
    const asked = { tenant_id: 'demo', request: 'Report.', plan, ...input }
    return executions.take({ task: 'start', token, execution: arn(name), input: asked }, { isLast })
  }

  function finished(workflow: string) {
    return { task: 'finished', id: 'event', tenant: 'demo', workflow, correlationId: 'c' } as const
  }

  async function tell(id: string): Promise<void> {
    expect(await executions.take(finished(id), { isLast: false })).toBe(true)
  }

  /** Has a run go on until its end, as its job would. */
  async function work(id: string, models = scriptedModels(() => 'The whole text.')): Promise<void> {
    const own = await awsPlatform({
      environment: readAwsEnvironment({ AWS_REGION: motoRegion, AWS_ENDPOINT_URL: moto.endpoint }),
      models,
      clock: systemClock,
      outbound: new GuardedHttp({ clock: systemClock }),
      jobs: [],
      clients: moto.clients,
    })
    const host = new WorkerHost({ platform: own, patterns: [], log: silentLog, listens: false })
    const definition = patterns.flatMap(({ jobs }) => jobs).find(({ name }) => name === 'multi-agent.advance')
    if (!definition) throw new Error('There is no such job.')
    const job = {
      queue: definition.name,
      tenant: 'demo',
      id,
      lane: 'normal',
      version: 1,
      correlationId: 'c',
      body: { workflow_id: id },
    } as const
    const lease = { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} }
    expect(await host.handle(definition, job, lease)).toEqual({ done: true })
  }

  async function makeKey(tenant: string, permissions: readonly string[]): Promise<string> {
    return (await keys.create(scope.caller, tenant, { user_id: 'nightly', permissions })).key
  }

  async function putKey(tenant: string, SecretString: string): Promise<void> {
    const Name = workflowKeyName('plinth', tenant)
    await secrets
      .send(new CreateSecretCommand({ Name, SecretString }))
      .catch(() => secrets.send(new UpdateSecretCommand({ SecretId: Name, SecretString })))
  }

  /** How many runs were started. */
  async function count(): Promise<number> {
    const events = await scope.state.events({ after: 0, limit: 1_000 })
    return events.filter(({ type }) => type === 'genai.workflow.started').length
  }
})

describe('messages', () => {
  const detail = {
    id: 'e',
    tenant_id: 'demo',
    subject: 'w',
    correlation_id: 'c',
    detail: { workflow_id: 'w', status: 'completed' },
  }
  const event = { version: '0', source: 'genai.service', 'detail-type': 'genai.workflow.finished', detail }

  it('are those of the state machine and of the bus, and no others', () => {
    const start = { task: 'start', token: 't', execution: 'e', input: {} }
    expect(readMessage(JSON.stringify(start))).toEqual(start)
    expect(readMessage(JSON.stringify(event))).toEqual({
      task: 'finished',
      id: 'e',
      tenant: 'demo',
      workflow: 'w',
      correlationId: 'c',
    })
    for (const other of [
      '',
      '{{',
      'null',
      '{}',
      JSON.stringify({ ...start, token: '' }),
      JSON.stringify({ ...event, 'detail-type': 'genai.workflow.started' }),
      JSON.stringify({ ...event, source: 'someone' }),
      JSON.stringify({ ...event, detail: { ...detail, tenant_id: '_system' } }),
    ])
      expect(readMessage(other), other).toBeUndefined()
  })

  it.each([
    [{}, 'tenant_id'],
    [null, 'tenant_id'],
    [{ tenant_id: '_system', request: 'x' }, 'tenant_id'],
    [{ tenant_id: 'demo' }, 'request'],
    [{ tenant_id: 'demo', request: 7 }, 'request'],
    [{ tenant_id: 'demo', request: 'x', include_result: 'yes' }, 'include_result'],
    [{ tenant_id: 'demo', request: 'x', approval: 'maybe' }, 'approval'],
    [{ tenant_id: 'demo', request: 'x', user_id: 'root' }, 'user_id'],
  ])('of an input that can not be, the field at fault is told: %j', (input, fault) => {
    expect(readInput(input)).toEqual({ fault })
  })
})
