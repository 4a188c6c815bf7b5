import {
  type DocumentReader,
  InvalidInputError,
  jobNames,
  type Log,
  type ModelLimits,
  type Models,
  type Ocr,
  type Outbound,
  type Platform,
  type PlinthError,
  type ToolSource,
} from '@plinth/core'
import { createTesseractOcr } from '@plinth/documents'
import { localPlatform, systemClock } from '@plinth/local'
import { loadMcpServers, McpToolSource } from '@plinth/mcp'
import type { Environment } from './environment.ts'

export interface OpenedPlatform {
  readonly platform: Platform
  /** Where the data is, in words. */
  readonly place: string
  /** The data folder, where there is one. */
  readonly directory?: string
}

interface Chosen {
  /** Absent: plain text alone is read. */
  readonly reader?: DocumentReader
  /** Absent: agents have the tools that are built in. */
  readonly tools?: ToolSource
}

interface PlatformOptions extends Chosen {
  readonly environment: Environment
  /** The process's own, for what the platforms read themselves. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly models: Models
  readonly limits: ModelLimits
  /** The names of those that are worked, whose queues must be there on AWS. @default - all that Plinth has */
  readonly jobs?: readonly string[]
  readonly log: Log
  readonly outbound: Outbound
  /** Whether everything must be there that a server needs, on AWS. @default true */
  readonly check?: boolean
  onFatal(error: PlinthError): void
}

/** Opens the platform that the environment names. The SDK of AWS is loaded when it is needed, and not before. */
export async function openPlatform(options: PlatformOptions): Promise<OpenedPlatform> {
  const { environment, variables, models, limits, log, outbound, check = true, onFatal } = options
  if (environment.platform === 'aws') {
    const { awsPlatform, readAwsEnvironment } = await import('@plinth/aws')
    const aws = readAwsEnvironment(variables)
    const platform = await awsPlatform({
      environment: aws,
      ...(variables.PLINTH_REGION ? { region: environment.region } : {}),
      models,
      limits,
      log,
      outbound,
      ...chosenOf(options),
      clock: systemClock,
      jobs: options.jobs ?? jobNames,
      check,
    })
    return { platform, place: `table ${aws.table} in ${aws.region}` }
  }
  const { directory, masterKey, masterKeyFile, region } = environment
  const parts = { directory, region, models, limits, log, outbound, ...chosenOf(options), onFatal, masterKey, masterKeyFile }
  const platform = await localPlatform(parts)
  return { platform, directory, place: `data in ${directory}` }
}

/** Those parts that are there. */
function chosenOf({ reader, tools }: Chosen): Chosen {
  return { ...(reader ? { reader } : {}), ...(tools ? { tools } : {}) }
}

/** What reads scanned pages: Tesseract, and on AWS what its environment names; undefined for nothing. */
export async function openOcr(options: {
  readonly environment: Environment
  readonly variables: Readonly<Record<string, string | undefined>>
}): Promise<Ocr | undefined> {
  const clock = systemClock
  if (options.environment.platform !== 'aws') return createTesseractOcr({ clock })
  const { ocrOf, openTextractOcr, readAwsEnvironment } = await import('@plinth/aws')
  const environment = readAwsEnvironment(options.variables)
  return ocrOf(environment) === 'tesseract' ? createTesseractOcr({ clock }) : openTextractOcr({ environment, clock })
}

/** The MCP servers that the variables name, by their names. @throws InvalidInputError for those that can't be used. */
export function namedMcpServers(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  return [...loadMcpServers(variables.PLINTH_MCP_SERVERS, { variables, processes: true }).keys()]
}

/** The tools of the MCP servers that the environment names, of which none is started before it is needed; undefined for none. @throws InvalidInputError */
export function openTools(options: {
  readonly environment: Environment
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly log: Log
}): McpToolSource | undefined {
  const { environment, variables, log } = options
  const servers = loadMcpServers(environment.mcpServers, { variables, processes: true })
  return servers.size > 0 ? new McpToolSource({ servers, clock: systemClock, variables, log }) : undefined
}

/**
 * Opens the peers of `PLINTH_REGIONS`: another folder is a platform of this process, with the registry of the first; a URL stays one.
 * @param options.modelsOf gives the models as they are called from a region.
 */
export async function openPeers(
  home: Platform,
  options: Omit<PlatformOptions, 'models'> & { modelsOf(region: string): Models },
): Promise<ReadonlyMap<string, Platform | string>> {
  const { environment, limits, log, outbound, onFatal, modelsOf } = options
  const { masterKey, masterKeyFile } = environment
  const peers = new Map<string, Platform | string>()
  try {
    for (const [region, place] of environment.regions) {
      if (region === home.region) continue
      if (isUrl(place)) peers.set(region, place)
      else if (environment.platform === 'aws')
        throw new InvalidInputError('On AWS the regions of PLINTH_REGIONS are URLs.', { field: 'PLINTH_REGIONS' })
      else {
        const parts = {
          directory: place,
          region,
          home,
          models: modelsOf(region),
          limits,
          log,
          outbound,
          ...chosenOf(options),
          onFatal,
          masterKey,
          masterKeyFile,
        }
        peers.set(region, await localPlatform(parts))
      }
    }
  } catch (error) {
    for (const peer of peers.values()) if (typeof peer !== 'string') await peer.close()
    throw error
  }
  return peers
}

function isUrl(place: string): boolean {
  return /^https?:/i.test(place)
}
