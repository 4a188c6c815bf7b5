import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ForbiddenError } from '@plinth/core'
import { isFault, unavailable } from '../aws-fault.ts'
import { workflowKeyName } from '../environment.ts'

/** The virtual keys by which executions start workflows, one for each tenant whose administrator put it there. */
export class WorkflowKeys {
  readonly #client: SecretsManagerClient
  readonly #prefix: string

  constructor(options: { readonly client: SecretsManagerClient; readonly prefix: string }) {
    this.#client = options.client
    this.#prefix = options.prefix
  }

  /**
   * Read anew each time, so that one that was changed counts at once.
   * @param tenant an id of a tenant, as far as its form goes.
   * @throws ForbiddenError `workflow_key_missing`; UnavailableError when it can't be read now.
   */
  async of(tenant: string): Promise<string> {
    const SecretId = workflowKeyName(this.#prefix, tenant)
    try {
      const { SecretString = '' } = await this.#client.send(new GetSecretValueCommand({ SecretId }))
      return SecretString.trim()
    } catch (error) {
      if (isFault(error, 'ResourceNotFoundException', 'InvalidRequestException'))
        throw new ForbiddenError('workflow_key_missing', `There is no secret ${SecretId}.`, { cause: error })
      throw unavailable(error, 'secretsmanager:GetSecretValue')
    }
  }
}
