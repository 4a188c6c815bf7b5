#!/usr/bin/env node
// Committed as JavaScript so that npm can link it before anything is built.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `plinth needs Node.js 22.18 or newer, this is ${process.versions.node}.\n` +
      'In the checkout, `npx --no-install plinth` and `npm start` run the Node.js 24 that npm installed.',
  )
  process.exit(1)
}
await import('../dist/main.js')
