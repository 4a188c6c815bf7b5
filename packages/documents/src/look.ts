import type { OcrImage, OcrPage } from '@plinth/core/reading'

/** Has images looked at: a page for each, in their order. */
export type Look = (images: readonly OcrImage[]) => Promise<readonly OcrPage[]>
