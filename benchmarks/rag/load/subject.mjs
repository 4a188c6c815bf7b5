/** The process that a contender is measured in: told what to do by one message, it answers by one. @module */
import { build } from './build.mjs'
import { exact } from './exact.mjs'
import { query } from './query.mjs'
import { wholeDocuments } from './whole-documents.mjs'

const tasks = { build, query, exact, documents: wholeDocuments }

process.once('message', ({ task, ...options }) => {
  process.once('disconnect', () => process.exit(1))
  tasks[task](options).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.stack ?? String(error) }),
  )
})
