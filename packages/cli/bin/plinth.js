#!/usr/bin/env node
import { existsSync } from 'node:fs'

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
await import(main)
