/** The blocks that a message of Anthropic's Messages API is made of, as far as a chat of the gateway can hold them. @module */
import { z } from 'zod'
import { base64, jsonObject, listOf, unsupported } from '../form.ts'

/** Any block may say that the prompt is to be kept up to it. */
interface Kept {
  readonly cache_control?: unknown
}

export interface TextBlock extends Kept {
  readonly type: 'text'
  readonly text: string
}

export interface ImageBlock extends Kept {
  readonly type: 'image'
  readonly source:
    | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
    | { readonly type: 'url'; readonly url: string }
}

/** A document that is text; others are refused. */
export interface DocumentBlock extends Kept {
  readonly type: 'document'
  readonly source: { readonly type: 'text'; readonly data: string } | { readonly type: 'content'; readonly content: string }
  readonly title?: string | null | undefined
  readonly context?: string | null | undefined
}

export interface ToolResultBlock extends Kept {
  readonly type: 'tool_result'
  readonly tool_use_id: string
  readonly content?: string | readonly (TextBlock | ImageBlock | DocumentBlock)[] | undefined
  readonly is_error?: boolean | null | undefined
}

export interface ToolUseBlock extends Kept {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
}

export interface ThinkingBlock {
  readonly type: 'thinking'
  readonly thinking: string
  /** Empty where the model that thought doesn't sign. */
  readonly signature: string
}

export interface RedactedThinkingBlock {
  readonly type: 'redacted_thinking'
  readonly data: string
}

export type UserBlock = TextBlock | ImageBlock | DocumentBlock | ToolResultBlock
export type AssistantBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock

export type Message =
  | { readonly role: 'user'; readonly content: string | readonly UserBlock[] }
  | { readonly role: 'assistant'; readonly content: string | readonly AssistantBlock[] }
  | { readonly role: 'system'; readonly content: string | readonly TextBlock[] }

const textOrBlocks = 'Must be text or a list of blocks.'

const kept = { cache_control: z.unknown().optional() }

const text = z.object({
  type: z.literal('text'),
  text: z.string(),
  ...kept,
})

const imageBytes = z.object({
  type: z.literal('base64'),
  media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
  data: base64,
})

const image = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion(
    'type',
    [
      imageBytes,
      z.object({ type: z.literal('url'), url: z.url({ protocol: /^https?$/, error: 'Must be an http or https URL.' }) }),
    ],
    'Images come as base64 or url.',
  ),
  ...kept,
})

const document = z.object({
  type: z.literal('document'),
  source: z.discriminatedUnion(
    'type',
    [
      z.object({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
      z.object({ type: z.literal('content'), content: z.string('Only text is supported in a document.') }),
    ],
    'Only documents of plain text are supported.',
  ),
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations: z.object({ enabled: z.literal(false, 'Citations are not supported.').optional() }).nullish(),
  ...kept,
})

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: contentOf([text, image, document]).optional(),
  is_error: z.boolean().nullish(),
  ...kept,
})

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: jsonObject,
  ...kept,
})

const thinking = z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redacted = z.object({ type: z.literal('redacted_thinking'), data: z.string() })

/** Texts of the system, or a message's. */
export const texts: z.ZodType<string | readonly TextBlock[]> = z.union([z.string(), listOf(blockOf([text]))], textOrBlocks)

export const message: z.ZodType<Message> = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal('user'), content: contentOf([text, image, document, toolResult]) }),
    z.object({ role: z.literal('assistant'), content: contentOf([text, thinking, redacted, toolUse]) }),
    z.object({
      role: z.literal('system'),
      content: texts,
      clear_at: unsupported('A system message that is cleared later is not supported.'),
    }),
  ],
  'Must be user, assistant or system.',
)

type Kinds = readonly [z.ZodObject<{ type: z.ZodLiteral<string> }>, ...z.ZodObject<{ type: z.ZodLiteral<string> }>[]]

function blockOf<T extends Kinds>(kinds: T): z.ZodDiscriminatedUnion<T> {
  const names = kinds.map((kind) => kind.shape.type.value).join(', ')
  return z.discriminatedUnion('type', kinds, `Only these kinds of blocks are supported here: ${names}.`)
}

function contentOf<T extends Kinds>(kinds: T): z.ZodType<string | z.output<z.ZodDiscriminatedUnion<T>>[]> {
  return z.union([z.string(), listOf(blockOf(kinds))], textOrBlocks)
}
