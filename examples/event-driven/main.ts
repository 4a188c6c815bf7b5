import assert from 'node:assert'
import { getRequest, processGenaiRequest } from '@plinth/core'
import { openDemo } from '../open-demo.ts'

const { scope, told, close } = await openDemo()
const completed = told('genai.request.completed')

const accepted = await processGenaiRequest(scope, { prompt: 'What drains a queue? Workers drain it at their own pace.' })
assert.equal(accepted.status, 'processing')
console.log(accepted.request_id, accepted.estimated_completion)

const request = await getRequest(scope, await completed)
assert.equal(request.fields.status, 'completed')
console.log(request.fields.usage?.input_tokens, await request.open('result'))

await close()
