import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { type ExecutionMessage, readMessage } from '../../aws/src/executions/execution-message.ts'
import { TaskAnswers } from '../../aws/src/executions/task-answers.ts'
import { describeWithMoto, type Moto, motoCredentials, motoRegion } from '../../aws/test/support/moto.ts'
import { definitionFor, definitionOf } from './support/state-machine.ts'
import { plinthStack, templateOf } from './support/synthesised.ts'

const definition = definitionOf(templateOf(plinthStack()))

/** Stock moto's interpreter runs one execution in its life: so each test has a moto of its own. */
describeWithMoto('the state machine of the template, on an emulator: an answer', (moto) => {
  it('asks by a message that the worker reads, and fails by the name that it is told; answered twice, nothing changes [R48, X43]', async () => {
    const { sfn, messages, describe } = await execution(moto, definition.States)
    const start = await until('it asks', async () => (await messages())[0], { within: 60_000 })
    const input = { tenant_id: 'demo', request: 'Report.' }
    expect(start).toEqual({ task: 'start', token: expect.any(String), execution: expect.stringMatching(/:one$/), input })
    if (start.task !== 'start') throw new Error('It does not start.')
    const answers = new TaskAnswers(sfn)
    const cause = { workflow_id: 'w', code: 'step_failed' }
    expect(await answers.send(start.token, { error: 'WorkflowFailed', cause })).toBe(true)
    await until('it has ended', async () => (await describe()).status !== 'RUNNING')
    expect(await describe()).toMatchObject({ status: 'FAILED', error: 'WorkflowFailed' })
    expect(await answers.send(start.token, { output: {} })).toBe(false)
    expect(await answers.send('no-such-token', { output: {} })).toBe(false)
    await expect(sfn.send(new SendTaskFailureCommand({ taskToken: 'no-such-token' }))).rejects.toThrow()
    sfn.destroy()
  })
})

describeWithMoto('the state machine of the template, on an emulator: no answer', (moto) => {
  it('waits for so long and no longer: it has the run cancelled, and fails with a name of its own [R68, X43]', async () => {
    const states = { ...definition.States, Run: { ...definition.States.Run, TimeoutSeconds: 5 } }
    const { sfn, messages, describe } = await execution(moto, states)
    const next = (task: string) =>
      until(task, async () => (await messages()).find((message) => message.task === task), { within: 90_000 })
    await next('start')
    const input = { tenant_id: 'demo' }
    expect(await next('cancel')).toEqual({ task: 'cancel', execution: expect.stringMatching(/:one$/), input })
    await until('it has ended', async () => (await describe()).status !== 'RUNNING', { within: 60_000 })
    expect(await describe()).toMatchObject({ status: 'FAILED', error: 'WorkflowTimedOut' })
    sfn.destroy()
  })
})

async function execution(moto: Moto, States: typeof definition.States) {
  const { sqs } = moto.clients
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'executions' }))
  await fetch(`${moto.endpoint}/moto-api/config`, {
    method: 'POST',
    body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
  })
  const sfn = new SFNClient({ region: motoRegion, endpoint: moto.endpoint, credentials: motoCredentials, maxAttempts: 1 })
  const text = definitionFor({ ...definition, States }, QueueUrl)
  const roleArn = 'arn:aws:iam::123456789012:role/states'
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'workflows', definition: text, roleArn }))
  const input = JSON.stringify({ tenant_id: 'demo', request: 'Report.' })
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'one', input }))
  const messages = async (): Promise<readonly ExecutionMessage[]> => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    return Messages.flatMap(({ Body = '' }) => readMessage(Body) ?? [])
  }
  return { sfn, messages, describe: () => sfn.send(new DescribeExecutionCommand({ executionArn })) }
}
