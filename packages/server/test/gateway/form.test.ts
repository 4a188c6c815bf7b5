import { InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { readCountTokens, readInvocation, readMessages } from '../../src/gateway/anthropic/read-messages.ts'
import { readConverse } from '../../src/gateway/bedrock/converse.ts'
import { readInvoke } from '../../src/gateway/bedrock/invoke.ts'
import { readInvokeEmbeddings } from '../../src/gateway/bedrock/invoke-embeddings.ts'
import { readEmbeddings } from '../../src/gateway/openai/embeddings.ts'
import { readChatCompletion } from '../../src/gateway/openai/read-chat.ts'

type Read = (list: unknown[]) => unknown

const hi = { role: 'user', content: 'Hi' }
const said = (content: unknown): object => ({ messages: [{ role: 'user', content }] })

const openai = (more: object): unknown => readChatCompletion({ model: 'm', messages: [hi], ...more })
const openaiLists: Readonly<Record<string, Read>> = {
  messages: (messages) => openai({ messages }),
  'content of the system': (content) => openai({ messages: [{ role: 'system', content }] }),
  'content of the user': (content) => openai(said(content)),
  'content of the assistant': (content) => openai({ messages: [{ role: 'assistant', content }] }),
  'content of a tool': (content) => openai({ messages: [{ role: 'tool', tool_call_id: 'c', content }] }),
  'calls of tools': (tool_calls) => openai({ messages: [{ role: 'assistant', tool_calls }] }),
  tools: (tools) => openai({ tools }),
  stop: (stop) => openai({ stop }),
  modalities: (modalities) => openai({ modalities }),
  'input of embeddings': (input) => readEmbeddings({ model: 'm', input }),
}

const anthropic = (more: object): unknown => readMessages({ model: 'm', max_tokens: 9, messages: [hi], ...more })
const tool = { name: 'look', input_schema: {} }
const anthropicLists: Readonly<Record<string, Read>> = {
  messages: (messages) => anthropic({ messages }),
  content: (content) => anthropic(said(content)),
  'content of the assistant': (content) => anthropic({ messages: [hi, { role: 'assistant', content }] }),
  'content of a result': (content) => anthropic(said([{ type: 'tool_result', tool_use_id: 't', content }])),
  system: (system) => anthropic({ system }),
  'system in the middle': (content) => anthropic({ messages: [hi, { role: 'system', content }] }),
  tools: (tools) => anthropic({ tools }),
  'examples of a tool': (input_examples) => anthropic({ tools: [{ ...tool, input_examples }] }),
  'callers of a tool': (allowed_callers) => anthropic({ tools: [{ ...tool, allowed_callers }] }),
  'stop sequences': (stop_sequences) => anthropic({ stop_sequences }),
  'messages to count': (messages) => readCountTokens({ model: 'm', messages }),
  'messages of an invocation': (messages) => readInvocation({ max_tokens: 9, messages }, 'm'),
}

const text = [{ text: 'Hi' }]
const bedrock = (more: object): unknown => readConverse('m', { ...said(text), ...more }, false)
const invoke = (family: string, body: object): unknown => readInvoke('m', { id: 'm', family, kind: 'language' }, body, false)
const cohere = { id: 'm', family: 'cohere.embed', kind: 'embedding' } as const
const titan = { id: 'm', family: 'amazon.titan-embed', kind: 'embedding' } as const
const bedrockLists: Readonly<Record<string, Read>> = {
  messages: (messages) => bedrock({ messages }),
  content: (content) => bedrock(said(content)),
  'content of a result': (content) => bedrock(said([{ toolResult: { toolUseId: 't', content } }])),
  'content of a document': (content) => bedrock(said([{ document: { name: 'n', source: { content } } }])),
  'content with citations': (content) =>
    bedrock({ messages: [{ role: 'assistant', content: [{ citationsContent: { content } }] }] }),
  system: (system) => bedrock({ system }),
  tools: (tools) => bedrock({ toolConfig: { tools } }),
  'stop sequences': (stopSequences) => bedrock({ inferenceConfig: { stopSequences } }),
  'fields of the answer': (paths) => bedrock({ additionalModelResponseFieldPaths: paths }),
  'messages of Nova': (messages) => invoke('amazon.nova', { messages }),
  'stop sequences of Mistral': (stop) => invoke('mistral', { prompt: 'x', stop }),
  'stop sequences of Titan': (stopSequences) =>
    invoke('amazon.titan-text', { inputText: 'x', textGenerationConfig: { stopSequences } }),
  'history of Command R': (chat_history) => invoke('cohere.command', { message: 'x', chat_history }),
  'stop sequences of Command R': (stop_sequences) => invoke('cohere.command', { message: 'x', stop_sequences }),
  'texts of Cohere': (texts) => readInvokeEmbeddings(cohere, { texts, input_type: 'clustering' }),
  'images of Cohere': (images) => readInvokeEmbeddings(cohere, { texts: ['x'], input_type: 'clustering', images }),
  'types of Titan': (embeddingTypes) => readInvokeEmbeddings(titan, { inputText: 'x', embeddingTypes }),
}

describe.each([
  ['OpenAI', openaiLists],
  ['Anthropic', anthropicLists],
  ['Bedrock', bedrockLists],
])('a body of %s', (_, lists) => {
  const reads = Object.entries(lists)

  it.each(reads)('is given up at the first wrong item of a list: %s', (_name, read) => {
    const { items, looks } = watched(Array<unknown>(10_000).fill(7))
    expect(() => read(items)).toThrow(InvalidInputError)
    expect(looks()).toBeLessThan(5)
  })

  // What is wrong with nothing cannot be found at the first item.
  it.each(reads)('is given up at once for a list of two million items, whatever they are: %s', (_name, read) => {
    for (const item of [7, {}, hi]) {
      const { items, looks } = watched(Array<unknown>(2_000_000).fill(item))
      expect(() => read(items)).toThrow(InvalidInputError)
      expect(looks()).toBeLessThan(5)
    }
  })
})

/** A list that counts how often one of its items is looked at. */
function watched(list: unknown[]): { readonly items: unknown[]; looks(): number } {
  let count = 0
  const items = new Proxy(list, {
    get(target, key) {
      if (typeof key === 'string' && /^\d/.test(key)) count++
      return Reflect.get(target, key)
    },
  })
  return { items, looks: () => count }
}
