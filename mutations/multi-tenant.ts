import type { RequirementMutation } from './mutation.ts'

/** Who is let in for which tenant, and what comes of a request. */
export const multiTenant: readonly RequirementMutation[] = [
  {
    number: 'R91',
    words: 'all tenants are given one data key',
    patches: [
      {
        file: 'packages/core/src/scope/data-keys.ts',
        find: 'const key = this.#clock.randomBytes(32)',
        replace: 'const key = new Uint8Array(32).fill(7)',
      },
    ],
    test: 'packages/core/test/gateway/kept-answers.test.ts',
  },
  {
    number: 'R92',
    words: 'KMS is not asked to wrap: the data key is handed back as it is',
    patches: [
      {
        file: 'packages/aws/src/kms-key-service.ts',
        find: "const { CiphertextBlob } = await this.#use(alias, 'kms:Encrypt', () => this.#client.send(command))",
        replace: 'const { Plaintext: CiphertextBlob } = command.input',
      },
    ],
    test: 'packages/aws/test/kms-contract.test.ts',
  },
  {
    number: 'R93',
    words: 'a virtual key lets its bearer into the first tenant that there is',
    patches: [
      {
        file: 'packages/core/src/tenancy/authenticate.ts',
        find: 'settings: await this.#registry.active(tenant),',
        replace: 'settings: (await this.#registry.all())[0] ?? (await this.#registry.active(tenant)),',
      },
    ],
    test: 'packages/core/test/identity/tenant-access.test.ts',
  },
  {
    number: 'R94',
    words: 'the permissions that a token claims are not read',
    patches: [
      {
        file: 'packages/core/src/tenancy/identity/claims.ts',
        find: "permissions: claim(names.permissions ?? 'permissions'),",
        replace: 'permissions: undefined,',
      },
    ],
    test: 'packages/core/test/authenticate.test.ts',
  },
  {
    number: 'R95',
    words: 'a tenant that is suspended goes on working',
    patches: [
      {
        file: 'packages/core/src/tenancy/registry.ts',
        find: "if (settings.status !== 'active') throw",
        replace: 'if (settings.status === undefined) throw',
      },
    ],
    test: 'packages/core/test/authenticate.test.ts',
  },
  {
    number: 'R96',
    words: 'whoever has any permission is allowed everything',
    patches: [
      {
        file: 'packages/core/src/scope/caller.ts',
        find: 'if (!allows(caller.permissions, permission)) throw',
        replace: 'if (caller.permissions.size === 0 && !allows(caller.permissions, permission)) throw',
      },
    ],
    test: 'packages/core/test/permissions.test.ts',
  },
  {
    number: 'R97',
    words: 'what fails while a token is looked at is told as it is',
    patches: [
      {
        file: 'packages/core/src/tenancy/authenticate.ts',
        find: 'throw error instanceof ForbiddenError || error instanceof UnauthorizedError ? error : tokenInvalid(error)',
        replace: 'throw error',
      },
    ],
    test: 'packages/core/test/identity/tenant-access.test.ts',
  },
  {
    number: 'R98',
    words: 'the context comes without the settings of the tenant',
    patches: [
      {
        file: 'packages/core/src/tenancy/authenticate.ts',
        find: 'permissions: [...permissions], tenant_config: settings }',
        replace: 'permissions: [...permissions], tenant_config: {} }',
      },
    ],
    test: 'packages/core/test/identity/tenant-access.test.ts',
  },
  {
    number: 'R99',
    words: 'the default model is that of all, whatever a tenant is set to',
    patches: [
      {
        file: 'packages/core/src/tenancy/tenant-models.ts',
        find: 'const { model_id: defaultModel = models.defaultModel, allowed_models: allowed } = settings.model_config',
        replace: 'const { allowed_models: allowed } = settings.model_config\n  const { defaultModel } = models',
      },
    ],
    test: 'packages/core/test/event-driven/tenant-settings.test.ts',
  },
  {
    number: 'R100',
    words: 'what a tenant says is kept as it is',
    patches: [
      {
        file: 'packages/core/src/scope/sealing.ts',
        find: 'const sealed = seal(key.key, this.#clock.randomBytes(12), content, authenticated(context, kind, key), headerBytes)',
        replace: 'const sealed = new Uint8Array(headerBytes + content.byteLength)\n    sealed.set(content, headerBytes)',
      },
      {
        file: 'packages/core/src/scope/sealing.ts',
        find: 'content: open(key.key, sealed.subarray(headerBytes), authenticated(context, kind, key))',
        replace: 'content: sealed.slice(headerBytes)',
      },
    ],
    test: 'packages/server/test/admin/storage.test.ts',
  },
  {
    number: 'R101',
    words: 'a call of a model does not say how its tenant is isolated',
    patches: [
      {
        file: 'packages/core/src/language-model/call.ts',
        find: 'tenant_id: caller.tenant, isolation_level: tenant.isolation_level, request_id: requestId',
        replace: 'tenant_id: caller.tenant, request_id: requestId',
      },
    ],
    test: 'packages/models/test/bedrock.test.ts',
  },
  {
    number: 'R102',
    words: 'commits leave no entry in the audit trail',
    patches: [
      {
        file: 'packages/core/src/scope/state.ts',
        find: 'if (entry) writes.push(await this.#write(entry.write))',
        replace: '',
      },
    ],
    test: 'packages/core/test/gateway/trail.test.ts',
  },
  {
    number: 'R103',
    words: 'answers pass by the filters of the tenant',
    patches: [
      {
        file: 'packages/core/src/language-model/call.ts',
        find: 'const { text, blocked, findings } = await filterAnswer(scope, answer.text)',
        replace: 'const { text, blocked, findings } = { text: answer.text, blocked: undefined, findings: [] }',
      },
    ],
    test: 'packages/core/test/event-driven/tenant-settings.test.ts',
  },
  {
    number: 'R104',
    words: 'usage counts requests, and neither tokens nor cost',
    patches: [
      {
        file: 'packages/core/src/tenancy/meter/meter.ts',
        find: '{ requests: 1, input_tokens, output_tokens, nano_usd })',
        replace: '{ requests: 1 })',
      },
    ],
    test: 'packages/core/test/meter/accepted-requests.test.ts',
  },
]
