/** JSON that somebody types: its value, or what is wrong with it. Nothing typed is neither. */
export function readJson(text: string): { readonly value?: unknown; readonly fault?: string } {
  if (text.trim() === '') return {}
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { fault: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}
