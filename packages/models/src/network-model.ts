/** What the models of providers on the network have in common. @module */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { providerFault } from './provider-fault.ts'

/** What the provider's package leaves to us. */
export interface NetworkModelOptions {
  readonly provider: string
  readonly modelId: string
  /** Gives the model of the provider's package. Asked at every call; it throws what the call is to fail with. */
  readonly load: () => Promise<LanguageModelV4>
  /** Options as this model takes them, and warnings of what was left aside. */
  readonly adapt: (options: LanguageModelV4CallOptions, streamed: boolean) => AdaptedOptions
  /** What raw reasons to finish mean that the package doesn't know. */
  readonly reasons?: ReadonlyMap<string, LanguageModelV4FinishReason['unified']>
}

export interface AdaptedOptions {
  readonly options: LanguageModelV4CallOptions
  readonly warnings: readonly SharedV4Warning[]
}

/**
 * A model whose package is loaded apart from it, so that whoever doesn't call it doesn't pay for it. One call is one request to
 * the provider: nothing is tried again here. Faults are told by {@link providerFault}; a stream that ends without a reason has
 * broken off, and says `error`.
 */
export function networkModel({ provider, modelId, load, adapt, reasons }: NetworkModelOptions): LanguageModelV4 {
  const explain = (reason: LanguageModelV4FinishReason): LanguageModelV4FinishReason => {
    const unified = reason.unified === 'other' && reason.raw !== undefined ? reasons?.get(reason.raw) : undefined
    return unified === undefined ? reason : { ...reason, unified }
  }
  const seen = (part: LanguageModelV4StreamPart, warnings: readonly SharedV4Warning[]): LanguageModelV4StreamPart => {
    if (part.type === 'stream-start') return { ...part, warnings: [...part.warnings, ...warnings] }
    if (part.type === 'error') return { ...part, error: providerFault(part.error) }
    if (part.type !== 'finish') return part
    const { finishReason } = part
    const cut = finishReason.unified === 'other' && finishReason.raw === undefined
    return { ...part, finishReason: cut ? { unified: 'error', raw: undefined } : explain(finishReason) }
  }
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    supportedUrls: {},
    async doGenerate(given) {
      const { options, warnings } = adapt(given, false)
      try {
        const result = await (await load()).doGenerate(options)
        return { ...result, finishReason: explain(result.finishReason), warnings: [...result.warnings, ...warnings] }
      } catch (error) {
        throw providerFault(error)
      }
    },
    async doStream(given) {
      const { options, warnings } = adapt(given, true)
      try {
        const result = await (await load()).doStream(options)
        const stream = result.stream.pipeThrough(
          new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
            transform: (part, controller) => controller.enqueue(seen(part, warnings)),
          }),
        )
        return { ...result, stream }
      } catch (error) {
        throw providerFault(error)
      }
    },
  }
}
