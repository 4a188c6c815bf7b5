import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { requestBody } from '../src/openai-compatible/request-body.ts'
import { promptOf } from './support.ts'

type Sent = Readonly<Record<string, unknown>> & { readonly messages: readonly Readonly<Record<string, unknown>>[] }

function sent(options: Partial<LanguageModelV4CallOptions>): Sent {
  return JSON.parse(JSON.stringify(requestBody('m', { prompt: promptOf('x'), ...options }).body))
}

function sentMessage(message: LanguageModelV4Message): Readonly<Record<string, unknown>> | undefined {
  return sent({ prompt: [message] }).messages[0]
}

function sentFile(mediaType: string, data: string | Uint8Array): unknown {
  const file = { type: 'file' as const, mediaType, data: { type: 'data' as const, data } }
  return sent({ prompt: [{ role: 'user', content: [file] }] }).messages.flatMap(({ content }) => content)[0]
}

function sentResult(output: LanguageModelV4ToolResultOutput): unknown {
  return sentMessage({ role: 'tool', content: [{ type: 'tool-result', toolCallId: '1', toolName: 't', output }] })?.content
}

/** Where the AI SDK's package does otherwise; all else is compared with it. */
describe('what a server is asked, other than by the package', () => {
  it('a schema that is not strict unless that is asked for', () => {
    const responseFormat = { type: 'json' as const, schema: { type: 'object' as const } }
    expect(sent({ responseFormat }).response_format).toMatchObject({ json_schema: { strict: false } })
  })

  it('tools only where there are any that the protocol knows', () => {
    const tools = [{ type: 'provider' as const, id: 'x.y' as const, name: 'y', args: {} }]
    const options = { prompt: promptOf('x'), tools, toolChoice: { type: 'required' as const } }
    const { body, warnings } = requestBody('m', options)
    expect([body, warnings]).toMatchObject([{ tools: undefined, tool_choice: undefined }, [{ type: 'unsupported' }]])
  })

  it('results of tools in words, and as parts only where there are files', () => {
    const text = (words: string) => ({ type: 'text' as const, text: words })
    expect(sentResult({ type: 'content', value: [text('a'), text('b')] })).toBe('a\nb')
    const image = { type: 'file' as const, mediaType: 'image/png', data: { type: 'data' as const, data: 'aGk=' } }
    expect(sentResult({ type: 'content', value: [text('a'), image] })).toEqual([
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
    ])
  })

  it('what a message has of its own, also of one text', () => {
    const providerOptions = { openaiCompatible: { name: 'ann' } }
    expect(sentMessage({ role: 'user', content: [{ type: 'text', text: 'x' }], providerOptions })).toEqual({
      role: 'user',
      content: 'x',
      name: 'ann',
    })
  })

  it("Gemini's signature where Gemini looks for it, and nowhere else", () => {
    for (const provider of ['openaiCompatible', 'google']) {
      const providerOptions = { [provider]: { thoughtSignature: 'signed' } }
      const call = { type: 'tool-call' as const, toolCallId: '1', toolName: 't', input: {}, providerOptions }
      expect(sentMessage({ role: 'assistant', content: [call] })?.tool_calls).toEqual([
        {
          id: '1',
          type: 'function',
          function: { name: 't', arguments: '{}' },
          extra_content: { google: { thought_signature: 'signed' } },
        },
      ])
    }
  })
})

describe('files', () => {
  it.each([
    ['image/png', [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]],
    ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
    ['image/gif', [...Buffer.from('GIF89a')]],
    ['image/webp', [...Buffer.from('RIFF1234WEBPVP8 ')]],
  ])('of a type that is not told are looked at: %s', (type, begins) => {
    for (const data of [Uint8Array.from(begins), Buffer.from(begins).toString('base64')])
      for (const mediaType of ['image', 'image/*'])
        expect(sentFile(mediaType, data)).toEqual({
          type: 'image_url',
          image_url: { url: `data:${type};base64,${Buffer.from(begins).toString('base64')}` },
        })
  })

  it.each(['image/*', 'application/zip', 'audio/ogg', 'video', 'font/woff'])('are refused by what they are: %s', (mediaType) => {
    expect(() => sentFile(mediaType, Uint8Array.of(1, 2, 3))).toThrow(
      expect.objectContaining({ name: 'AI_UnsupportedFunctionalityError' }),
    )
  })

  it('of another provider are refused', () => {
    const data = { type: 'reference' as const, reference: { other: 'file-1' } }
    const file = { type: 'file' as const, mediaType: 'application/pdf', data }
    expect(() => sentMessage({ role: 'user', content: [file] })).toThrow(
      expect.objectContaining({ name: 'AI_NoSuchProviderReferenceError' }),
    )
  })
})
