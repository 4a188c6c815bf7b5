import type { AnyCollection } from '../../define/collection.ts'
import { auditBlocks, auditHeads } from './block.ts'
import { auditEntries } from './entry.ts'

/** What a trail is made of. It stays when its tenant leaves. */
export const auditCollections: readonly AnyCollection[] = [auditEntries, auditBlocks, auditHeads]

export const auditNames: readonly string[] = auditCollections.map(({ name }) => name)
