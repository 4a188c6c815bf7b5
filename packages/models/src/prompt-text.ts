/** What the models of this process can read of a prompt: its text. @module */
import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, SharedV4Warning } from '@ai-sdk/provider'

/** One message's text. */
export interface MessageText {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
}

/** The prompt's text by message, parts of a message joined by a line break; images and other files are left out. */
export function messageTexts(prompt: LanguageModelV4Prompt): readonly MessageText[] {
  return prompt.map((message) => {
    if (typeof message.content === 'string') return { role: message.role, text: message.content }
    return { role: message.role, text: message.content.map(partText).filter(Boolean).join('\n') }
  })
}

type Part = Exclude<LanguageModelV4Prompt[number]['content'], string>[number]

function partText(part: Part): string {
  switch (part.type) {
    case 'text':
      return part.text
    case 'file':
      return part.data.type === 'text' ? part.data.text : ''
    case 'tool-result':
      return toolText(part.output)
    default:
      return ''
  }
}

function toolText(output: Extract<Part, { type: 'tool-result' }>['output']): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value)
    case 'content':
      return output.value.map((item) => (item.type === 'text' ? item.text : '')).join('\n')
    default:
      return ''
  }
}

const settings = ['temperature', 'topP', 'topK', 'presencePenalty', 'frequencyPenalty'] as const

/** One warning for each thing asked for that a model of this process leaves aside. */
export function unsupportedWarnings(options: LanguageModelV4CallOptions): SharedV4Warning[] {
  const warnings: SharedV4Warning[] = []
  for (const feature of settings) if (options[feature] !== undefined) warnings.push({ type: 'unsupported', feature })
  if (options.tools !== undefined && options.tools.length > 0) warnings.push({ type: 'unsupported', feature: 'tools' })
  if (options.prompt.some(holdsFile)) {
    warnings.push({ type: 'unsupported', feature: 'files', details: 'Images and other binary parts were not looked at.' })
  }
  return warnings
}

function holdsFile({ content }: LanguageModelV4Prompt[number]): boolean {
  return typeof content !== 'string' && content.some((part) => part.type === 'file' && part.data.type !== 'text')
}
