import { SendTaskFailureCommand, SendTaskSuccessCommand, type SFNClient } from '@aws-sdk/client-sfn'
import { isFault, unavailable } from '../aws-fault.ts'

/** What an execution is told that waits by a token. */
export type TaskAnswer =
  | { readonly output: object }
  /** `error`: by which the state machine may catch it. */
  | { readonly error: string; readonly cause: object }

/** The most that Step Functions takes of an output, in bytes of UTF-8 (API reference, SendTaskSuccess). */
export const longestOutput = 262_144
const longestCause = 32_768

/** Nobody waits by that token any more: it was answered, its time is over, or its execution was stopped. */
const over = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']

/** Answers executions by their tokens. A token takes one answer: of several the first one counts, and the others change nothing. */
export class TaskAnswers {
  readonly #client: SFNClient

  constructor(client: SFNClient) {
    this.#client = client
  }

  /** @returns whether somebody waited for it. @throws UnavailableError when it can't be said now. */
  async send(taskToken: string, answer: TaskAnswer): Promise<boolean> {
    try {
      if ('output' in answer) {
        await this.#client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer.output) }))
      } else {
        const { error, cause } = answer
        const text = JSON.stringify(cause).slice(0, longestCause)
        await this.#client.send(new SendTaskFailureCommand({ taskToken, error, cause: text }))
      }
      return true
    } catch (error) {
      if (isFault(error, ...over)) return false
      throw unavailable(error, 'output' in answer ? 'states:SendTaskSuccess' : 'states:SendTaskFailure')
    }
  }
}
