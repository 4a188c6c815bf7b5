import { ok, problem } from '../finding.ts'
import { goodSettings } from '../model.ts'
import type { AwsPatient, Check } from '../patient.ts'

/** Where it is looked. What is wrong with the variables is told before anything is asked. */
export const region: Check<AwsPatient> = {
  name: 'region',
  look: ({ account, modelSettings }) => {
    const { region: own, endpoint } = account.environment
    const { bedrock } = goodSettings(modelSettings)
    if (bedrock && bedrock.region !== own)
      return problem(
        `Plinth is in ${own}, and calls its models in ${bedrock.region}.`,
        'Set PLINTH_REGION, or AWS_REGION, to one region of AWS.',
      )
    return ok(endpoint === undefined ? own : `${own}, behind AWS_ENDPOINT_URL: what is found is the emulator's.`)
  },
}
