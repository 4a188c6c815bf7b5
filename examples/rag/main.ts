import assert from 'node:assert'
import { acceptDocuments, answerQuestion, retrievePassages } from '@plinth/core'
import { openDemo } from '../open-demo.ts'

const { scope, told, close } = await openDemo()
const processed = told('genai.document.processed')
await acceptDocuments(scope, [
  { source: 'pumps.md', content: '# Pumps\n\nThe pump PX-4711 is serviced every 400 hours. Its seal is made of rubber.' },
])
await processed

const { signal } = new AbortController()
const query = { query: 'How often is the pump PX-4711 serviced?', top_k: 5 }
const { passages } = await retrievePassages(scope, query, signal)
assert.equal(passages[0]?.source, 'pumps.md')

const answer = await answerQuestion(scope, query, signal)
const [citation] = answer.citations
assert.deepEqual(answer.sources, ['pumps.md'])
console.log(answer.response, answer.confidence, citation?.source, citation?.start, citation?.end)

await close()
