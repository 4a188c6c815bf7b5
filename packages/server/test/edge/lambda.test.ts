import { describeWithMoto, motoVariables } from '../../../aws/test/support/moto.ts'
import { describeEdge } from './describe-edge.ts'
import { openLambda } from './lambda-edge.ts'

describeWithMoto('on an emulator', (moto) => {
  const models = { PLINTH_MODEL: 'scripted', PLINTH_EMBEDDING_MODEL: 'local/hashing' }
  // API Gateway has one fixed 401 for what its authorizer refuses (docs/aws.md, The authorizer).
  describeEdge('lambda.ts behind its authorizer', {
    open: () => openLambda({ ...motoVariables(moto.endpoint), ...models }),
    tokenMissing: 'token_invalid',
  })
})
