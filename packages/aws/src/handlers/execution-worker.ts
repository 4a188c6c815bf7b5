import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SFNClient } from '@aws-sdk/client-sfn'
import { WorkerHost } from '@plinth/core'
import { openGate } from '../api-gate.ts'
import { clientSettings } from '../clients.ts'
import { eventReceives, readAwsEnvironment } from '../environment.ts'
import { readMessage } from '../executions/execution-message.ts'
import { TaskAnswers } from '../executions/task-answers.ts'
import { WorkflowExecutions } from '../executions/workflow-executions.ts'
import { WorkflowKeys } from '../executions/workflow-keys.ts'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'
import { observed } from './function-telemetry.ts'
import { openOnce } from './open-once.ts'
import { type BatchAnswer, type SqsBatch, workBatch } from './work-batch.ts'

const workflowExecutions = openOnce(open)

/** Between the state machine of workflows and Plinth: starts what executions ask for, and answers them when it has ended. */
export function handler(event: SqsBatch): Promise<BatchAnswer> {
  return observed(() => work(event))
}

async function work(event: SqsBatch): Promise<BatchAnswer> {
  const executions = await workflowExecutions()
  return workBatch(event, async ({ body, attributes, messageId }) => {
    const message = readMessage(body)
    if (message) return executions.take(message, { isLast: Number(attributes.ApproximateReceiveCount) >= eventReceives })
    // After some deliveries it lies with the dead letters, where somebody can look at it.
    functionLog.error({ message_id: messageId }, 'A message is neither of the state machine nor of the bus.')
    return false
  })
}

async function open(): Promise<WorkflowExecutions> {
  const platform = await functionPlatform()
  const environment = readAwsEnvironment(process.env)
  const settings = clientSettings(environment)
  return new WorkflowExecutions({
    platform,
    authenticator: await openGate(platform.operate()),
    host: new WorkerHost({ platform, patterns: [], log: functionLog, listens: false }),
    keys: new WorkflowKeys({ client: new SecretsManagerClient(settings), prefix: environment.queuePrefix }),
    answers: new TaskAnswers(new SFNClient(settings)),
    log: functionLog,
  })
}
