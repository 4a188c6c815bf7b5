/** The smallest of Claude that is served: most of what is built starts with one like it. What a model would cost is told by it where none is set. */
export const usualModel: string = 'anthropic.claude-haiku-4-5-20251001-v1:0'
