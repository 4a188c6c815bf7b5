/** Mistral AI: a prompt and its continuation, or a chat. @module */
import { type ChatFinish, readInput } from '@plinth/core'
import { z } from 'zod'
import { fieldsBy } from '../../client-fields.ts'
import { given } from '../../form.ts'
import { mostTokens, share, stopTexts, topK } from '../sampling.ts'
import { readOpenAI } from './borrowed.ts'
import { filledText, type InvokeForm, textForm } from './form.ts'
import { conversationOf } from './prompt-template.ts'

const promptBody = z.object({
  prompt: filledText,
  max_tokens: mostTokens,
  stop: stopTexts,
  temperature: share,
  top_p: share,
  top_k: topK,
})

export function readMistral(modelId: string, body: object): InvokeForm {
  return 'messages' in body ? readChat(modelId, body) : readPrompt(modelId, body)
}

function readPrompt(modelId: string, body: object): InvokeForm {
  const { prompt, max_tokens, stop, temperature, top_p, top_k } = readInput(promptBody, body)
  return textForm({
    request: {
      modelId,
      prompt: conversationOf(prompt),
      ...given({ maxOutputTokens: max_tokens, temperature, topP: top_p, topK: top_k, stopSequences: stop }),
    },
    fieldOf: fieldsBy({ messages: 'prompt', stop_sequences: 'stop' }),
    whole: (text, { finish }) => ({ outputs: [{ text, stop_reason: stopReason(finish) }] }),
    delta: (text) => ({ outputs: [{ text, stop_reason: null }] }),
    end: (finish) => ({ outputs: [{ text: '', stop_reason: stopReason(finish) }] }),
  })
}

function stopReason({ reason }: ChatFinish): string {
  return reason === 'length' ? 'length' : 'stop'
}

/** OpenAI's form in nearly everything: forcing a tool is `any`, and the reason to stop has a second name. */
function readChat(modelId: string, body: object): InvokeForm {
  const choice = 'tool_choice' in body && body.tool_choice === 'any' ? { tool_choice: 'required' } : {}
  const form = readOpenAI(modelId, { ...body, ...choice })
  return {
    request: form.request,
    fieldOf: form.fieldOf,
    answer: (answer) => withStopReason(form.answer(answer)),
    chunks(head) {
      const chunks = form.chunks(head)
      return {
        start: () => chunks.start().map(withStopReason),
        part: (part) => chunks.part(part).map(withStopReason),
      }
    },
  }
}

function withStopReason(body: { readonly choices?: readonly { readonly finish_reason?: string | null }[] }): object {
  return { ...body, choices: body.choices?.map((choice) => ({ ...choice, stop_reason: choice.finish_reason ?? null })) }
}
