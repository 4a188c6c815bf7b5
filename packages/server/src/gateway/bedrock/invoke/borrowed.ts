/** Families that are invoked by the forms of the gateway's other protocols, inside Bedrock's frames. @module */
import { messageBody } from '../../anthropic/message.ts'
import { readInvocation } from '../../anthropic/read-messages.ts'
import { messageEvents } from '../../anthropic/stream.ts'
import { chatCompletion } from '../../openai/chat-answer.ts'
import { chatChunks } from '../../openai/chat-stream.ts'
import { readChat } from '../../openai/read-chat.ts'
import type { InvokeForm } from './form.ts'

export function readAnthropic(modelId: string, body: object): InvokeForm {
  return { ...readInvocation(body, modelId), answer: messageBody, chunks: messageEvents }
}

/** The path says which model, whatever the body says. */
export function readOpenAI(modelId: string, body: object): InvokeForm {
  const { request, fieldOf, includeUsage } = readChat({ ...body, model: modelId })
  return { request, fieldOf, answer: chatCompletion, chunks: (head) => chatChunks(head, includeUsage) }
}
