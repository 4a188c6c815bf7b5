import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const conditions = ['@plinth/source', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    execArgv: ['--conditions=@plinth/source'],
    // As createPlatform does: tests of parts alone read JSON of any names, too.
    setupFiles: ['test/support/mend-json-parse.ts'],
    pool: 'forks',
    // As many as there are cores; the usual is one less, which is one on a small machine.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // A second, the usual, is too little for a page on a busy machine; what never comes still fails.
    expect: { poll: { timeout: 30_000 } },
  },
})
