import type { ReactNode } from 'react'
import { useModels } from '../api/models.ts'
import { formatUsd } from './format.ts'

/**
 * Says what calls of a model cost. Where nobody told its price the server counts nothing, which isn't the same as free.
 * @returns what takes USD and the model that was asked; without one it is the default, which most calls ask.
 */
export function useCost(): (usd: number, modelId?: string) => string {
  const { data: models = [] } = useModels()
  return (usd, modelId) => {
    const model = models.find(({ model_id, is_default }) => (modelId === undefined ? is_default : model_id === modelId))
    return usd === 0 && model?.price.known === false ? 'price not known' : formatUsd(usd)
  }
}

export function Cost({ usd, modelId }: { readonly usd: number; readonly modelId?: string | undefined }): ReactNode {
  return useCost()(usd, modelId)
}
