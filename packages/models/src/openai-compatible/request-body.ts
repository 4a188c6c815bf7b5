import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import { messagesOf } from './messages.ts'

/** A request of `chat/completions`, and what of the options it has no place for. */
export interface ChatRequestBody {
  readonly body: object
  readonly warnings: SharedV4Warning[]
}

/**
 * What is asked, in the protocol's form. `providerOptions.openaiCompatible` may hold `user`, `reasoningEffort`, `textVerbosity` and
 * `strictJsonSchema`; all else in it is sent as it is. A schema isn't a strict one unless that is asked for: OpenAI takes few
 * schemas as strict.
 * @throws UnsupportedFunctionalityError for files that the protocol has no form for.
 */
export function requestBody(model: string, options: LanguageModelV4CallOptions): ChatRequestBody {
  const warnings: SharedV4Warning[] = []
  const { reasoning } = options
  const {
    user,
    reasoningEffort,
    textVerbosity,
    strictJsonSchema = false,
    ...more
  } = options.providerOptions?.openaiCompatible ?? {}
  const effort = reasoningEffort === undefined && reasoning !== 'provider-default' ? reasoning : reasoningEffort
  if (options.topK !== undefined) warnings.push({ type: 'unsupported', feature: 'topK' })
  const tools = toolsOf(options.tools, warnings)
  const body = {
    model,
    user,
    max_tokens: options.maxOutputTokens,
    temperature: options.temperature,
    top_p: options.topP,
    frequency_penalty: options.frequencyPenalty,
    presence_penalty: options.presencePenalty,
    response_format: responseFormat(options.responseFormat, strictJsonSchema),
    stop: options.stopSequences,
    seed: options.seed,
    ...more,
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(textVerbosity !== undefined && { verbosity: textVerbosity }),
    messages: messagesOf(options.prompt),
    tools,
    tool_choice: tools && toolChoice(options.toolChoice),
  }
  return { body, warnings }
}

function responseFormat(format: LanguageModelV4CallOptions['responseFormat'], strict: unknown): object | undefined {
  if (format?.type !== 'json') return undefined
  const { schema, name = 'response', description } = format
  if (schema === undefined) return { type: 'json_object' }
  return { type: 'json_schema', json_schema: { schema, strict, name, description } }
}

/** Lists without any tool are refused by OpenAI. */
function toolsOf(tools: LanguageModelV4CallOptions['tools'], warnings: SharedV4Warning[]): readonly object[] | undefined {
  const known: object[] = []
  for (const tool of tools ?? []) {
    if (tool.type === 'provider') warnings.push({ type: 'unsupported', feature: `provider-defined tool ${tool.id}` })
    else {
      const { name, description, inputSchema: parameters, strict } = tool
      known.push({ type: 'function', function: { name, description, parameters, strict } })
    }
  }
  return known.length > 0 ? known : undefined
}

function toolChoice(choice: LanguageModelV4CallOptions['toolChoice']): object | string | undefined {
  return choice?.type === 'tool' ? { type: 'function', function: { name: choice.toolName } } : choice?.type
}
