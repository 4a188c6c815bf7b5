/** Who Plinth is to AWS. @module */
import { ModelFailure } from '@plinth/core'
import { loadOnce } from './load-once.ts'

/** What a call is signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** With credentials that end. */
  readonly sessionToken?: string
}

/**
 * Credentials from where AWS's own tools look, in their order: the environment, SSO, web identity, the shared files with their
 * profiles, role chains and `credential_process`, and what containers, functions and instances are given. They are kept until
 * shortly before they end.
 * @param region where roles are assumed, unless the profile says otherwise.
 */
export function chainedCredentials(region: string): () => Promise<AwsCredentials> {
  const chain = loadOnce(async () => {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
    return defaultProvider({ clientConfig: { region } })
  })
  return async () => {
    try {
      return await (await chain())()
    } catch (cause) {
      // What gives them may be out of order for a moment, so it is tried again.
      throw new ModelFailure('transient', 'model_credentials', 'There are no AWS credentials to call the model with.', { cause })
    }
  }
}
