import { PlinthError } from '@plinth/core'
import type { Client } from '../client.ts'
import { printable, printableText } from '../printable.ts'
import type { ShownPlan, ShownStep, ShownWorkflow } from './answers.ts'
import { type Terminal, TypedAnswers } from './answers-typed.ts'
import { followEvents } from './follow.ts'
import { workflowPath } from './path.ts'
import { afterFailure, approvalCommands, costWords, planLines, stepLine } from './workflow-words.ts'

/** Of a workflow that waits for somebody who isn't there to be asked. */
const waitsExitCode = 2

/**
 * Shows a workflow until its end, its result on standard output. What has to be agreed to is asked for on a terminal; elsewhere, and where
 * nobody answers, the commands are printed, and it ends with exit code 2, while the workflow waits.
 * @throws PlinthError when the workflow fails or is cancelled.
 */
export async function showProgress(
  client: Client,
  id: string,
  options: { readonly json: boolean; readonly terminal?: Terminal },
): Promise<void> {
  const { json, terminal = { input: process.stdin, output: process.stderr } } = options
  const asks = terminal.input.isTTY === true && !json
  const say = (lines: readonly string[]): boolean => json || terminal.output.write(`${lines.join('\n')}\n`)
  const answers = new TypedAnswers(terminal)
  try {
    for await (const { event, data } of followEvents(client, id)) {
      if (json) console.log(JSON.stringify({ event, data }))
      if (event === 'plan') say(planLines(data as ShownPlan))
      if (event === 'step') say([stepLine(data as ShownStep)])
      if (event === 'synthesis') say([stepLine(data as ShownStep, 'synthesis')])
      if (event === 'done' || event === 'error') return ended(data as ShownWorkflow, say, json)
      if (event !== 'status' || (data as ShownWorkflow).status !== 'awaiting_approval') continue
      const workflow = (await client.call('GET', workflowPath(id))) as ShownWorkflow
      if (workflow.status !== 'awaiting_approval') continue
      if (asks && (await askAbout(client, workflow, answers))) continue
      const left = asks ? ((await client.call('GET', workflowPath(id))) as ShownWorkflow) : workflow
      say(['It waits for approval:', ...approvalCommands(left), `  plinth workflows get ${id} --follow`])
      process.exitCode = waitsExitCode
      return
    }
  } finally {
    answers.close()
  }
}

function ended(workflow: ShownWorkflow, say: (lines: readonly string[]) => void, json: boolean): void {
  const { status, result, error, usage } = workflow
  say([costWords(usage), ...afterFailure(workflow)])
  if (result && !json) console.log(`\n${printableText(result.text.trimEnd())}`)
  if (status === 'completed') return
  const { code = status, message = `The workflow is ${status}.` } = error ?? {}
  throw new PlinthError(code, message, false)
}

/**
 * Asks about the plan, or about each step that waits, and says what was decided.
 * @returns false when there was no answer: nothing is decided by that.
 */
async function askAbout(client: Client, workflow: ShownWorkflow, answers: TypedAnswers): Promise<boolean> {
  const { workflow_id: id, waits_for: what, steps, plan } = workflow
  if (what === 'plan') {
    const agreed = await answers.agree('Run this plan?')
    if (agreed !== undefined) await decide(client, id, agreed, plan ? { revision: plan.revision } : {})
    return agreed !== undefined
  }
  for (const step of Object.values(steps).filter(({ status }) => status === 'awaiting_approval')) {
    const calls = (step.pending_calls ?? []).map(({ tool, input }) => `\n  ${tool} ${JSON.stringify(input)}`).join('')
    const question = calls === '' ? `Run the step ${step.step_id}?` : `Let the step ${step.step_id} call${calls}\n?`
    const agreed = await answers.agree(printableLines(question))
    if (agreed === undefined) return false
    const ids = (step.pending_calls ?? []).map((call) => call.call_id)
    await decide(client, id, agreed, { step: step.step_id, ...(ids.length > 0 ? { calls: ids } : {}) })
  }
  return true
}

async function decide(client: Client, id: string, agreed: boolean, body: object): Promise<void> {
  try {
    if (agreed) await client.call('POST', workflowPath(id, '/approve'), { body })
    else await client.call('POST', workflowPath(id, '/reject'), { body: { ...body, reason: 'Rejected on a terminal.' } })
  } catch (error) {
    // Somebody else was faster.
    if (!PlinthError.is(error) || error.code !== 'wrong_state') throw error
  }
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
