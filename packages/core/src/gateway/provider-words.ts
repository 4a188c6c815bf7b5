import type { SharedV4ProviderMetadata } from '@ai-sdk/provider'

/** What a provider says about its answer under one of these names, whichever provider it is. */
export function saidOf(metadata: SharedV4ProviderMetadata | undefined, ...names: readonly string[]): string | undefined {
  for (const said of Object.values(metadata ?? {}))
    for (const name of names) {
      const value = said?.[name]
      if (typeof value === 'string') return value
    }
  return undefined
}

/** Reasoning that its provider alone can read: Anthropic and Bedrock have other names for it. */
export function redactedOf(metadata: SharedV4ProviderMetadata | undefined): string | undefined {
  return saidOf(metadata, 'redactedData', 'redactedContent')
}
