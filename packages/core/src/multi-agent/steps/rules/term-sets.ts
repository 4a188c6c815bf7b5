export function hasAll(terms: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...wanted].every((term) => terms.has(term))
}

export function hasSome(terms: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...wanted].some((term) => terms.has(term))
}
