/** Families that are invoked by the forms of the gateway's other protocols, inside Bedrock's frames. @module */
import { readMessages } from '../../anthropic/read-messages.ts'
import { readChatCompletion } from '../../openai/read-chat.ts'
import type { ChatCall, Encoded } from '../../protocol.ts'
import type { InvokeForm } from './form.ts'

export function readAnthropic(modelId: string, body: unknown, streamed: boolean): InvokeForm {
  return wrapped(readMessages(body, { modelId, streamed, path: 'invoke' }))
}

/** The path says which model, whatever the body says. */
export function readOpenAI(modelId: string, body: object): InvokeForm {
  return wrapped(readChatCompletion({ ...body, model: modelId }))
}

function wrapped({ request, answer, stream }: ChatCall): InvokeForm {
  return {
    request,
    answer: (given) => answer(given).body ?? '{}',
    chunks(head) {
      const encoder = stream(head)
      return { start: () => dataOf(encoder.start()), part: (part) => dataOf(encoder.part(part)) }
    },
  }
}

/** The data of server-sent events; the mark at the end of OpenAI's isn't JSON, and stays behind. */
function dataOf(encoded: Encoded): readonly string[] {
  const text = typeof encoded === 'string' ? encoded : Buffer.from(encoded).toString()
  if (text === '') return []
  const data: string[] = []
  for (const line of text.split('\n')) if (line.startsWith('data: {')) data.push(line.slice(6))
  return data
}
