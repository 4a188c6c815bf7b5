/** So many spellings of ids are remembered. Callers choose the account in an ARN, so there is no end of them. */
const most = 1_000

/** Finds what an id stands for once, and remembers it. A refusal isn't remembered. */
export function rememberSpellings<Found>(find: (id: string) => Found): (id: string) => Found {
  const known = new Map<string, Found>()
  return (id) => {
    const remembered = known.get(id)
    if (remembered !== undefined) return remembered
    const found = find(id)
    const [oldest] = known.keys()
    if (known.size >= most && oldest !== undefined) known.delete(oldest)
    known.set(id, found)
    return found
  }
}
