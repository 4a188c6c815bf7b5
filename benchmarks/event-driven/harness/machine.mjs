/** What Linux knows of processes and of the machine. @module */
import { execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { latencies } from './statistics.mjs'

let ticks
/** Of a second; what CPU times are counted in. */
function ticksPerSecond() {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return ticks
}

/** Fields of /proc/PID/stat behind the name, or undefined when the process is gone. The parent's id is at 1, times are at 11–14. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name is in parentheses and may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** A process and all that came from it. */
function treeOf(root) {
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statOf(name)?.[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** CPU seconds, so far, of a process and all that came from it: every thread, the living children and those that ended. */
export function cpuOf(root) {
  let sum = 0
  for (const pid of treeOf(root)) for (const time of statOf(pid)?.slice(11, 15) ?? []) sum += Number(time)
  return sum / ticksPerSecond()
}

/** Bytes of one process: resident now, at most so far, and what of it is of no file. */
export function residentOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024
  return { rss: bytes('VmRSS'), rssPeak: bytes('VmHWM'), anonymous: bytes('RssAnon') }
}

/** Resident bytes of a process and all that came from it; what several share is counted once. */
export function memoryOfTree(root) {
  let sum = 0
  for (const pid of treeOf(root)) {
    try {
      sum += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024
    } catch {
      // It ended meanwhile.
    }
  }
  return sum
}

/** Bytes that a folder takes on disk. */
export function diskOf(folder) {
  return Number(execFileSync('du', ['-s', '-B1', folder], { encoding: 'utf8' }).split('\t')[0])
}

/** Writes all that is dirty to disk, so that nobody pays for who came before. */
export function flushDisks() {
  execFileSync('sync')
}

/**
 * Watches how much of the machine others took: what was busy, less this process and its children, all of which must have
 * ended by then.
 */
export function watchOthers() {
  const began = { at: performance.now(), ...usage() }
  return () => {
    const { busy, stolen, own } = usage()
    const available = ((performance.now() - began.at) / 1000) * cpus().length
    return {
      others: Math.max(0, busy - began.busy - (own - began.own)) / available,
      stolen: (stolen - began.stolen) / available,
    }
  }
}

function usage() {
  const [user, nice, system, , , interrupts, softInterrupts, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .replace(/^cpu +/, '')
    .split(' ')
    .map((amount) => Number(amount) / ticksPerSecond())
  const own = (statOf(process.pid) ?? []).slice(11, 15).reduce((sum, time) => sum + Number(time), 0) / ticksPerSecond()
  return { busy: user + nice + system + interrupts + softInterrupts, stolen: steal, own }
}

/** The 1-minute load average. */
export function load() {
  return loadavg()[0]
}

const temporary = { 16914836: 'tmpfs', 2240043254: 'ramfs' }
const known = { 61267: 'ext4', 1481003842: 'xfs', 2435016766: 'btrfs', 2035054128: 'overlay', 801189825: 'zfs' }

/** @throws Error for a folder in memory: nothing is durable there, and a sync costs nothing. */
export function checkDisk(folder) {
  const { type } = statfsSync(folder)
  if (temporary[type]) throw new Error(`${folder} is ${temporary[type]}, in memory. Choose a folder on a disk by --dir.`)
}

/** Cores, memory, disk, system. */
export function describeMachine(folder) {
  const { type } = statfsSync(folder)
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    usableCores: availableParallelism(),
    memory: totalmem(),
    kernel: release(),
    filesystem: known[type] ?? `0x${type.toString(16)}`,
    load: loadavg(),
    sync: measureSync(folder),
  }
}

/** Milliseconds that the disk takes to keep 4 KiB: an append and an fdatasync, each time. */
export function measureSync(folder, rounds = 400) {
  const path = join(folder, 'sync-probe')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096, 1)
  const times = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    times.push(performance.now() - began)
  }
  closeSync(file)
  rmSync(path)
  return latencies(times)
}
