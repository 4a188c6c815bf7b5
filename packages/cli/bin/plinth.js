#!/usr/bin/env node
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// Committed as JavaScript so that npm can link it before anything is built.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `plinth needs Node.js 22.18 or newer, this is ${process.versions.node}.\n` +
      'In the checkout, `npx --no-install plinth` and `npm start` run the Node.js 24 that npm installed.',
  )
  process.exit(1)
}
const main = new URL('../dist/main.js', import.meta.url)
if (!existsSync(main)) {
  console.error('Plinth is not built here. In the checkout: npm run build')
  process.exit(1)
}
// What was compiled is kept beside the command, which then starts a sixth sooner: whoever may write there may change the code, too. Where
// this user may not, it isn't kept.
module.enableCompileCache(fileURLToPath(new URL('../.compiled', import.meta.url)))
await import(main)
