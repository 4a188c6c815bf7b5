/** What has to be known of an embedding model to join its scores with those of words. */
export interface EmbeddingTraits {
  /** What its scores count beside the words', 0 to 1. */
  readonly weight: number
  /** By how much cosines of a question's nearest chunks differ (standard deviation over the first hundred); absent: as found each time. */
  readonly spread?: number
}

/**
 * By the model's id. Measured on abstracts and encyclopedia paragraphs: the sentence encoder adds to the words, and alone is far below
 * them; its cosines are as high for questions that the documents have nothing on. Hashed words know no more than the words.
 */
const known: Readonly<Record<string, EmbeddingTraits>> = {
  'local/sentence-encoder': { weight: 0.3, spread: 0.06 },
  'local/hashing': { weight: 0.1, spread: 0.06 },
}

/** Of a model that was made for retrieval. Not measured here: `plinth eval tune` finds the weight that fits. */
const usual: EmbeddingTraits = { weight: 0.5 }

export function embeddingTraits(modelId: string): EmbeddingTraits {
  return known[modelId] ?? usual
}
