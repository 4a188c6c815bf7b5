import { classifyFailure, type Models } from '@plinth/core'
import { systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { goodSettings } from '../checks/model.ts'
import type { NamedModel, Patient } from '../checks/patient.ts'

/** The model that answers, and the one that makes vectors. */
export function namedModels({ modelSettings }: Patient): readonly NamedModel[] {
  const settings = goodSettings(modelSettings)
  const models = createModels({ ...settings, clock: systemClock })
  const { id, entry } = models.resolve()
  const embedding = models.resolveEmbedding()
  return [
    { kind: 'language', id, entry, ...bedrockOf(settings.model), call: (signal) => speak(models, signal) },
    {
      kind: 'embedding',
      id: embedding.id,
      entry: embedding.entry,
      ...bedrockOf(settings.embeddingModel),
      call: (signal) => embed(models, signal),
    },
  ]
}

function bedrockOf(id: string | undefined): Pick<NamedModel, 'bedrock'> {
  return { bedrock: id?.startsWith('bedrock/') ? id.slice('bedrock/'.length) : undefined }
}

async function speak(models: Models, abortSignal: AbortSignal): Promise<void> {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }]
  try {
    await models.resolve().model.doGenerate({ prompt, maxOutputTokens: 1, abortSignal })
  } catch (error) {
    throw classifyFailure(error)
  }
}

async function embed(models: Models, abortSignal: AbortSignal): Promise<void> {
  try {
    await models.resolveEmbedding().model.doEmbed({ values: ['Hi'], abortSignal })
  } catch (error) {
    throw classifyFailure(error)
  }
}
