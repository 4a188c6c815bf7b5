import { createInterface } from 'node:readline'
import { InvalidInputError } from '@plinth/core'

export const cannotBeUndone = 'This can not be undone.'

/**
 * Lets a person type a name again, before what can't be undone, or not that easily.
 * @param why in whole sentences.
 * @throws InvalidInputError when it isn't the name, or nobody is there to type.
 */
export async function confirmName(
  name: string,
  terminal: { readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }; readonly output: NodeJS.WritableStream },
  why: string = cannotBeUndone,
): Promise<void> {
  const { input, output } = terminal
  if (!input.isTTY) throw new InvalidInputError(`${why} Say --yes if you mean it.`, { field: 'yes' })
  output.write(`${why} Type ${name} to go on: `)
  const lines = createInterface({ input, terminal: false })
  for await (const line of lines) {
    if (line.trim() === name) return
    break
  }
  throw new InvalidInputError(`Nothing was done: what was typed is not ${name}.`, { field: 'id' })
}
