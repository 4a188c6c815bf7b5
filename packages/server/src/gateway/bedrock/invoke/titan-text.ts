/** Amazon Titan Text: a text and its continuation. @module */
import { type ChatFinish, readInput } from '@plinth/core'
import { z } from 'zod'
import { fieldsBy } from '../../client-fields.ts'
import { given } from '../../form.ts'
import { mostTokens, share, stopTexts } from '../sampling.ts'
import { filledText, type InvokeForm, textForm } from './form.ts'

const titanBody = z.object({
  inputText: filledText,
  textGenerationConfig: z
    .object({
      maxTokenCount: mostTokens,
      temperature: share,
      topP: share,
      stopSequences: stopTexts,
    })
    .nullish(),
})

export function readTitanText(modelId: string, body: unknown): InvokeForm {
  const { inputText, textGenerationConfig } = readInput(titanBody, body)
  const { maxTokenCount, temperature, topP, stopSequences } = textGenerationConfig ?? {}
  return textForm({
    request: {
      modelId,
      prompt: [{ role: 'user', content: [{ type: 'text', text: inputText }] }],
      ...given({ maxOutputTokens: maxTokenCount, temperature, topP, stopSequences }),
    },
    fieldOf: fieldsBy({
      messages: 'inputText',
      max_tokens: 'textGenerationConfig.maxTokenCount',
      stop_sequences: 'textGenerationConfig.stopSequences',
    }),
    whole: (outputText, { finish }) => ({
      inputTextTokenCount: finish.usage.inputTokens,
      results: [{ tokenCount: finish.usage.outputTokens, outputText, completionReason: completionReason(finish) }],
    }),
    delta: (outputText) => ({
      index: 0,
      outputText,
      inputTextTokenCount: null,
      totalOutputTextTokenCount: null,
      completionReason: null,
    }),
    end: (finish) => ({
      index: 0,
      outputText: '',
      inputTextTokenCount: finish.usage.inputTokens,
      totalOutputTextTokenCount: finish.usage.outputTokens,
      completionReason: completionReason(finish),
    }),
  })
}

function completionReason({ reason, stopSequence }: ChatFinish): string {
  if (reason === 'length') return 'LENGTH'
  if (reason === 'content-filter') return 'CONTENT_FILTERED'
  return stopSequence === undefined ? 'FINISH' : 'STOP_CRITERIA_MET'
}
