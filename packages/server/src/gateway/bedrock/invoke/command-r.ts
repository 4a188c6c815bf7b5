/** Cohere Command R: a message after a history. @module */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { type ChatFinish, readInput } from '@plinth/core'
import { z } from 'zod'
import { fieldsBy } from '../../client-fields.ts'
import { given, listOf, wrong } from '../../form.ts'
import { mostTokens, share, stopTexts, topK } from '../sampling.ts'
import { filledText, type InvokeForm, textForm } from './form.ts'

const commandBody = z.object({
  message: filledText,
  chat_history: listOf(z.object({ role: z.enum(['USER', 'CHATBOT', 'SYSTEM']), message: z.string() })).nullish(),
  preamble: z.string().nullish(),
  max_tokens: mostTokens,
  temperature: share,
  p: share,
  k: topK,
  frequency_penalty: share,
  presence_penalty: share,
  seed: z.int().nullish(),
  stop_sequences: stopTexts,
  documents: z.unknown().optional(),
  tools: z.unknown().optional(),
  tool_results: z.unknown().optional(),
  search_queries_only: z.unknown().optional(),
  raw_prompting: z.unknown().optional(),
})

/** What changes the answer and has no place in the one form, or another form there. */
const refused = ['documents', 'tools', 'tool_results', 'search_queries_only', 'raw_prompting'] as const

export function readCommandR(modelId: string, body: unknown): InvokeForm {
  const read = readInput(commandBody, body)
  const { chat_history, message, max_tokens, temperature, p, k, frequency_penalty, presence_penalty, seed } = read
  for (const name of refused) {
    const value = read[name]
    if (value && !(Array.isArray(value) && value.length === 0)) throw wrong(name, 'Is not supported in this form: use Converse.')
  }
  return textForm({
    request: {
      modelId,
      prompt: promptOf(read),
      ...given({
        maxOutputTokens: max_tokens,
        temperature,
        topP: p,
        topK: k,
        frequencyPenalty: frequency_penalty,
        presencePenalty: presence_penalty,
        seed,
        stopSequences: read.stop_sequences,
      }),
    },
    fieldOf: fieldsBy({}, () => placesOf(read)),
    whole: (text, { id, finish }) => ({
      response_id: id,
      generation_id: id,
      text,
      chat_history: [...(chat_history ?? []), { role: 'USER', message }, { role: 'CHATBOT', message: text }],
      finish_reason: finishReason(finish),
    }),
    begin: ({ id }) => ({ is_finished: false, event_type: 'stream-start', generation_id: id }),
    delta: (text) => ({ is_finished: false, event_type: 'text-generation', text }),
    end: (finish, text) => ({
      is_finished: true,
      event_type: 'stream-end',
      finish_reason: finishReason(finish),
      response: { text, finish_reason: finishReason(finish) },
    }),
  })
}

function placesOf({ preamble, chat_history }: z.output<typeof commandBody>): readonly string[] {
  return [...(preamble ? ['preamble'] : []), ...(chat_history ?? []).map((_, index) => `chat_history.${index}`), 'message']
}

function promptOf({ preamble, chat_history, message }: z.output<typeof commandBody>): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = preamble ? [{ role: 'system', content: preamble }] : []
  for (const turn of chat_history ?? []) {
    if (turn.role === 'SYSTEM') prompt.push({ role: 'system', content: turn.message })
    else prompt.push({ role: turn.role === 'USER' ? 'user' : 'assistant', content: [{ type: 'text', text: turn.message }] })
  }
  prompt.push({ role: 'user', content: [{ type: 'text', text: message }] })
  return prompt
}

function finishReason({ reason }: ChatFinish): string {
  if (reason === 'length') return 'MAX_TOKENS'
  return reason === 'content-filter' ? 'ERROR_TOXIC' : 'COMPLETE'
}
