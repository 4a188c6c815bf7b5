/** An answer that comes whole. @module */
import type { LanguageModelV4Content, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import { type Fields, fieldsOf, malformed, optionalFields, optionalList, optionalText } from './fields.ts'
import { finishReasonOf, firstChoice, metadataOf, responseOf, toolCallMetadata, usageOf } from './figures.ts'
import { newToolCallId } from './tool-call-deltas.ts'
import { contentOf, reasoningOf, refusalOf } from './written.ts'

export type WholeAnswer = Pick<
  LanguageModelV4GenerateResult,
  'content' | 'finishReason' | 'usage' | 'providerMetadata' | 'response'
>

/**
 * @returns nothing for an answer of the protocol's form without a choice.
 * @throws InvalidResponseDataError for what isn't of that form.
 */
export function wholeAnswer(answer: unknown): WholeAnswer | undefined {
  const fields = fieldsOf(answer, 'The answer')
  if (!Array.isArray(fields.choices)) throw malformed('choices is no list.')
  const choice = firstChoice(fields.choices)
  if (!choice) return undefined
  const message = fieldsOf(choice.message, 'message')
  const content: LanguageModelV4Content[] = []
  const reasoning = reasoningOf(message)
  if (reasoning) content.push({ type: 'reasoning', text: reasoning })
  for (const part of contentOf(message.content)) content.push(part)
  const refusal = refusalOf(message)
  if (refusal !== '') content.push({ type: 'text', text: refusal })
  for (const call of optionalList(message.tool_calls, 'tool_calls')) content.push(toolCall(fieldsOf(call, 'tool_call')))
  const usage = optionalFields(fields.usage, 'usage')
  return {
    content,
    finishReason: finishReasonOf(optionalText(choice.finish_reason, 'finish_reason'), refusal !== ''),
    usage: usageOf(usage),
    providerMetadata: metadataOf(usage),
    response: responseOf(fields),
  }
}

function toolCall(call: Fields): LanguageModelV4Content {
  const { name, arguments: input } = fieldsOf(call.function, 'function')
  if (typeof name !== 'string') throw malformed('The name of a tool is no text.')
  const providerMetadata = toolCallMetadata(call)
  return {
    type: 'tool-call',
    toolCallId: optionalText(call.id, 'id of a tool call') || newToolCallId(),
    toolName: name,
    input: optionalText(input, 'arguments') ?? '',
    ...(providerMetadata && { providerMetadata }),
  }
}
