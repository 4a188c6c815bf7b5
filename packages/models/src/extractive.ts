/** The model that answers by quoting: the default, so that everything works with no account and no weights. @module */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import { extractiveId } from './catalogue.ts'
import { generateResult, streamResult } from './completion.ts'
import { compose } from './extractive/compose.ts'
import { messageTexts, unsupportedWarnings } from './prompt-text.ts'
import { tokensOfBytes, utf8Bytes } from './tokens.ts'

/** What `providerMetadata.plinth.note` says. */
export const extractiveNote = 'Sentences selected from the given text by rules; rule-based, not a language model.'

/**
 * Answers a question with the sentences of the prompt that cover it, sums up long text by its own sentences, fills a JSON schema with
 * what the text says, and otherwise says that it has nothing to go by. Deterministic; no network, no clock, no randomness. Linear in
 * the prompt: about 0.3 s a megabyte, in stretches short enough for a server.
 *
 * `providerMetadata.plinth` holds `kind` ("extractive"), `note`, `mode` ("answer", "summary", "json" or "none") and `coverage` (the share
 * of the request's words found in the text, 0 to 1). Tools, images and sampling settings are left aside, with a warning.
 */
export function createExtractiveModel(): LanguageModelV4 {
  async function doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    options.abortSignal?.throwIfAborted()
    const messages = messageTexts(options.prompt)
    const { mode, text, coverage } = await compose(messages, options)
    const bytes = messages.reduce((sum, message) => sum + utf8Bytes(message.text), 0)
    const completion = {
      modelId: extractiveId,
      text,
      inputTokens: Math.max(1, tokensOfBytes(bytes)),
      about: { kind: 'extractive', note: extractiveNote, mode, coverage: Math.round(coverage * 1000) / 1000 },
      warnings: unsupportedWarnings(options),
    }
    return generateResult(completion, options)
  }

  return {
    specificationVersion: 'v4',
    provider: 'plinth.local',
    modelId: extractiveId,
    supportedUrls: {},
    doGenerate,
    doStream: async (options) => streamResult(await doGenerate(options), options.abortSignal),
  }
}
