import type { RequirementMutation } from './mutation.ts'

export const awsFaults: readonly RequirementMutation[] = [
  {
    number: 'X70',
    words: 'the role of the relay may put no event on the bus',
    patches: [
      {
        file: 'packages/cdk/src/permissions.ts',
        find: "...(bus ? [allow(['events:PutEvents'], [bus.eventBusArn])] : []),",
        replace: '',
      },
    ],
    test: 'packages/cdk/test/permissions.test.ts',
  },
  {
    number: 'X71',
    words: 'who appends records may append them to every stream',
    patches: [
      {
        file: 'packages/cdk/src/permissions.ts',
        find: "return allow(['kinesis:PutRecord'], [stream.streamArn])",
        replace: "return allow(['kinesis:PutRecord'], ['*'])",
      },
    ],
    test: 'packages/cdk/test/permissions.test.ts',
  },
  {
    number: 'X72',
    words: 'functions run on a runtime that is past its end',
    patches: [
      {
        file: 'packages/cdk/src/functions.ts',
        find: 'runtime: Runtime.NODEJS_24_X',
        replace: 'runtime: Runtime.NODEJS_18_X',
      },
    ],
    test: 'packages/cdk/test/template.test.ts',
  },
  {
    number: 'X73',
    words: 'dashboards show averages where they showed percentiles',
    patches: [
      {
        file: 'packages/cdk/src/monitoring/panel.ts',
        find: 'const statistic = Stats.p(percentile)',
        replace: 'const statistic = percentile > 50 ? Stats.AVERAGE : Stats.p(percentile)',
      },
    ],
    test: 'packages/cdk/test/pattern-monitoring.test.ts',
  },
  {
    number: 'X74',
    words: 'no other model is asked where one is gone',
    patches: [
      {
        file: 'packages/core/src/gateway/model-chain.ts',
        find: 'of scope.tenant.model_config.fallback ?? [])',
        replace: 'of scope.tenant.model_config.fallback?.slice(0, 0) ?? [])',
      },
    ],
    test: 'packages/core/test/gateway/model-chain.test.ts',
  },
  {
    number: 'X75',
    words: 'a process that is to stop takes jobs as before, and waits for none',
    patches: [
      {
        file: 'packages/core/src/worker/host.ts',
        find: 'await Promise.all(this.#consumptions.map((consumption) => consumption.drain()))',
        replace: '',
      },
    ],
    test: 'packages/core/test/host-leases.test.ts',
  },
]
