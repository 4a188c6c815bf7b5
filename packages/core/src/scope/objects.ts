import type { ObjectStore } from '../ports/object-store.ts'
import type { Sealing } from './sealing.ts'

/** One tenant's objects: sealed on the way in, opened on the way out. */
export interface Objects {
  put(name: string, content: Uint8Array): Promise<void>
  get(name: string): Promise<Uint8Array | undefined>
  delete(name: string): Promise<void>
}

/** Below it lie the objects that patterns keep. */
export const objectPrefix = 'objects/'

/** Binds a tenant to the ObjectStore. */
export function tenantObjects(tenant: string, store: ObjectStore, sealing: Sealing): Objects {
  return {
    put: async (name, content) => {
      await store.put({ tenant, name: objectPrefix + name }, await sealing.sealBytes(tenant, name, content))
    },
    get: async (name) => {
      const sealed = await store.get({ tenant, name: objectPrefix + name })
      return sealed && sealing.openBytes(tenant, name, sealed)
    },
    delete: (name) => store.delete({ tenant, name: objectPrefix + name }),
  }
}
