import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Program } from './program.ts'
import type { LifeOptions } from './workload/life.ts'

/** How a process dies at a call: see faults/shim/shim.h. */
export const modes = ['kill', 'torn', 'power', 'partial'] as const
export type Mode = (typeof modes)[number]

/** What goes in front of the C library, for a process that is to be counted or to die. */
export interface Faults {
  /** The library. */
  readonly shim: string
  /** The folder whose changes count; the data folder lies in it. */
  readonly folder: string
  /** Where each call is written down. */
  readonly trace: string
  /** At which call it dies, from 1; absent: it doesn't. */
  readonly at?: number
  readonly mode?: Mode
  readonly seed?: number
}

export interface Death {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  /** It had to be ended from outside. */
  readonly hung: boolean
}

/** One call that changes what the folder keeps. */
export interface Call {
  readonly number: number
  readonly name: string
  readonly path: string
  readonly length: number
}

/** Far beyond what a life takes. */
const longestLife = 90_000

/** Runs one life to its end, whichever that is. */
export function runLife(program: Program, options: LifeOptions, faults?: Faults): Promise<Death> {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, [...program.arguments, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH,
      HOME,
      TMPDIR,
      NODE_COMPILE_CACHE: `${dirname(program.arguments.at(-1) ?? '')}/.compiled`,
      ...(faults ? faultVariables(faults) : {}),
    },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      child.kill('SIGKILL')
    }, longestLife)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 99) reject(new Error(stderr.trim()))
      else resolve({ code, signal, stderr, hung })
    })
  })
}

/** The calls that a life made, the last one being that at which it died. */
export function readTrace(path: string): readonly Call[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line): Call[] => {
      const [number, name = '', file = '', , length] = line.split(' ')
      return number ? [{ number: Number(number), name, path: file, length: Number(length) }] : []
    })
}

/** What the library is told, by the environment. */
export function faultVariables({ shim, folder, trace, at, mode, seed }: Faults): Record<string, string> {
  return {
    // All calls go through the C library, not past it.
    UV_USE_IO_URING: '0',
    LD_PRELOAD: shim,
    FAULTS_FOLDER: folder,
    FAULTS_TRACE: trace,
    ...(at === undefined ? {} : { FAULTS_AT: `${at}` }),
    ...(mode === undefined ? {} : { FAULTS_MODE: mode }),
    ...(seed === undefined ? {} : { FAULTS_SEED: `${seed}` }),
  }
}
