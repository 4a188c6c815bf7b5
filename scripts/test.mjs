// Runs every test, or those whose files are named: `npm test -- packages/core -t lease`.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// npm puts the Node.js that it installed first; whoever calls this file by hand may have an older one.
const [major] = process.versions.node.split('.')
const node = Number(major) >= 24 ? process.execPath : join(root, 'node_modules', 'node', 'bin', 'node')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const names = ['closing-line-reporter.mjs']
// Only where everything runs can docs/platforms.md be compared with the results.
if (process.env.CI === 'true' && process.argv.length === 2) names.push('platform-table-reporter.mjs')
const reporters = ['--reporter=default', ...names.map((name) => `--reporter=${join(root, 'scripts', name)}`)]

const child = spawn(node, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    ...process.env,
    // Tests that start `npm`, `npx` or `plinth` get the same Node.js.
    PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
    // Each file of tests has a process, which loads much of the same: compiled code that is kept saves a tenth of all.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'tests'),
  },
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`The tests can't be started: ${error.message}. Run node scripts/setup.mjs first.\n\n0 passed, 1 failed`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  if (signal) console.log(`\nThe tests were ended by ${signal}.\n\n0 passed, 1 failed`)
  process.exitCode = code ?? 1
})
