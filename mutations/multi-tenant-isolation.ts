import type { RequirementMutation } from './mutation.ts'

/** Where tenants' data lies, how it is sealed, and what keeps it apart. */
export const multiTenantIsolation: readonly RequirementMutation[] = [
  {
    number: 'R105',
    words: 'what is sealed stands beside the other fields, too, in clear',
    patches: [
      {
        file: 'packages/core/src/scope/state.ts',
        find: 'index: fields as JsonObject,',
        replace: 'index: { ...fields, ...texts } as JsonObject,',
      },
    ],
    test: 'packages/core/test/state.test.ts',
  },
  {
    number: 'R106',
    words: 'the pooled key stands for the key of a tenant of its own',
    patches: [
      {
        file: 'packages/core/src/tenancy/key-alias.ts',
        find: "settings?.isolation_level === 'silo' ? siloKeyAlias(tenant) : pooledKeyAlias",
        replace: 'pooledKeyAlias',
      },
    ],
    test: 'packages/core/test/tenancy/tenant-keys.test.ts',
  },
  {
    number: 'R107',
    words: 'a data key is wrapped under no tenant',
    patches: [
      {
        file: 'packages/core/src/scope/data-keys.ts',
        find: "return schema < 2 ? { tenant_id: tenant } : { tenant_id: tenant, field_name: 'key' }",
        replace: "return schema < 2 ? { tenant_id: tenant } : { field_name: 'key' }",
      },
    ],
    test: 'packages/core/test/data-keys.test.ts',
  },
  {
    number: 'R108',
    words: 'fields that are not sealed are kept in lower case',
    patches: [
      {
        file: 'packages/core/src/scope/state.ts',
        find: 'index: fields as JsonObject,',
        replace: 'index: JSON.parse(JSON.stringify(fields).toLowerCase()) as JsonObject,',
      },
    ],
    test: 'packages/core/test/state.test.ts',
  },
  {
    number: 'R109',
    words: 'any region may hold what is a tenant’s',
    patches: [
      {
        file: 'packages/core/src/tenancy/residency.ts',
        find: 'if (required !== undefined && required !== region) throw',
        replace: "if (required === '') throw",
      },
    ],
    test: 'packages/core/test/tenancy/residency.test.ts',
  },
  {
    number: 'R110',
    words: 'every tenant is shown the events of one',
    patches: [
      {
        file: 'packages/core/src/scope/state.ts',
        find: 'return this.#store.events(this.#tenant, query)',
        replace: "return this.#store.events('alpha', query)",
      },
    ],
    test: 'packages/core/test/tenant-scopes.test.ts',
  },
  {
    number: 'R111',
    words: 'the key of a tenant of its own outlives the tenant',
    patches: [
      {
        file: 'packages/core/src/scope/data-keys.ts',
        find: '(await this.#keys.destroy(own)).irrecoverableAt',
        replace: 'now + backupMilliseconds',
      },
    ],
    test: 'packages/core/test/tenancy/tenant-keys.test.ts',
  },
  {
    number: 'R112',
    words: 'a process remembers the keys of a hundred tenants',
    patches: [
      {
        file: 'packages/core/src/scope/data-keys.ts',
        find: 'const cachedTenants = 10_000',
        replace: 'const cachedTenants = 100',
      },
    ],
    test: 'packages/core/test/data-keys.test.ts',
  },
  {
    number: 'R113',
    words: 'a tenant may use every model, whatever its list says',
    patches: [
      {
        file: 'packages/core/src/tenancy/tenant-models.ts',
        find: 'if (allowed && !allowed.includes(entry.id) &&',
        replace: 'if (allowed?.length === 0 &&',
      },
    ],
    test: 'packages/core/test/event-driven/tenant-settings.test.ts',
  },
  {
    number: 'R114',
    words: 'the authorizer lets on whatever it can not make out',
    patches: [
      {
        file: 'packages/aws/src/api-gate.ts',
        find: 'if (isOfGenuineToken(error)) return admission(event)',
        replace: 'return admission(event)',
      },
    ],
    test: 'packages/aws/test/api-gate.test.ts',
  },
  {
    number: 'G5',
    words: 'what a pattern holds leads to the store of all tenants',
    patches: [
      {
        file: 'packages/core/src/platform.ts',
        find: 'tools: tenantTools(tenant, adapters.tools),',
        replace: 'tools: tenantTools(tenant, adapters.tools),\n        store,',
      },
    ],
    test: 'packages/core/test/tenant-scopes.test.ts',
  },
]
