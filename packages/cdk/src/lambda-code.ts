import type { BuildOptions } from 'esbuild'

/** What is CommonJS among the dependencies asks for Node.js's own modules by `require`. */
export const requireBanner = `import { createRequire } from 'node:module';const require = createRequire(import.meta.url);`

/** A handler's code in its folder, an ES module by its name; Lambda's `handler` setting is `index.handler`. */
export const bundleFile = 'index.mjs'

/** How esbuild makes modules for Lambda's Node.js, with all that they import: from sources if the entry is one, as in a checkout that isn't built. */
export function lambdaCode(entry: string): BuildOptions {
  return {
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    // The SDK's ES modules, of which only what is used is taken.
    mainFields: ['module', 'main'],
    conditions: entry.endsWith('.ts') ? ['@plinth/source'] : [],
    banner: { js: requireBanner },
    logLevel: 'silent',
  }
}
