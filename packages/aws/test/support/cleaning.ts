import type { AwsClients } from '../../src/clients.ts'
import { prefixOf } from './account.ts'
import { type Kind, kindsOf } from './leftovers.ts'

export interface Cleaned {
  /** By kind, what was removed, named without the run's prefix. */
  readonly removed: Readonly<Record<string, ReadonlySet<string>>>
  /** What could not be removed, with the reason. */
  readonly left: readonly string[]
}

/** AWS's words for what is gone, or are their ends. */
const gone = ['ResourceNotFoundException', 'QueueDoesNotExist', 'NonExistentQueue', 'NoSuchBucket', 'NotFoundException']

/**
 * Removes what a run made, and nothing else. Lists show late what was just made or deleted: so it is over when two looks in a row met
 * nothing that was still there.
 * @param options.milliseconds after which it gives up.
 * @param options.pause between looks, milliseconds.
 */
export async function removeLeftovers(
  clients: AwsClients,
  run: string,
  options: { readonly milliseconds: number; readonly pause: number },
): Promise<Cleaned> {
  const prefix = prefixOf(run)
  const kinds = kindsOf(clients).map((kind) => ({ kind, removed: new Set<string>() }))
  const end = Date.now() + options.milliseconds
  for (let quiet = 0; ; ) {
    const left: string[] = []
    for (const each of kinds) left.push(...(await removeFound(each.kind, prefix, each.removed)))
    quiet = left.length === 0 ? quiet + 1 : 0
    if (quiet === 2 || Date.now() > end)
      return { removed: Object.fromEntries(kinds.map((each) => [each.kind.name, each.removed])), left }
    await new Promise((resolve) => setTimeout(resolve, options.pause))
  }
}

/** @returns what was there, each with what became of it. */
async function removeFound(kind: Kind, prefix: string, removed: Set<string>): Promise<readonly string[]> {
  const met: string[] = []
  try {
    for (const id of await kind.find(prefix)) {
      const name = id.split(prefix).at(-1) ?? id
      try {
        await kind.remove(id)
        removed.add(name)
        met.push(`${kind.name}: ${name}: removed, and listed still`)
      } catch (error) {
        if (!isGone(error)) met.push(`${kind.name}: ${name}: ${error}`)
      }
    }
  } catch (error) {
    met.push(`${kind.name}, which can't be listed: ${error}`)
  }
  return met
}

function isGone(error: unknown): boolean {
  return error instanceof Error && gone.some((end) => error.name.endsWith(end))
}
