import { contentOf, contentPermissions } from '../define/event.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Uses } from '../scope/scope.ts'
import { allows, type Permission } from '../tenancy/permissions.ts'

/**
 * What is told beside an event to somebody who holds these permissions: events hold references only, so that nobody reads content in the
 * log who may not read what it is of. Read anew each time.
 */
export async function eventContent(
  scope: Uses<'state'>,
  event: StoredEvent,
  held: ReadonlySet<string>,
): Promise<object | undefined> {
  const content = contentOf(event.type)
  return content && allows(held, content.permission) ? content.open(scope, event) : undefined
}

/** Of the permissions that content needs, those that a caller holds. */
export function contentPermissionsOf(held: ReadonlySet<string>): readonly Permission[] {
  return [...contentPermissions()].filter((permission) => allows(held, permission))
}
