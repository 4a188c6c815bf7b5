import { serveFetch } from './serve-fetch.ts'

/** What a model is asked, as far as a script wants to know. */
export interface ModelQuestion {
  /** All that users said. */
  readonly asked: string
  readonly tools: readonly { readonly name: string; readonly description: string }[]
  /** Of its own calls, in their order. */
  readonly toolResults: readonly string[]
}

export type ModelTurn = { readonly text: string } | { readonly call: string; readonly input: object }

export interface ScriptedModel {
  readonly url: string
  answer: (question: ModelQuestion) => ModelTurn
  close(): Promise<void>
}

interface Body {
  readonly stream?: boolean
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
  readonly tools?: readonly { readonly function: { readonly name: string; readonly description: string } }[]
}

/** A model of OpenAI's protocol that follows a script and calls tools. */
export async function serveModel(): Promise<ScriptedModel> {
  const { url, close } = await serveFetch(async (request) => {
    const { messages, tools = [], stream = false } = (await request.json()) as Body
    const ofRole = (role: string): readonly string[] =>
      messages
        .filter((message) => message.role === role)
        .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)))
    const turn = model.answer({
      asked: ofRole('user').join('\n'),
      tools: tools.map((tool) => tool.function),
      toolResults: ofRole('tool'),
    })
    return stream ? streamed(turn) : whole(turn)
  })
  const model: ScriptedModel = { url: url.replace(/mcp$/, 'v1'), answer: () => ({ text: 'done' }), close }
  return model
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

function messageOf(turn: ModelTurn): object {
  if ('text' in turn) return { role: 'assistant', content: turn.text }
  const { call, input } = turn
  const tool = { index: 0, id: 'call_1', type: 'function', function: { name: call, arguments: JSON.stringify(input) } }
  return { role: 'assistant', content: null, tool_calls: [tool] }
}

const reasonOf = (turn: ModelTurn): string => ('text' in turn ? 'stop' : 'tool_calls')

function whole(turn: ModelTurn): Response {
  const choices = [{ index: 0, message: messageOf(turn), finish_reason: reasonOf(turn) }]
  return Response.json({ id: 'c', object: 'chat.completion', created: 1, model: 'scripted-tools', choices, usage })
}

function streamed(turn: ModelTurn): Response {
  const frame = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'scripted-tools' }
  const events = [
    { ...frame, choices: [{ index: 0, delta: messageOf(turn), finish_reason: null }] },
    { ...frame, choices: [{ index: 0, delta: {}, finish_reason: reasonOf(turn) }] },
    { ...frame, choices: [], usage },
  ]
  const text = [...events.map((event) => JSON.stringify(event)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}
