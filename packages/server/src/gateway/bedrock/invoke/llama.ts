/** Meta Llama: a prompt and its continuation. @module */
import { type ChatFinish, readInput } from '@plinth/core'
import { z } from 'zod'
import { fieldsBy } from '../../client-fields.ts'
import { given, wrong } from '../../form.ts'
import { mostTokens, share } from '../sampling.ts'
import { filledText, type InvokeForm, textForm } from './form.ts'
import { conversationOf } from './prompt-template.ts'

const llamaBody = z.object({
  prompt: filledText,
  max_gen_len: mostTokens,
  temperature: share,
  top_p: share,
  images: z.unknown().optional(),
})

export function readLlama(modelId: string, body: unknown): InvokeForm {
  const { prompt, max_gen_len, temperature, top_p, images } = readInput(llamaBody, body)
  if (images) throw wrong('images', 'Images are not supported in this form: use Converse.')
  return textForm({
    request: {
      modelId,
      prompt: conversationOf(prompt),
      ...given({ maxOutputTokens: max_gen_len, temperature, topP: top_p }),
    },
    fieldOf: fieldsBy({ messages: 'prompt', max_tokens: 'max_gen_len' }),
    whole: (generation, { finish }) => ({ generation, ...endOf(finish) }),
    // Tokens are counted at the end.
    delta: (generation) => ({ generation, prompt_token_count: null, generation_token_count: null, stop_reason: null }),
    end: (finish) => ({ generation: '', ...endOf(finish) }),
  })
}

function endOf({ reason, usage }: ChatFinish): object {
  return {
    prompt_token_count: usage.inputTokens,
    generation_token_count: usage.outputTokens,
    stop_reason: reason === 'length' ? 'length' : 'stop',
  }
}
