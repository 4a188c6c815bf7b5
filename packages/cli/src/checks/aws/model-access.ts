import { type Diagnosis, ok, problem, warning } from '../finding.ts'
import type { AwsPatient, Check, ModelFacts, NamedModel } from '../patient.ts'
import { lookAt } from './look-at.ts'

const variables = { language: 'PLINTH_MODEL', embedding: 'PLINTH_EMBEDDING_MODEL' } as const

/** The same check of the model that answers, and of the one that makes vectors. */
function ofEach(name: string, look: (kind: NamedModel['kind']) => Check<AwsPatient>['look']): readonly Check<AwsPatient>[] {
  return [
    { name: `model ${name}`, look: look('language') },
    { name: `embedding model ${name}`, look: look('embedding') },
  ]
}

const found = (patient: AwsPatient, kind: NamedModel['kind']): NamedModel | undefined =>
  patient.models().find((model) => model.kind === kind)

/** Until when its maker serves it, by the catalogue. */
export const modelLifecycles: readonly Check<AwsPatient>[] = ofEach('lifecycle', (kind) => (patient) => {
  const model = found(patient, kind)
  return model && judgeLifecycle(model, new Date(patient.now))
})

function judgeLifecycle({ kind, id, entry }: NamedModel, now: Date): Diagnosis | undefined {
  const { status, retired, successor } = entry.lifecycle
  const remedy = `Set ${variables[kind]} for another one${successor === undefined ? '' : `, such as ${successor}, which its maker names`}.`
  const over = retired !== undefined && retired <= now.toISOString().slice(0, 10)
  if (status === 'retired' || over) return problem(`${id} is retired${retired === undefined ? '' : ` since ${retired}`}.`, remedy)
  if (status === 'legacy') return warning(`${id} is legacy: it ends ${retired === undefined ? 'soon' : `on ${retired}`}.`, remedy)
  return undefined
}

/** Whether Bedrock would let a call through, as far as it can be told without one. */
export const modelAccess: readonly Check<AwsPatient>[] = ofEach('access', (kind) => (patient) => {
  const model = found(patient, kind)
  const name = model?.bedrock
  if (model === undefined || name === undefined) return undefined
  const asked = { name, model: model.entry.id }
  return lookAt({
    name: 'access',
    ask: ({ account }) => account.model(asked),
    judge: (facts) => judgeAccess(model, name, { facts, patient }),
    spare: true,
  }).look(patient)
})

function judgeAccess(
  { kind, entry }: NamedModel,
  name: string,
  { facts, patient }: { readonly facts: ModelFacts; readonly patient: AwsPatient },
): Diagnosis {
  const { region } = patient.account.environment
  const another = `Set ${variables[kind]} for another one, or call it in another region.`
  const { profile, known, lifecycle, ends, callable, closed, agreement } = facts
  if (profile === false) return problem(`Bedrock has no inference profile ${name} in ${region}.`, another)
  if (!known) return problem(`Bedrock has no model ${entry.id} in ${region}.`, another)
  if (closed.length > 0)
    return problem(
      `This account may not call ${entry.id}: ${closed.join(', ')}.`,
      'Ask for access in the console of Bedrock, under Model access; some makers want to know first what it is for.',
    )
  if (profile === undefined && callable.length > 0 && !callable.includes('ON_DEMAND'))
    return problem(
      `${entry.id} can't be called by its own id in ${region}, but by an inference profile.`,
      `Set ${variables[kind]} to one, such as bedrock/${geographyOf(region)}.${entry.id}.`,
    )
  if (lifecycle === 'LEGACY')
    return warning(`Bedrock calls ${entry.id} legacy${ends === undefined ? '' : `: it ends on ${ends.slice(0, 10)}`}.`, another)
  if (agreement !== undefined && agreement !== 'AVAILABLE')
    return warning(
      `There is no agreement with the maker of ${entry.id} yet (${agreement}).`,
      'The first call of a principal with leave for aws-marketplace:Subscribe makes it; plinth doctor --deep makes a call.',
    )
  const how =
    patient.modelSettings().bedrock?.bearerToken === undefined
      ? 'A call is made with --deep alone.'
      : 'Calls go with the key in AWS_BEARER_TOKEN_BEDROCK: what it may do is shown by --deep alone.'
  return ok(`${name} can be called in ${region}, by what Bedrock says. ${how}`)
}

/** What begins the ids of inference profiles there. */
function geographyOf(region: string): string {
  const [continent = ''] = region.split('-')
  return continent === 'ap' ? 'apac' : ['us', 'eu', 'ca'].includes(continent) ? continent : 'global'
}

/** The one check that costs: a token or two. */
export const modelCalls: readonly Check<AwsPatient>[] = ofEach('call', (kind) => async (patient) => {
  const model = patient.deep ? found(patient, kind) : undefined
  return model && callOnce(model)
})

/** Longer than other calls may take: a model that hasn't been called for a while answers late. Milliseconds. */
const patience = 10_000

async function callOnce({ kind, id, call }: NamedModel): Promise<Diagnosis> {
  const started = performance.now()
  try {
    await call(AbortSignal.timeout(patience))
    return ok(`${id} answered in ${((performance.now() - started) / 1_000).toFixed(1)} seconds.`)
  } catch (error) {
    const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string }
    const remedy = remedies[code] ?? `Look at what is said of ${variables[kind]} above, and whether the model is up.`
    // Too many calls show that it can be called.
    if (code === 'model_throttled') return warning(`${id}: ${message}`, remedy)
    return problem(`${id} couldn't be called${code === '' ? '' : ` (${code})`}: ${message}`, remedy)
  }
}

const remedies: Readonly<Record<string, string>> = {
  model_access_denied:
    'Allow bedrock:InvokeModel on it to the role that calls it, and ask for access under Model access in Bedrock.',
  model_throttled: 'Look at the quotas of Bedrock, and set PLINTH_MODEL_LIMITS below them.',
  model_quota: "The allowance of this account is spent: raise it in Service Quotas, or with the provider's own console.",
  model_request_refused: 'Its id, the region or the profile is wrong: see the check of its access.',
  model_credentials: 'Log in: aws sts get-caller-identity must work.',
}
