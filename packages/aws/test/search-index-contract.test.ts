import { S3Client } from '@aws-sdk/client-s3'
import { S3VectorsClient } from '@aws-sdk/client-s3vectors'
import { describeSearchIndexContract } from '@plinth/core/contracts'
import { FakeClock, memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { OpenSearchSearchIndex } from '../src/opensearch-search-index.ts'
import { S3VectorsSearchIndex } from '../src/s3vectors-search-index.ts'
import { nowhere } from './support/answering.ts'
import { SimulatedOpenSearch } from './support/simulated-opensearch.ts'
import { SimulatedS3Vectors } from './support/simulated-s3vectors.ts'

/*
 * Moto queries no vectors and has no OpenSearch. So the contract runs against simulations of the two services at the seam of the SDK's
 * request handler and of fetch: it shows what the adapters make of the services as they are documented, not the services.
 */

describeSearchIndexContract('S3VectorsSearchIndex, S3 Vectors simulated', {
  lexical: false,
  create: async () => {
    const service = new SimulatedS3Vectors()
    const { platform, clock } = memoryPlatform({ models: scriptedModels(() => 'none') })
    const client = new S3VectorsClient({ ...nowhere, requestHandler: service.handler, maxAttempts: 1 })
    const state = (tenant: string) => platform.operate().state(tenant)
    const reopen = async () => new S3VectorsSearchIndex({ client, bucket: service.bucket, clock, state })
    return { port: await reopen(), clock, reopen, dispose: async () => {} }
  },
})

const words = {
  'words of the context count twice, words of other scripts and codes are found, stop words are not':
    "what OpenSearch's analyzers make of words can't be shown without OpenSearch",
}

describeSearchIndexContract('OpenSearchSearchIndex, a domain simulated', { create: () => openSearch('es'), unsupported: words })

describeSearchIndexContract('OpenSearchSearchIndex, Serverless simulated', {
  create: () => openSearch('aoss'),
  unsupported: words,
})

async function openSearch(service: 'es' | 'aoss') {
  const clock = new FakeClock()
  const engine = new SimulatedOpenSearch(clock, { serverless: service === 'aoss', delay: 0 })
  const endpoint = `https://search.eu-central-1.${service}.amazonaws.com`
  const identity = new S3Client(nowhere).config
  const reopen = async () =>
    new OpenSearchSearchIndex({ endpoint, service, region: nowhere.region, identity, clock, fetch: engine.fetch })
  return { port: await reopen(), clock, reopen, dispose: async () => {} }
}
