import { InvalidInputError } from '../errors.ts'
import type { AllowedDimensions, ResolvedEmbedding } from '../language-model/catalogue.ts'

/**
 * Refuses a length of vectors that the model doesn't give.
 * @throws InvalidInputError whose field is `dimensions`.
 */
export function checkDimensions(
  { entry, allowedDimensions }: Pick<ResolvedEmbedding, 'entry' | 'allowedDimensions'>,
  dimensions: number,
): void {
  if (Number.isInteger(dimensions) && allowsDimensions(allowedDimensions, dimensions)) return
  throw new InvalidInputError(`${entry.id} gives vectors of ${words(allowedDimensions)} dimensions.`, { field: 'dimensions' })
}

/** Whether vectors of that length can be asked for. */
export function allowsDimensions(allowed: AllowedDimensions, dimensions: number): boolean {
  return 'least' in allowed ? dimensions >= allowed.least && dimensions <= allowed.most : allowed.includes(dimensions)
}

function words(allowed: AllowedDimensions): string {
  return 'least' in allowed ? `${allowed.least} to ${allowed.most}` : allowed.join(', ')
}
