/** Mistral AI: a prompt and its continuation, or a chat. @module */
import type { ChatFinish } from '@plinth/core'
import { z } from 'zod'
import { checked } from '../checked.ts'
import { type InvokeForm, textForm } from './form.ts'
import { conversationOf } from './prompt-template.ts'
import { readOpenAI } from './wrapped.ts'

const promptBody = z.object({
  prompt: z.string().refine((text) => text.trim() !== '', 'must not be empty'),
  max_tokens: z.number().int().min(1).nullish(),
  stop: z.array(z.string().min(1)).nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().int().min(0).nullish(),
})

export function readMistral(modelId: string, body: object): InvokeForm {
  return 'messages' in body ? readChat(modelId, body) : readPrompt(modelId, body)
}

function readPrompt(modelId: string, body: object): InvokeForm {
  const { prompt, max_tokens, stop, temperature, top_p, top_k } = checked(promptBody, body)
  return textForm({
    request: {
      modelId,
      prompt: conversationOf(prompt),
      ...(max_tokens == null ? {} : { maxOutputTokens: max_tokens }),
      ...(temperature == null ? {} : { temperature }),
      ...(top_p == null ? {} : { topP: top_p }),
      ...(top_k == null ? {} : { topK: top_k }),
      ...(stop?.length ? { stopSequences: stop } : {}),
    },
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

interface Choices {
  readonly choices?: readonly { readonly finish_reason?: string | null }[]
}

function withStopReason(json: string): string {
  const body = JSON.parse(json) as Choices
  const choices = body.choices?.map((choice) => ({ ...choice, stop_reason: choice.finish_reason ?? null }))
  return JSON.stringify({ ...body, choices })
}
