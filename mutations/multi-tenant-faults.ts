import type { RequirementMutation } from './mutation.ts'

export const multiTenantFaults: readonly RequirementMutation[] = [
  {
    number: 'X58',
    words: 'the claims of a token are believed, whoever signed it',
    patches: [
      {
        file: 'packages/core/src/tenancy/identity/token-verifier.ts',
        find: 'const { payload } = await this.#signed(token, key, issuer)',
        replace: "const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())",
      },
    ],
    test: 'packages/core/test/forged-tokens.test.ts',
  },
  {
    number: 'X59',
    words: 'what is forbidden is told as unauthorised',
    patches: [
      {
        file: 'packages/core/src/tenancy/authenticate.ts',
        find: 'throw error instanceof ForbiddenError || error instanceof UnauthorizedError ? error : tokenInvalid(error)',
        replace: 'throw error instanceof UnauthorizedError ? error : tokenInvalid(error)',
      },
    ],
    test: 'packages/core/test/identity/tenant-access.test.ts',
  },
  {
    number: 'X60',
    words: 'a token without a tenant gets as far as the registry',
    patches: [
      {
        file: 'packages/core/src/tenancy/identity/claims.ts',
        find: 'tenant: z.string().min(1).max(63),',
        replace: "tenant: z.string().max(63).default(''),",
      },
    ],
    test: 'packages/core/test/authenticate.test.ts',
  },
  {
    number: 'X61',
    words: 'the model is given the prompt as it is sealed',
    patches: [
      {
        file: 'packages/core/src/event-driven/admission.ts',
        find: "const prompt = (await record.open('prompt')) ?? ''",
        replace: 'const prompt = btoa(String.fromCharCode(...(record.row.sealed.prompt ?? [])))',
      },
    ],
    test: 'packages/server/test/admin/storage.test.ts',
  },
  {
    number: 'X62',
    words: 'a data key stands in its row as it is, beside what the key service made of it',
    patches: [
      {
        file: 'packages/core/src/scope/data-keys.ts',
        find: 'index: { made: this.#clock.now(), alias },',
        replace: 'index: { made: this.#clock.now(), alias, key: btoa(String.fromCharCode(...key)) },',
      },
    ],
    test: 'packages/core/test/data-keys.test.ts',
  },
  {
    number: 'X63',
    words: 'whose call it is goes to the model, as metadata that it refuses',
    patches: [
      {
        file: 'packages/core/src/language-model/call.ts',
        find: 'providerOptions: { bedrock: { requestMetadata: attributionOf(scope, call.requestId) } },',
        replace:
          'providerOptions: { bedrock: { additionalModelRequestFields: { metadata: attributionOf(scope, call.requestId) } } },',
      },
    ],
    test: 'packages/models/test/bedrock.test.ts',
  },
  {
    number: 'X64',
    words: 'the log says what an error said that nobody expected',
    patches: [
      {
        file: 'packages/core/src/worker/host.ts',
        find: 'const fault = PlinthError.is(error) ? undefined : faultOf(error)',
        replace: 'const fault = PlinthError.is(error) ? undefined : { ...faultOf(error), message: String(error) }',
      },
    ],
    test: 'packages/core/test/host.test.ts',
  },
  {
    number: 'X65',
    words: 'data keys never get old',
    patches: [
      {
        file: 'packages/core/src/scope/data-keys.ts',
        find: 'const rotateMilliseconds = 90 * 24 * 3_600_000',
        replace: 'const rotateMilliseconds = Number.MAX_SAFE_INTEGER',
      },
    ],
    test: 'packages/core/test/key-rotation.test.ts',
  },
  {
    number: 'X66',
    words: 'work that was accepted is done where its data may not be any more',
    patches: [
      {
        file: 'packages/core/src/worker/worked-tenants.ts',
        find: "settings.status === 'suspended' || !this.#operator.holds(settings) ?",
        replace: "settings.status === 'suspended' ?",
      },
    ],
    test: 'packages/core/test/event-driven/tenant-settings.test.ts',
  },
  {
    number: 'X67',
    words: 'the records of all tenants lie under one name',
    patches: [
      {
        file: 'packages/core/src/scope/state.ts',
        find: 'return { tenant: this.#tenant, collection, partition: place.partition,',
        replace: "return { tenant: 'alpha', collection, partition: place.partition,",
      },
    ],
    test: 'packages/core/test/tenant-scopes.test.ts',
  },
  {
    number: 'X68',
    words: 'a budget is counted, and bounds nothing',
    patches: [
      {
        file: 'packages/core/src/tenancy/meter/meter.ts',
        find: 'count(spending, place, { taken }, { taken: mostTaken(budget, taken) })',
        replace: 'count(spending, place, { taken })',
      },
    ],
    test: 'packages/core/test/meter/accepted-requests.test.ts',
  },
  {
    number: 'X69',
    words: 'prompts pass by the filters of the tenant',
    patches: [
      {
        file: 'packages/core/src/tenancy/filters/filter-input.ts',
        find: 'if (Object.keys(filters.input).length === 0) return given',
        replace: 'return given',
      },
    ],
    test: 'packages/core/test/event-driven/tenant-settings.test.ts',
  },
]
