import { z } from 'zod'

/** Where a body is wrong, and how. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The first issue; of a union's branches the one that came furthest, since that is the one which was meant. */
export function firstFault(issues: readonly z.core.$ZodIssue[]): Fault {
  const [issue] = issues
  if (issue === undefined) return { path: [], message: 'The body is not what it must be.' }
  if (issue.code !== 'invalid_union') return issue
  let fault: Fault = issue
  for (const branch of issue.errors) {
    const { path, message } = firstFault(branch)
    if (path.length > 0 && issue.path.length + path.length > fault.path.length)
      fault = { path: [...issue.path, ...path], message }
  }
  return fault
}

/**
 * A list that is given up at its first wrong item: zod's own keeps an issue for each, which for a body of the largest size made of
 * wrong items is ten seconds of work and gigabytes of memory.
 */
export function listOf<T>(item: z.ZodType<T>, longest: number = Number.POSITIVE_INFINITY): z.ZodType<T[]> {
  return z.unknown().transform((value, context): T[] => {
    if (!Array.isArray(value) || value.length > longest) {
      context.addIssue({ code: 'custom', message: Array.isArray(value) ? `Must hold ${longest} or less.` : 'Must be a list.' })
      return z.NEVER
    }
    const found: T[] = []
    for (const [index, each] of value.entries()) {
      const result = item.safeParse(each)
      if (!result.success) {
        const { path, message } = firstFault(result.error.issues)
        context.addIssue({ code: 'custom', path: [index, ...path], message })
        return z.NEVER
      }
      found.push(result.data)
    }
    return found
  })
}
