/** What a caller may hold (the contract's list). `*` is everything, `tenants:admin` included. */
const areas = [
  'requests',
  'documents',
  'rag',
  'agents',
  'workflows',
  'streams',
  'alerts',
  'models',
  'advisor',
  'metrics',
] as const

export type Permission = `${(typeof areas)[number]}:${'read' | 'write'}` | 'tenants:admin'

/** Every permission but `tenants:admin`: what `plinth token` gives by default. */
export const userPermissions: readonly Permission[] = areas.flatMap((area): Permission[] => [`${area}:read`, `${area}:write`])
export const allPermissions: readonly Permission[] = [...userPermissions, 'tenants:admin']

/** Whether a word from a token or a command line is a permission, or `*`. */
export function isPermission(word: string): boolean {
  return word === '*' || (allPermissions as readonly string[]).includes(word)
}

/** Whether the permissions held allow what is asked (R96). */
export function allows(held: ReadonlySet<string>, asked: Permission): boolean {
  return held.has(asked) || held.has('*')
}
