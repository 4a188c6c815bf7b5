/** Prompts that hold a conversation as the model's own markup. @module */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'

type Role = 'system' | 'user' | 'assistant'

/**
 * The conversation in a prompt of Llama 3 and 4 or of Mistral and Llama 2, so that whichever model answers reads turns and not markup.
 * A text without their markup, or with markup in an order that they don't use, is one message of the user.
 */
export function conversationOf(text: string): LanguageModelV4Prompt {
  const turns = headerTurns(text) ?? instructionTurns(text)
  const prompt: LanguageModelV4Prompt = []
  for (const [role, content] of turns ?? []) {
    if (role === 'system') prompt.push({ role, content })
    else prompt.push({ role, content: [{ type: 'text', text: content }] })
  }
  return prompt.some(({ role }) => role === 'user') ? prompt : [{ role: 'user', content: [{ type: 'text', text }] }]
}

type Turn = readonly [role: Role, content: string]

const header = /<\|(?:start_header_id|header_start)\|>(\w+)<\|(?:end_header_id|header_end)\|>/
const ending = /<\|(?:eot_id|eot|eom_id|end_of_text)\|>\s*$/
const beginning = /^\s*(?:<\|begin_of_text\|>\s*)?$/

/** `<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>`: see Meta's prompt formats. */
function headerTurns(text: string): readonly Turn[] | undefined {
  const [before = '', ...rest] = text.split(header)
  if (rest.length === 0 || !beginning.test(before)) return undefined
  const turns: Turn[] = []
  for (let index = 0; index < rest.length; index += 2) {
    const role = rest[index] ?? ''
    if (role !== 'system' && role !== 'user' && role !== 'assistant') return undefined
    const content = (rest[index + 1] ?? '').replace(ending, '').trim()
    // The last header only asks for the answer.
    if (content !== '') turns.push([role, content])
  }
  return turns
}

const system = /^<<SYS>>([\s\S]*?)<<\/SYS>>/

/** `<s>[INST] Hello [/INST] Hi!</s> [INST] … [/INST]`, with `<<SYS>>` in the first of Llama 2. */
function instructionTurns(text: string): readonly Turn[] | undefined {
  const [before = '', ...rounds] = text.split('[INST]')
  if (rounds.length === 0 || !/^\s*(?:<s>)?\s*$/.test(before)) return undefined
  const turns: Turn[] = []
  for (const round of rounds) {
    const parts = round.split('[/INST]')
    if (parts.length !== 2) return undefined
    const [asked = '', answered = ''] = parts.map((part) => part.trim())
    const told = system.exec(asked)
    if (told) turns.push(['system', (told[1] ?? '').trim()])
    turns.push(['user', told ? asked.slice(told[0].length).trim() : asked])
    const answer = answered.replace(/(?:<\/s>\s*)?(?:<s>)?$/, '').trim()
    if (answer !== '') turns.push(['assistant', answer])
  }
  return turns
}
