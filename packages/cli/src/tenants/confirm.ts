import { createInterface } from 'node:readline'
import { InvalidInputError } from '@plinth/core'

/**
 * Lets a person type a name again, before what can't be undone.
 * @throws InvalidInputError when it isn't the name, or nobody is there to type.
 */
export async function confirmName(
  name: string,
  terminal: { readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }; readonly output: NodeJS.WritableStream },
): Promise<void> {
  const { input, output } = terminal
  if (!input.isTTY) throw new InvalidInputError('This can not be undone: say --yes if you mean it.', { field: 'yes' })
  output.write(`This can not be undone. Type ${name} to go on: `)
  const lines = createInterface({ input, terminal: false })
  for await (const line of lines) {
    if (line.trim() === name) return
    break
  }
  throw new InvalidInputError(`Nothing was done: what was typed is not ${name}.`, { field: 'id' })
}
