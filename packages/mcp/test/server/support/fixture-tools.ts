/** The tools that the protocol's conformance tests look for, with what they should answer. @module */
import type { McpTool, ToolContext } from '@plinth/mcp'

type Answer = Awaited<ReturnType<McpTool['run']>>

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='
const text = (words: string) => ({ type: 'text' as const, text: words })
const image = { type: 'image' as const, data: png, mimeType: 'image/png' }
const resource = (uri: string, mimeType: string, words: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: words },
})

function fixture(
  name: string,
  run: (context: ToolContext) => Promise<Answer>,
  inputSchema: object = { type: 'object' },
): McpTool {
  return {
    ...{ name, title: name, description: 'Of the conformance tests.', annotations: {}, permission: undefined },
    inputSchema: { ...inputSchema },
    run: (_, context) => run(context),
  }
}

export const fixtureTools: readonly McpTool[] = [
  fixture('test_simple_text', async () => ({ content: [text('This is a simple text response for testing.')] })),
  fixture('test_image_content', async () => ({ content: [image] })),
  fixture('test_audio_content', async () => ({ content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] })),
  fixture('test_embedded_resource', async () => ({
    content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  })),
  fixture('test_multiple_content_types', async () => ({
    content: [
      text('Multiple content types test:'),
      image,
      resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  })),
  fixture('test_error_handling', async () => {
    throw new Error('This tool intentionally returns an error for testing')
  }),
  fixture('test_tool_with_progress', async ({ progress }) => {
    for (const done of [0, 50, 100]) await progress(done, 100, `${done}`)
    return { content: [text('Done.')] }
  }),
  fixture('json_schema_2020_12_tool', async () => ({ content: [text('Done.')] }), {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
    properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
    additionalProperties: false,
  }),
]
