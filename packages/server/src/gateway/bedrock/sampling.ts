/** Settings of an answer, which the forms of Bedrock have under names of their own. @module */
import { z } from 'zod'
import { listOf } from '../form.ts'

type Setting<T> = z.ZodType<T | null | undefined>

export const mostTokens: Setting<number> = z.int().min(1).nullish()
export const share: Setting<number> = z.number().min(0).max(1).nullish()
export const topK: Setting<number> = z.int().min(0).nullish()
export const stopTexts: Setting<string[]> = listOf(z.string().min(1)).nullish()
