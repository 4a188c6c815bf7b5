import { PlinthError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { estimatePromptTokens } from '../../language-model/token-estimate.ts'
import { noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import type { PendingCall } from '../run/journal.ts'
import { RunBudgetError, type Settle } from '../run/run-budget.ts'
import type { CallDecision } from '../run/step-state.ts'
import { mayCall } from '../tools/allowed-tools.ts'
import { callTool, readInput } from '../tools/call-tool.ts'
import { withCall } from '../tools/made-calls.ts'
import type { Tool, ToolAnswer } from '../tools/tool.ts'
import { upTo } from '../whole-characters.ts'
import type { Conversation, OpenCall } from './conversation.ts'
import type { AgentWork } from './run-agent.ts'

/** Where an agent's definition doesn't say. */
const usualToolCalls = 30
/** Of a conversation that has to be put down. */
const longestConversation = 1_000_000

/** A call that may be made, or what its model is told instead. */
type Judged = Possible | { readonly place: number; readonly answer: ToolAnswer }

interface Possible {
  readonly place: number
  readonly call: OpenCall
  readonly tool: Tool
  readonly input: JsonObject
}

/**
 * Makes the calls that a model's last turn asks for, and tells it what came of them. Where one needs somebody's word none is made: the
 * conversation is put down as it is.
 * @returns the calls that need somebody's word.
 */
export async function answerCalls(scope: Scope, work: AgentWork): Promise<readonly PendingCall[]> {
  const { run, conversation } = work
  const judged = conversation.open.map((call, place) => judge(work, call, place))
  const waits = judged.flatMap((each) => ('tool' in each && needsWord(work, each) ? [pending(work, each)] : []))
  const changing = judged.filter((each) => 'tool' in each && each.tool.changes)
  if (changing.length > 0 && conversation.size > longestConversation) {
    const message = `The conversation has more than ${longestConversation} characters: it can't be kept, so nothing is changed.`
    throw new PlinthError('conversation_too_large', message, false)
  }
  if (waits.length > 0) {
    keep(work)
    return waits
  }
  const room = roomForAnswers(work, judged.length)
  const answers = new Array<ToolAnswer>(judged.length)
  const make = async (each: Judged): Promise<void> => {
    answers[each.place] = fitted('tool' in each ? await makeCall(scope, work, each) : each.answer, room)
  }
  await Promise.all(judged.filter((each) => !changing.includes(each)).map(make))
  // One after the other, as the model named them.
  for (const each of changing) {
    await run.settled()
    await make(each)
  }
  conversation.calls += judged.filter((each) => 'tool' in each).length
  conversation.told(answers)
  // A model may give the calls of its next turn the same ids.
  delete work.decision
  if (changing.length > 0) keep(work)
  return []
}

function judge({ run, named, conversation, decision }: AgentWork, call: OpenCall, place: number): Judged {
  const refused = (text: string): Judged => ({ place, answer: { text, failed: true } })
  const tool = named.get(call.toolName)
  if (!tool) return refused(`There is no tool ${call.toolName.slice(0, 64)}.`)
  if (conversation.calls + place >= (run.agent.limits.tool_calls ?? usualToolCalls)) return { place, answer: noMoreCalls }
  const read = readInput(tool, call.input)
  if ('fault' in read) return refused(read.fault)
  const isRejected =
    decision?.rejected !== undefined && !mayCall(run.agent, tool) && isDecided(decision, idOf(conversation, call))
  if (isRejected) return refused(`This call was not agreed to: ${decision.rejected}`)
  return { call, place, tool, input: read.input }
}

const noMoreCalls: ToolAnswer = { text: 'No more tools can be called in this step. Answer with what you have.', failed: true }

function needsWord({ run, conversation, decision }: AgentWork, { call, tool }: Possible): boolean {
  return !mayCall(run.agent, tool) && !isDecided(decision, idOf(conversation, call))
}

function isDecided(decision: CallDecision | undefined, id: string): boolean {
  return (decision?.calls ?? []).some((each) => each.call_id === id)
}

/** A model may give the same id again: then its turn tells the calls apart, so that a word on one is none on the other. */
function idOf({ prompt, turns }: Conversation, { toolCallId: id }: OpenCall): string {
  const isUsed = prompt.some(
    ({ role, content }) => role === 'assistant' && content.some((part) => part.type === 'tool-call' && part.toolCallId === id),
  )
  return isUsed ? `${id}@${turns}` : id
}

function pending({ conversation }: AgentWork, { call, tool, input }: Possible): PendingCall {
  return { call_id: idOf(conversation, call), tool: tool.name, input }
}

/** What was said until now, where its model has said something and it can be kept. */
export function putDown(work: AgentWork): void {
  const { turns, open, size } = work.conversation
  if (turns > 0 && open.length === 0 && size <= longestConversation) keep(work)
}

function keep({ run, conversation, used }: AgentWork): void {
  const { usage, toolCalls, made } = used
  run.keep(conversation.part(), { usage, toolCalls, ...(made.length > 0 ? { made } : {}) })
  used.usage = noUsage
  used.toolCalls = 0
  used.made = []
}

async function makeCall(scope: Scope, work: AgentWork, made: Possible): Promise<ToolAnswer> {
  const { run, conversation, used } = work
  const { call, tool, input, place } = made
  let settle: Settle
  try {
    settle = run.budget.reserve({ tool_calls: 1 })
  } catch (error) {
    if (error instanceof RunBudgetError) return noMoreCalls
    throw error
  }
  used.toolCalls++
  try {
    const answer = await callTool(scope, tool, {
      input,
      key: `${conversation.key}:${conversation.turns}:${place}`,
      callId: call.toolCallId,
      results: run.results,
      signal: run.signal,
    })
    used.made = withCall(used.made, { tool: tool.name, input, answer })
    return answer
  } finally {
    settle({ tool_calls: 1 })
  }
}

/** Characters that each of so many answers may have, so that what follows still fits the model. */
function roomForAnswers({ run: { model }, conversation, maxTokens }: AgentWork, answers: number): number {
  const tokens = model.entry.context - estimatePromptTokens(conversation.prompt) - maxTokens
  return Math.max(leastShown, Math.floor((tokens * charactersPerToken) / 2 / answers))
}

const leastShown = 500
/** As tokens are estimated. */
const charactersPerToken = 3

function fitted(answer: ToolAnswer, room: number): ToolAnswer {
  const { text } = answer
  if (text.length <= room) return answer
  const kept = upTo(text, room)
  return { ...answer, text: `${kept}\n[Cut here: ${text.length - kept.length} characters are left out.]` }
}
